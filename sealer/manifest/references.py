"""Which Secrets an object uses: every place of the Kubernetes API that names one.

What is malformed names nothing; the API server tells its author. Source: Kubernetes API reference
v1.34 for core, apps, batch, networking and storage; Gateway API v1 for `certificateRefs`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from sealer.manifest.cursor import Cursor
from sealer.manifest.fields import Path
from sealer.manifest.mounts import File, Mount, files_of, mounts_of


class Way(Enum):
    """How a Secret is used, in Kubernetes' own words."""

    ENV = "env"
    ENV_FROM = "envFrom"
    VOLUME = "volume"
    PROJECTED = "projected volume"
    CREDENTIALS = "volume credentials"
    IMAGE_PULL = "imagePullSecrets"
    ACCOUNT = "secrets"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names a Secret.

    Attributes:
        way: How the Secret is used.
        name: Its name.
        path: The keys that lead to the name.
        namespace: Its namespace where the place names one; empty for the object's own.
        keys: The items that are named; none means all there are.
        is_optional: The Secret and its items may be missing.
        container: The container that uses it; empty where there is no single one.
        target: The variable of `env`, the prefix of `envFrom`, the name of the volume.
        files: Where it appears in the file systems of containers.
    """

    way: Way
    name: str
    path: Path
    namespace: str = ""
    keys: tuple[str, ...] = ()
    is_optional: bool = False
    container: str = ""
    target: str = ""
    files: tuple[File, ...] = ()

    @property
    def named_keys(self) -> tuple[str, ...]:
        """The items that are named, be it by a `subPath`: these have to exist."""
        mounted = (file.key for file in self.files if file.key)
        return tuple(dict.fromkeys((*self.keys, *mounted)))

    @property
    def takes_all(self) -> bool:
        """Whether every item is used, and not only those that are named."""
        return not self.keys and not (self.files and all(file.key for file in self.files))


_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
# Volume sources that log in somewhere, and the field that names their Secret.
_VOLUME_CREDENTIALS = (
    ("cephfs", "secretRef"),
    ("cinder", "secretRef"),
    ("csi", "nodePublishSecretRef"),
    ("flexVolume", "secretRef"),
    ("iscsi", "secretRef"),
    ("rbd", "secretRef"),
    ("scaleIO", "secretRef"),
    ("storageos", "secretRef"),
)
_PERSISTENT_VOLUME_CREDENTIALS = (
    *_VOLUME_CREDENTIALS,
    ("csi", "controllerExpandSecretRef"),
    ("csi", "controllerPublishSecretRef"),
    ("csi", "nodeExpandSecretRef"),
    ("csi", "nodeStageSecretRef"),
)
_STORAGE_CLASS_PREFIX = "csi.storage.k8s.io/"
_NAME_SUFFIX = "-secret-name"


def find_references(manifest: object) -> Iterator[Reference]:
    """Yield every place of an object that names a Secret.

    Pods are found wherever an object has a pod template in the usual place, so that workloads of
    custom kinds count as well.

    Args:
        manifest: The object as JSON values.
    """
    root = Cursor(manifest)
    for pod in _pods(root):
        yield from _in_pod(pod)
    find = _BY_KIND.get(root.text("kind"))
    if find is not None:
        yield from find(root)


def _pods(root: Cursor) -> Iterator[Cursor]:
    if root.text("kind") == "Pod" or isinstance(root.at("spec", "containers").value, list):
        yield root.at("spec")
    if root.text("kind") == "PodTemplate":
        yield root.at("template", "spec")
    yield root.at("spec", "template", "spec")
    yield root.at("spec", "jobTemplate", "spec", "template", "spec")


def _in_pod(pod: Cursor) -> Iterator[Reference]:
    containers = [each for field in _CONTAINERS for each in pod.each(field)]
    for container in containers:
        yield from _in_environment(container)
    for volume in pod.each("volumes"):
        mounts = mounts_of(volume.text("name"), containers)
        yield from _in_volume(volume, mounts)
        yield from _in_projected_volume(volume, mounts)
        yield from _credentials(volume, _VOLUME_CREDENTIALS)
        yield from _named(Way.CREDENTIALS, volume.at("azureFile", "secretName"))
    for each in pod.each("imagePullSecrets"):
        yield from _named(Way.IMAGE_PULL, each.at("name"))


def _in_environment(container: Cursor) -> Iterator[Reference]:
    for variable in container.each("env"):
        source = variable.at("valueFrom", "secretKeyRef")
        yield from _named(
            Way.ENV,
            source.at("name"),
            keys=(source.text("key"),),
            is_optional=source.is_true("optional"),
            container=container.text("name"),
            target=variable.text("name"),
        )
    for each in container.each("envFrom"):
        source = each.at("secretRef")
        yield from _named(
            Way.ENV_FROM,
            source.at("name"),
            is_optional=source.is_true("optional"),
            container=container.text("name"),
            target=each.text("prefix"),
        )


def _in_volume(volume: Cursor, mounts: Sequence[Mount]) -> Iterator[Reference]:
    source = volume.at("secret")
    items = _items(source)
    yield from _named(
        Way.VOLUME,
        source.at("secretName"),
        keys=tuple((items or {}).values()),
        is_optional=source.is_true("optional"),
        target=volume.text("name"),
        files=files_of(mounts, items),
    )


def _in_projected_volume(volume: Cursor, mounts: Sequence[Mount]) -> Iterator[Reference]:
    sources = list(volume.each("projected", "sources"))
    for each in sources:
        source = each.at("secret")
        items = _items(source)
        # Which of several sources a subPath means is not known when they do not name their items.
        own = mounts if items is not None or len(sources) == 1 else _whole(mounts)
        yield from _named(
            Way.PROJECTED,
            source.at("name"),
            keys=tuple((items or {}).values()),
            is_optional=source.is_true("optional"),
            target=volume.text("name"),
            files=files_of(own, items),
        )


def _items(source: Cursor) -> dict[str, str] | None:
    """Return the items that a volume names by their paths; None when it takes all of them."""
    items = {item.text("path"): item.text("key") for item in source.each("items")}
    return items or None


def _whole(mounts: Sequence[Mount]) -> list[Mount]:
    return [mount for mount in mounts if not mount.sub_path]


def _credentials(
    volume: Cursor, places: Sequence[tuple[str, str]], *, is_namespaced: bool = False
) -> Iterator[Reference]:
    for place in places:
        source = volume.at(*place)
        namespace = source.text("namespace") if is_namespaced else ""
        yield from _named(
            Way.CREDENTIALS, source.at("name"), namespace=namespace, target=volume.text("name")
        )


def _in_persistent_volume(root: Cursor) -> Iterator[Reference]:
    spec = root.at("spec")
    yield from _credentials(spec, _PERSISTENT_VOLUME_CREDENTIALS, is_namespaced=True)
    azure = spec.at("azureFile")
    namespace = azure.text("secretNamespace") or spec.text("claimRef", "namespace")
    yield from _named(Way.CREDENTIALS, azure.at("secretName"), namespace=namespace)


def _in_storage_class(root: Cursor) -> Iterator[Reference]:
    for field in root.fields("parameters"):
        if field.startswith(_STORAGE_CLASS_PREFIX) and field.endswith(_NAME_SUFFIX):
            name = root.at("parameters", field)
            space = field.removesuffix(_NAME_SUFFIX) + "-secret-namespace"
            if "$" not in name.text() + root.text("parameters", space):  # known per claim only
                namespace = root.text("parameters", space)
                yield from _named(Way.CREDENTIALS, name, namespace=namespace)


def _in_service_account(root: Cursor) -> Iterator[Reference]:
    for field, way in (("secrets", Way.ACCOUNT), ("imagePullSecrets", Way.IMAGE_PULL)):
        for each in root.each(field):
            yield from _named(way, each.at("name"))


def _in_ingress(root: Cursor) -> Iterator[Reference]:
    for each in root.each("spec", "tls"):
        yield from _named(Way.TLS, each.at("secretName"))


def _in_gateway(root: Cursor) -> Iterator[Reference]:
    for listener in root.each("spec", "listeners"):
        for each in listener.each("tls", "certificateRefs"):
            if each.text("kind") in ("", "Secret") and not each.text("group"):
                yield from _named(Way.TLS, each.at("name"), namespace=each.text("namespace"))


_BY_KIND: dict[str, Callable[[Cursor], Iterator[Reference]]] = {
    "Gateway": _in_gateway,
    "Ingress": _in_ingress,
    "PersistentVolume": _in_persistent_volume,
    "ServiceAccount": _in_service_account,
    "StorageClass": _in_storage_class,
}


def _named(
    way: Way,
    name: Cursor,
    *,
    namespace: str = "",
    keys: tuple[str, ...] = (),
    is_optional: bool = False,
    container: str = "",
    target: str = "",
    files: tuple[File, ...] = (),
) -> Iterator[Reference]:
    """Yield a reference if there is a name."""
    if name.text():
        keys = tuple(key for key in keys if key)
        yield Reference(
            way, name.text(), name.path, namespace, keys, is_optional, container, target, files
        )
