"""Objects of which only the metadata is asked for, as `PartialObjectMetadata`."""

from tests.fake.validation import Object

__all__ = ["LIST", "is_wanted", "shown"]

_VERSION = {"apiVersion": "meta.k8s.io/v1"}
LIST: Object = {"kind": "PartialObjectMetadataList", **_VERSION}


def is_wanted(accept: str) -> bool:
    """Tell whether a header `Accept` asks for metadata alone."""
    return ";as=PartialObjectMetadata" in accept.replace(" ", "")


def shown(obj: Object) -> Object:
    """Return what is shown of an object."""
    return {"kind": "PartialObjectMetadata", **_VERSION, "metadata": obj["metadata"]}
