"""Which Secrets an object brings about: a Secret, a SealedSecret, and other tools' kinds.

Of other tools' kinds the name of the Secret is known, and not what it will hold.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sealer.manifest import sealedsecret, secret
from sealer.manifest.cursor import Cursor


@dataclass(frozen=True, slots=True)
class Provided:
    """A Secret that an object brings about.

    Attributes:
        kind: The object's kind.
        namespace: The Secret's namespace; empty when the manifest leaves it open.
        name: The Secret's name.
        keys: Its items; None when they are not known.
    """

    kind: str
    namespace: str
    name: str
    keys: tuple[str, ...] | None = None

    def __str__(self) -> str:
        """Return what to call the Secret."""
        return f"{self.namespace}/{self.name}".removeprefix("/")


# Field that names the Secret, by group and kind.
_NAMED_BY = {
    ("cert-manager.io", "Certificate"): ("spec", "secretName"),
    ("secrets.hashicorp.com", "VaultDynamicSecret"): ("spec", "destination", "name"),
    ("secrets.hashicorp.com", "VaultPKISecret"): ("spec", "destination", "name"),
    ("secrets.hashicorp.com", "VaultStaticSecret"): ("spec", "destination", "name"),
}
_CERT_MANAGER_MARKS = (
    "cert-manager.io/cluster-issuer",
    "cert-manager.io/issuer",
    "kubernetes.io/tls-acme",
)


def find_provided(manifest: object) -> Iterator[Provided]:
    """Yield the Secrets that an object brings about.

    Args:
        manifest: The object as JSON values.
    """
    root = Cursor(manifest)
    api_version, kind = root.text("apiVersion"), root.text("kind")
    namespace, name = root.text("metadata", "namespace"), root.text("metadata", "name")
    if kind == "Kustomization":
        namespace = root.text("namespace")
    if (api_version, kind) == (secret.API_VERSION, secret.KIND):
        names = [*root.fields("data"), *root.fields("stringData")]
        yield Provided(kind, namespace, name, tuple(dict.fromkeys(names)))
    elif (api_version, kind) == (sealedsecret.API_VERSION, sealedsecret.KIND):
        yield Provided(kind, namespace, name, _sealed_keys(root))
    else:
        for other in _provided_by_others(root):
            yield Provided(kind, namespace, other)


def _sealed_keys(root: Cursor) -> tuple[str, ...] | None:
    if root.has("spec", "data"):  # the V1 format hides its keys
        return None
    sealed = root.fields("spec", "encryptedData")
    return tuple(dict.fromkeys((*sealed, *root.fields("spec", "template", "data"))))


def _provided_by_others(root: Cursor) -> Iterator[str]:
    kind = root.text("kind")
    group = root.text("apiVersion").rpartition("/")[0]
    names: list[str] = []
    if (group, kind) in _NAMED_BY:
        names = [root.text(*_NAMED_BY[group, kind])]
    elif (group, kind) == ("external-secrets.io", "ExternalSecret"):
        names = [root.text("spec", "target", "name") or root.text("metadata", "name")]
    elif kind == "Kustomization":
        names = [each.text("name") for each in root.each("secretGenerator")]
    elif kind in _CERTIFICATES and _is_marked(root):
        names = list(_CERTIFICATES[kind](root))
    yield from filter(None, names)


def _is_marked(root: Cursor) -> bool:
    """Tell whether cert-manager makes the certificates of an object."""
    return any(mark in root.fields("metadata", "annotations") for mark in _CERT_MANAGER_MARKS)


def _of_ingress(root: Cursor) -> Iterator[str]:
    return (each.text("secretName") for each in root.each("spec", "tls"))


def _of_gateway(root: Cursor) -> Iterator[str]:
    return (
        each.text("name")
        for listener in root.each("spec", "listeners")
        for each in listener.each("tls", "certificateRefs")
    )


_CERTIFICATES: dict[str, Callable[[Cursor], Iterator[str]]] = {
    "Gateway": _of_gateway,
    "Ingress": _of_ingress,
}
