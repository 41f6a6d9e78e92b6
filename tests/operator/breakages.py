"""What goes wrong in an installation that runs, made to go wrong, and mended again.

tests/doctor/breakages.py breaks what each check looks at; here are the faults of every day, as they
come about.
"""

import json
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sealer.certsource import CONFIG_MAP
from sealer.keysecret import key_secret
from sealer.keystate import BACKED_UP_ANNOTATION
from sealer_keys.generate import KeyOptions, generate_key_pair
from tests.deploy import chart
from tests.deploy.installation import SYSTEM
from tests.deploy.manifests import NAME
from tests.operator.trial import Trial

__all__ = ["BREAKAGES", "Breakage"]

Object = dict[str, Any]
Break = Callable[[Trial], AbstractContextManager[None]]
SHOP = "shop"
_CONTAINER = "/spec/template/spec/containers/0"
_STRANGER = "stranger_1"


class Breakage(NamedTuple):
    """A way to break an installation.

    Attributes:
        check: The check that names it.
        status: How bad that is.
        words: A part of what is said.
        broken: Breaks it; mends it in the end.
        besides: Other checks that cannot but notice; None where most of them do.
    """

    check: str
    status: str
    words: str
    broken: Break
    besides: Collection[str] | None = ()


@contextmanager
def no_deployment(trial: Trial) -> Iterator[None]:
    """Somebody has deleted the Deployment."""
    trial.cluster.kubectl("delete", "deployment", NAME, "-n", SYSTEM)
    trial.kubelet.until(lambda: not trial.kubelet.pods())
    yield
    chart.upgrade(trial.cluster)
    trial.kubelet.until_rolled_out()
    trial.until_led()


@contextmanager
def single_replica(trial: Trial) -> Iterator[None]:
    """Somebody has scaled the Deployment down."""
    scale = ("scale", "deployment", NAME, "-n", SYSTEM)
    trial.cluster.kubectl(*scale, "--replicas=1")
    trial.kubelet.until(lambda: len(trial.kubelet.pods()) == 1)
    trial.until_led()
    yield
    trial.cluster.kubectl(*scale, "--replicas=2")
    trial.kubelet.until_rolled_out()


def argument(word: str, *, comes_up: bool = True) -> Break:
    """Return what gives the controller one more argument."""

    @contextmanager
    def broken(trial: Trial) -> Iterator[None]:
        pods = len(trial.kubelet.pods())
        added = {"op": "add", "path": f"{_CONTAINER}/args/-", "value": word}
        trial.patch("deployment", NAME, [added])
        if comes_up:
            trial.kubelet.until_rolled_out()
            trial.until_led()
        else:
            trial.kubelet.until(lambda: len(trial.kubelet.pods()) > pods)
            waiting = "{.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff"
            pod = (f"pod/{trial.kubelet.pods()[-1].name}", "-n", SYSTEM)
            trial.cluster.kubectl("wait", *pod, f"--for=jsonpath={waiting}", "--timeout=60s")
        yield
        trial.cluster.kubectl("rollout", "undo", f"deployment/{NAME}", "-n", SYSTEM)
        trial.kubelet.until_rolled_out()
        trial.until_led()

    return broken


def stolen_lease(*, by_a_pod: bool = False, ahead: timedelta = timedelta()) -> Break:
    """Return what holds the Lease and renews it, by a clock of its own.

    Args:
        by_a_pod: It calls itself as the replica that waits; else it is none of the Pods.
        ahead: How wrong its clock is.
    """

    @contextmanager
    def broken(trial: Trial) -> Iterator[None]:
        others = {pod.name for pod in trial.kubelet.pods()} - {trial.leader()}
        holder = f"{min(others)}_1" if by_a_pod else _STRANGER

        def renew() -> None:
            now = f"{datetime.now(UTC) + ahead:%Y-%m-%dT%H:%M:%S.%fZ}"
            spec = {"holderIdentity": holder, "renewTime": now, "leaseDurationSeconds": 4}
            trial.patch("lease", NAME, {"spec": spec})

        def go_on() -> None:
            while not is_over.wait(0.5):
                renew()

        renew()
        is_over = threading.Event()
        renewing = threading.Thread(target=go_on)
        renewing.start()
        try:
            yield
        finally:
            is_over.set()
            renewing.join()
        free = {"holderIdentity": "", "leaseDurationSeconds": 1}
        trial.patch("lease", NAME, {"spec": free})
        trial.until_led()

    return broken


@contextmanager
def service_without_pods(trial: Trial) -> Iterator[None]:
    """The Service selects what no Pod is labelled with."""

    def ready() -> bool:
        listed = trial.cluster.kubectl("get", "endpoints", NAME, "-n", SYSTEM, "-o", "json")
        return bool(json.loads(listed).get("subsets"))

    with trial.changed("service", NAME):
        trial.patch("service", NAME, {"spec": {"selector": {"app": "nobody"}}})
        trial.kubelet.until(lambda: not ready())
        yield
    trial.kubelet.until(ready)


@contextmanager
def closed_port(trial: Trial) -> Iterator[None]:
    """Something between the API server and the Pods lets nothing through."""
    subsets = trial.get("endpoints", NAME)["subsets"]
    closed = [{**each, "ports": [{"port": 1, "protocol": "TCP"}]} for each in subsets]
    with trial.changed("endpoints", NAME):
        trial.patch("endpoints", NAME, {"subsets": closed})
        yield


@contextmanager
def ending_certificate(trial: Trial) -> Iterator[None]:
    """Somebody has brought a key whose certificate is valid for a few days."""
    options = KeyOptions(2048, timedelta(days=5))
    pair = generate_key_pair(datetime.now(UTC) + timedelta(seconds=1), options)
    notes = {BACKED_UP_ANNOTATION: f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    secret = key_secret(pair, namespace=SYSTEM, name="brought", annotations=notes)
    assert pair.certificate is not None
    pem = pair.certificate.pem.decode()
    with trial.added(secret.to_object()):
        trial.kubelet.until(lambda: served(trial) == published(trial) == pem)
        yield
    trial.kubelet.until(lambda: served(trial) == published(trial) != pem)


def served(trial: Trial) -> str:
    """Return the certificate that is served."""
    proxy = f"/api/v1/namespaces/{SYSTEM}/services/http:{NAME}:/proxy/v1/cert.pem"
    return trial.cluster.kubectl("get", "--raw", proxy)


def published(trial: Trial) -> str:
    """Return the certificate that the ConfigMap holds."""
    return str(trial.get("configmap", CONFIG_MAP)["data"]["tls.crt"])


@contextmanager
def forgotten_namespace(trial: Trial) -> Iterator[None]:
    """The controller looks at some namespaces, and somebody seals for another."""
    manifest = {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "forgotten", "namespace": SHOP},
        "spec": {"encryptedData": {"k": "AAAA"}},
    }
    with argument("--additional-namespaces=default")(trial), trial.added(manifest):
        yield


BREAKAGES = (
    Breakage("replicas", "note", "a single replica", single_replica),
    Breakage(
        "restarts",
        "fault",
        "does not come up: CrashLoopBackOff",
        argument("--no-such-flag", comes_up=False),
        besides={"replicas"},
    ),
    Breakage("leader", "fault", f"{_STRANGER} holds the Lease and is none", stolen_lease()),
    Breakage(
        "clock",
        "warning",
        "ahead of the API server",
        stolen_lease(by_a_pod=True, ahead=timedelta(hours=1)),
    ),
    Breakage("service", "fault", "chooses no Pod", service_without_pods, besides={"reachable"}),
    Breakage("reachable", "warning", "connection refused", closed_port),
    Breakage("expiry", "warning", "expires in", ending_certificate, besides={"pin"}),
    Breakage("renewal", "note", "never renewed", argument("--key-renew-period=0")),
    Breakage(
        "unwatched",
        "warning",
        f"{SHOP}/forgotten",
        forgotten_namespace,
        besides={"excess-rights"},
    ),
    Breakage(
        "installation", "fault", f"no Deployment {SYSTEM}/{NAME}", no_deployment, besides=None
    ),
)
