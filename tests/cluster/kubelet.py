"""A stand-in for the nodes of a cluster: it runs the controller's Pods as processes.

    with serving(cluster, folder) as kubelet:
        cluster.kubectl("apply", "-k", "deploy/")
        kubelet.until_rolled_out()
        kubelet.pods()[0].running.until("listed")

The Deployment is dealt with by Kubernetes' own controllers: kube-controller-manager makes
ReplicaSets and Pods, rolls out and back, and collects garbage. What the nodes do is done here, for
the controller's Pods in the namespaces given and for no others: a Pod gets a process under its
ServiceAccount, is asked whether it is ready, is started again when it ends, is let go when it is
deleted; and the Services lead to where the processes listen, so that the API server's service proxy
reaches them. `minReadySeconds` counts as over. Volumes, resources and security contexts have no
effect, and there is no network between Pods.
"""

import http.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from threading import Condition, Event, Thread

from tests.cluster import endpoints
from tests.cluster.api import Api, ApiError
from tests.cluster.pod import Object, Pod, is_ours
from tests.cluster.server import Cluster, managing
from tests.cluster.service import address_of_this_machine

__all__ = ["CONTROLLERS", "Kubelet", "serving"]

CONTROLLERS = (
    "deployment-controller",
    "disruption-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "replicaset-controller",
)
_NAME, _SYSTEM = "sealed-secrets-controller", "kube-system"
_PAUSE_SECONDS = 0.1
_PATIENCE_SECONDS = 90
_NODE = "node-1"
_CORE, _DISCOVERY = "/api/v1/namespaces", "/apis/discovery.k8s.io/v1/namespaces"
_NOW = {"gracePeriodSeconds": 0}


class Kubelet:
    """Runs the controller's Pods; use `serving`.

    Args:
        cluster: The API server.
        folder: For tokens and temporary files.
        namespaces: Where it looks.
    """

    def __init__(self, cluster: Cluster, folder: Path, namespaces: tuple[str, ...]) -> None:
        self._cluster = cluster
        self._folder = folder
        self._namespaces = namespaces
        self._host = address_of_this_machine()
        self._api = Api(cluster)
        self._pods: dict[str, Pod] = {}
        self._turn = Condition()
        self._turns = 0
        self._written: dict[str, Object] = {}
        self._over = Event()
        self._thread = Thread(target=self._run)
        self._failure: Exception | None = None

    def pods(self) -> list[Pod]:
        """Return the Pods that run or are about to, oldest first."""
        with self._turn:
            return list(self._pods.values())

    def until_rolled_out(self, name: str = _NAME, namespace: str = _SYSTEM) -> list[Pod]:
        """Wait until a Deployment runs as it says, and nothing else does; return its Pods."""
        place = (f"deployment/{name}", "-n", namespace, f"--timeout={_PATIENCE_SECONDS}s")
        self._cluster.kubectl("rollout", "status", *place)
        self.until(lambda: not any(pod.is_ending for pod in self.pods()))
        return self.pods()

    def until(self, is_done: Callable[[], bool]) -> None:
        """Wait until it has looked at everything, and something is so; for what kubectl cannot."""
        with self._turn:
            seen = self._turns + 2  # the turn that it is in began before
            came = self._turn.wait_for(
                lambda: self._failure is not None or (self._turns >= seen and is_done()),
                _PATIENCE_SECONDS,
            )
        if self._failure is not None:
            raise self._failure
        assert came, f"still not so after {_PATIENCE_SECONDS} seconds"

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Kill all processes, and take their Pods away, whom nobody would look after."""
        self._over.set()
        self._thread.join()
        for pod in self.pods():
            self._forget(pod)
        self._api.close()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        while self._failure is None and not self._over.wait(_PAUSE_SECONDS):
            try:
                for namespace in self._namespaces:
                    self._run_pods(namespace)
                    self._lead_services(namespace)
            except (OSError, http.client.HTTPException):
                pass  # the API server is away
            except ApiError as error:
                # Something is gone, or was changed meanwhile: look again.
                if error.code not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                    self._failure = error
            except Exception as error:  # noqa: BLE001 - told to the test, in its own thread
                self._failure = error
            with self._turn:
                self._turns += 1
                self._turn.notify_all()

    def _run_pods(self, namespace: str) -> None:
        listed = self._api.get(f"{_CORE}/{namespace}/pods")["items"]
        found = {each["metadata"]["uid"]: each for each in listed if is_ours(each)}
        for uid in [uid for uid, pod in self._pods.items() if pod.namespace == namespace]:
            if uid not in found:
                self._forget(self._pods[uid])
        for uid, manifest in found.items():
            if uid not in self._pods:
                self._bind(manifest)
                with self._turn:
                    self._pods[uid] = Pod(self._cluster, manifest, self._host, self._folder)
            pod = self._pods[uid]
            pod.manifest = manifest
            if not pod.is_ending:
                pod.look()
            elif pod.end():
                self._forget(pod)
                continue
            self._tell(pod)

    def _bind(self, manifest: Object) -> None:
        """Put a Pod on a node, as the scheduler does."""
        if "nodeName" in manifest["spec"]:
            return
        place = self._place(manifest)
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": manifest["metadata"]["name"]},
            "target": {"apiVersion": "v1", "kind": "Node", "name": _NODE},
        }
        self._api.post(f"{place}/binding", binding)

    def _tell(self, pod: Pod) -> None:
        """Write the status, where it has changed."""
        status = pod.status()
        place = self._place(pod.manifest)
        if self._written.get(place) != status:
            self._api.merge(f"{place}/status", {"status": status})
            self._written[place] = status

    def _forget(self, pod: Pod) -> None:
        """End a Pod that is gone, or whose time is over."""
        pod.close()
        self._api.delete(self._place(pod.manifest), _NOW)
        self._written.pop(self._place(pod.manifest), None)
        with self._turn:
            del self._pods[pod.manifest["metadata"]["uid"]]

    def _lead_services(self, namespace: str) -> None:
        services = self._api.get(f"{_CORE}/{namespace}/services")["items"]
        wanted: dict[str, Object] = {}
        for service in services:
            pods = [each for each in self.pods() if each.namespace == namespace]
            chosen = endpoints.selected(service, pods)
            if not service["spec"].get("selector"):
                continue
            name = service["metadata"]["name"]
            wanted[f"{_CORE}/{namespace}/endpoints/{name}"] = endpoints.endpoints(service, chosen)
            for each, slice_ in endpoints.slices(service, chosen).items():
                wanted[f"{_DISCOVERY}/{namespace}/endpointslices/{each}"] = slice_
        self._write(namespace, wanted)

    def _write(self, namespace: str, wanted: dict[str, Object]) -> None:
        """Write what has changed of where Services lead, and delete what leads nowhere."""
        for place, manifest in wanted.items():
            if self._written.get(place) != manifest:
                self._api.apply(place, manifest)
                self._written[place] = manifest
        for place in [place for place in self._written if "/endpoint" in place]:
            if f"/{namespace}/" in place and place not in wanted:
                self._api.delete(place)
                del self._written[place]

    @staticmethod
    def _place(manifest: Object) -> str:
        metadata = manifest["metadata"]
        return f"{_CORE}/{metadata['namespace']}/pods/{metadata['name']}"


@contextmanager
def serving(
    cluster: Cluster, folder: Path, *namespaces: str, controllers: tuple[str, ...] = CONTROLLERS
) -> Iterator[Kubelet]:
    """Run the controller's Pods while the block lasts.

    Install the CustomResourceDefinition before, if garbage collection of SealedSecrets matters: the
    collector looks at its start, and then only every half minute, which kinds there are.

    Args:
        cluster: The API server.
        folder: For tokens and temporary files.
        namespaces: Where to look; `kube-system` if none is given.
        controllers: What kube-controller-manager does meanwhile.
    """
    kubelet = Kubelet(cluster, folder, namespaces or (_SYSTEM,))
    with ExitStack() as stack:
        stack.enter_context(managing(cluster, *controllers))
        kubelet.start()
        try:
            yield kubelet
        finally:
            stack.close()  # first whoever would make new Pods
            kubelet.stop()
