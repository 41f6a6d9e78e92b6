"""What all Kubernetes objects have in common, and how a kind of object is named in a URL.

Callers define the objects themselves: a msgspec Struct with a field `metadata: ObjectMeta` (or a
Struct derived from it) and only those other fields that they read. Everything else is skipped by
the decoder without becoming Python objects, `managedFields` above all.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from urllib.parse import quote

from msgspec import Struct

from sealer.errors import IdentityError
from sealer_controller.objects import Key

__all__ = ["Key", "KubeObject", "ObjectMeta", "OwnerReference", "Resource", "Unreadable", "key_of"]


class OwnerReference(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A reference to the object on whose deletion this one is deleted too."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ObjectMeta(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An object's `metadata`, without `managedFields`; absent fields are empty.

    It may be sent back as it came: the server keeps `managedFields` when a PUT has none.
    """

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()


class KubeObject(Protocol):
    """Any object of the API."""

    @property
    def metadata(self) -> ObjectMeta:
        """Its name, version and the like."""


ObjectT = TypeVar("ObjectT", bound=KubeObject)


class Unreadable(Struct, frozen=True):
    """An object that exists and does not fit the caller's Struct: one odd object stalls no watch.

    Attributes:
        metadata: Its identity: namespace, name, uid and resourceVersion, nothing else.
        problem: Path and type that did not fit, without any value.
    """

    metadata: ObjectMeta
    problem: str


@dataclass(frozen=True, slots=True)
class Resource(Generic[ObjectT]):
    """A kind of object: where the API serves it and what it is decoded to.

    Attributes:
        type: The Struct of one object.
        plural: The name in the URL, such as `secrets`.
        version: Such as `v1`.
        group: Such as `coordination.k8s.io`; empty for the core group.
        is_partial: Lists and watches ask for metadata alone, and nothing else ever travels.
    """

    type: type[ObjectT]
    plural: str
    version: str = "v1"
    group: str = ""
    is_partial: bool = False

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Return the URL's path; an empty namespace means all of them, or a kind without any.

        Raises:
            IdentityError: A part that no object can have in the place of a name; it could lead the
                request to another path.
        """
        prefix = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        parts = ["namespaces", namespace] if namespace else []
        parts += [part for part in (self.plural, name, subresource) if part]
        for part in parts:
            if part in (".", "..") or "/" in part or "%" in part or not part.isprintable():
                raise IdentityError(
                    f"{part!r} cannot name an object",
                    hint="names are lower-case letters, digits, '-' and '.'",
                )
        return "/".join((prefix, *(quote(part, safe="") for part in parts)))


def key_of(obj: KubeObject) -> Key:
    """Return namespace and name of an object."""
    return Key(obj.metadata.namespace, obj.metadata.name)
