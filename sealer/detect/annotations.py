"""Detector: annotations that carry a copy of a manifest, `last-applied` and the like."""

from collections.abc import Iterator

from sealer.detect.objects import SEALED_SECRET, SECRET, KubeObject, entries, key_of
from sealer.detect.rules import READABLE_COPY
from sealer.detect.sighting import Embedded
from sealer.detect.values import Context
from sealer.documents import Mapping, Scalar

_PLACES = (
    ("metadata", "annotations"),
    ("spec", "template", "metadata", "annotations"),
)


def copies_in_annotations(found: KubeObject, _: Context) -> Iterator[Embedded]:
    """Report annotations of a Secret or SealedSecret that hold a manifest with readable values."""
    if found.kind not in (SECRET, SEALED_SECRET):
        return
    for names in _PLACES:
        for section, path in found.sections(*names):
            if isinstance(section, Mapping):
                for key, value in entries(section):
                    if isinstance(value, Scalar):
                        name = key_of(key)
                        sighting = found.sighting(READABLE_COPY, value, (name, path), name)
                        yield Embedded(sighting, value)
