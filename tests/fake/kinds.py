"""The kinds of objects that the fake API server serves, and how they differ from each other."""

from dataclasses import dataclass

__all__ = ["BY_PATH", "KINDS", "NAMESPACES", "SEALED_SECRETS", "SECRETS", "WORKLOADS", "Kind"]

_METADATA = ("metadata.name", "metadata.namespace")


@dataclass(frozen=True)
class Kind:
    """One kind of object.

    Attributes:
        kind: Its name, such as `Secret`.
        plural: Its name in URLs.
        group: Its API group; empty for the core group.
        version: The version of the group.
        namespaced: Whether its objects live in namespaces.
        has_status: Whether `/status` is a resource of its own, and `generation` is counted.
        needs_version: Whether a PUT must name the version that it replaces.
        fields: What a field selector may ask for.
    """

    kind: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    has_status: bool = False
    needs_version: bool = False
    fields: tuple[str, ...] = _METADATA

    @property
    def api_version(self) -> str:
        """What stands in an object's `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified_plural(self) -> str:
        """Its name in messages: `secrets`, `sealedsecrets.bitnami.com`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


SECRETS = Kind("Secret", "secrets", fields=(*_METADATA, "type"))
NAMESPACES = Kind("Namespace", "namespaces", namespaced=False, fields=("metadata.name",))
SEALED_SECRETS = Kind(
    "SealedSecret",
    "sealedsecrets",
    group="bitnami.com",
    version="v1alpha1",
    has_status=True,
    needs_version=True,
)
_INVOLVED = ("name", "namespace", "kind", "uid", "apiVersion", "resourceVersion", "fieldPath")
EVENTS = Kind(
    "Event",
    "events",
    fields=(*_METADATA, *(f"involvedObject.{part}" for part in _INVOLVED), "reason", "type"),
)
WORKLOADS = tuple(
    Kind(kind, f"{kind.lower()}s", group="apps")
    for kind in ("Deployment", "StatefulSet", "DaemonSet")
)
KINDS = (
    SECRETS,
    NAMESPACES,
    SEALED_SECRETS,
    EVENTS,
    Kind("ConfigMap", "configmaps"),
    Kind("ServiceAccount", "serviceaccounts"),
    Kind("Lease", "leases", group="coordination.k8s.io", needs_version=True),
    *WORKLOADS,
)
BY_PATH = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}
