"""What runs in a cluster, and which Secrets it uses: names and item keys, never a value.

Item keys are taken from SealedSecrets. Of Secrets only the table that `kubectl get` prints is read,
so that the API server sends their names and no data.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.console import Console
from sealer.cli.errors import ClusterError, ForbiddenError, NotFoundError
from sealer.errors import Where
from sealer.manifest import sealedsecret
from sealer.manifest.cursor import Cursor
from sealer.manifest.providers import Provided
from sealer.usage import Inventory, Source

PAGE_SIZE = 500


@dataclass(frozen=True, slots=True)
class _Listed:
    """A kind of object that is listed.

    Attributes:
        api_version: Its apiVersion.
        kind: Its kind.
        plural: Its name in paths.
        is_namespaced: Its objects live in namespaces.
        is_extra: Clusters may do without it.
    """

    api_version: str
    kind: str
    plural: str
    is_namespaced: bool = True
    is_extra: bool = False

    def path(self, namespace: str) -> str:
        """Return where to list it: in one namespace or in all."""
        root = (
            f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        )
        inside = f"/namespaces/{quote(namespace)}" if namespace else ""
        return f"{root}{inside}/{self.plural}"


_SEALED_SECRETS = _Listed(
    sealedsecret.API_VERSION, sealedsecret.KIND, sealedsecret.PLURAL, is_extra=True
)
_USERS = (
    _Listed("apps/v1", "DaemonSet", "daemonsets"),
    _Listed("apps/v1", "Deployment", "deployments"),
    _Listed("apps/v1", "ReplicaSet", "replicasets"),
    _Listed("apps/v1", "StatefulSet", "statefulsets"),
    _Listed("batch/v1", "CronJob", "cronjobs"),
    _Listed("batch/v1", "Job", "jobs"),
    _Listed("v1", "Pod", "pods"),
    _Listed("v1", "PodTemplate", "podtemplates"),
    _Listed("v1", "ReplicationController", "replicationcontrollers"),
    _Listed("v1", "ServiceAccount", "serviceaccounts"),
    _Listed("networking.k8s.io/v1", "Ingress", "ingresses"),
    _Listed("gateway.networking.k8s.io/v1", "Gateway", "gateways", is_extra=True),
    _Listed("v1", "PersistentVolume", "persistentvolumes", is_namespaced=False),
    _Listed("storage.k8s.io/v1", "StorageClass", "storageclasses", is_namespaced=False),
)
_KINDS = frozenset(each.kind for each in _USERS)


class Live:
    """A cluster that is asked who uses which Secret.

    Attributes:
        inventory: What it said.
        knows_secrets: The names of all its Secrets are known.
    """

    def __init__(self, kubectl: Kubectl, namespace: str, console: Console) -> None:
        """Take how to reach it, and the one namespace to look at; empty for all."""
        self.inventory = Inventory()
        self.knows_secrets = True
        self._kubectl = kubectl
        self._namespace = namespace
        self._console = console

    def read(self) -> None:
        """Ask the cluster.

        Raises:
            ClusterError: It cannot be asked, or refuses to list what may use a Secret.
        """
        for manifest in self._list(_SEALED_SECRETS):
            self.inventory.add_object(manifest)
        self._read_secret_names()
        for listed in _USERS:
            if listed.is_namespaced or not self._namespace:
                for manifest in self._list(listed):
                    if not _is_owned(Cursor(manifest)):
                        self.inventory.add_object(manifest)

    def _read_secret_names(self) -> None:
        """Take in the Secrets that no SealedSecret brings about, by their names."""
        known = {
            (source.provided.namespace, source.provided.name) for source in self.inventory.sources
        }
        try:
            names = list(self._secret_names())
        except ForbiddenError:
            self.knows_secrets = False
            self._console.note("you may not list Secrets: which of them are missing is not told")
            return
        for namespace, name in names:
            if (namespace, name) not in known:
                provided = Provided("Secret", namespace, name)
                where = Where(namespace=namespace, name=name)
                self.inventory.sources.append(Source(provided, where))

    def _secret_names(self) -> Iterator[tuple[str, str]]:
        place = ("--namespace", self._namespace) if self._namespace else ("--all-namespaces",)
        table = self._kubectl.run("get", "secrets", "--no-headers", *place)
        for line in table.decode("utf-8", "replace").splitlines():
            cells = line.split()
            if self._namespace:
                cells.insert(0, self._namespace)
            yield cells[0], cells[1]

    def _list(self, listed: _Listed) -> Iterator[dict[str, object]]:
        """Yield the objects of a kind, page by page."""
        token = ""
        path = listed.path(self._namespace if listed.is_namespaced else "")
        while True:
            query = f"?limit={PAGE_SIZE}" + (f"&continue={quote(token, safe='')}" if token else "")
            try:
                page = _parse(self._kubectl.get(path + query))
            except NotFoundError:
                if listed.is_extra:
                    return
                raise
            for item in page.each("items"):
                yield {**item.fields(), "apiVersion": listed.api_version, "kind": listed.kind}
            token = page.text("metadata", "continue")
            if not token:
                return


def _parse(answer: bytes) -> Cursor:
    try:
        return Cursor(json.loads(answer))
    except (ValueError, RecursionError):
        raise ClusterError("the cluster's answer is no list of objects") from None


def _is_owned(manifest: Cursor) -> bool:
    """Tell whether an object is made by one that is listed itself, such as a Deployment's pod."""
    return any(
        owner.is_true("controller") and owner.text("kind") in _KINDS
        for owner in manifest.each("metadata", "ownerReferences")
    )
