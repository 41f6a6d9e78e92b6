"""The controllers to measure: ours, and the original where `SS_CONTROLLER` names its program.

Both get the same flags and the same namespace. Ours is told where the API server is; the original
knows only what a Pod finds in its file system, which is put there for as long as it runs.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from measure import BIN, ENVIRONMENT
from tests.cluster.server import Cluster

ORIGINAL = os.environ.get("SS_CONTROLLER", "")
UNTHROTTLED = ("--kubeclient-qps=-1",)
_IN_A_POD = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.05  # to ask for metrics takes the controller some milliseconds


@dataclass(frozen=True)
class Program:
    """A controller that runs.

    Attributes:
        process: Its process.
        address: Where its API is.
        metrics_address: Where its metrics are.
        started: When it was started, by `time.perf_counter`.
    """

    process: subprocess.Popen[bytes]
    address: str
    metrics_address: str
    started: float

    def wait_until_ready(self) -> None:
        """Wait until it serves a certificate."""
        deadline = time.perf_counter() + _PATIENCE_SECONDS
        while _fetch(f"http://{self.address}/v1/cert.pem") is None:
            if self.process.poll() is not None or time.perf_counter() > deadline:
                raise RuntimeError("the controller does not become ready")
            time.sleep(_PAUSE_SECONDS)

    def metrics(self) -> Mapping[str, float]:
        """Return its metrics, the series of one name added up."""
        text = (_fetch(f"http://{self.metrics_address}/metrics") or b"").decode()
        found: dict[str, float] = {}
        for line in text.splitlines():
            series, _, value = line.rpartition(" ")
            if series and not line.startswith("#"):
                name = series.partition("{")[0].removeprefix("sealed_secrets_controller_")
                found[name] = found.get(name, 0.0) + float(value)
        return found

    def wait_for_reconciles(self, count: int) -> float:
        """Wait until so many objects have been looked at; return when."""
        while self.metrics().get("unseal_requests_total", 0) < count:
            if self.process.poll() is not None:
                raise RuntimeError("the controller has ended")
            time.sleep(_PAUSE_SECONDS)
        return time.perf_counter()

    @property
    def mebibytes(self) -> float:
        """The memory it holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@contextmanager
def ours(cluster: Cluster, namespace: str, flags: Sequence[str] = ()) -> Iterator[Program]:
    """Run our controller for one namespace."""
    reach = ("--server", cluster.url, "--token-file", str(cluster.token_file))
    command = (str(BIN / "sealer-controller"), *reach, "--ca-file", str(cluster.ca_file))
    with _running(command, namespace, flags, {}) as program:
        yield program


@contextmanager
def original(
    cluster: Cluster, namespace: str, flags: Sequence[str] = UNTHROTTLED
) -> Iterator[Program]:
    """Run the original's controller for one namespace, with its throttle off if not told else."""
    with (
        _as_in_a_pod(cluster, namespace),
        _running([ORIGINAL], namespace, flags, cluster.environ) as program,
    ):
        yield program


@contextmanager
def _running(
    command: Sequence[str],
    namespace: str,
    flags: Sequence[str],
    environ: Mapping[str, str],
) -> Iterator[Program]:
    address, metrics_address = (f"127.0.0.1:{port}" for port in _free_ports(2))
    common = ("--all-namespaces=false", "--key-renew-period=0", f"--listen-addr={address}")
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, *common, f"--listen-metrics-addr={metrics_address}", *flags],
        env=ENVIRONMENT | dict(environ) | {"POD_NAMESPACE": namespace},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Program(process, address, metrics_address, started)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_PATIENCE_SECONDS)


@contextmanager
def _as_in_a_pod(cluster: Cluster, namespace: str) -> Iterator[None]:
    if _IN_A_POD.exists():
        sys.exit(f"{_IN_A_POD} is there: measure the original on a machine that is no Pod")
    made = next(path for path in reversed([_IN_A_POD, *_IN_A_POD.parents]) if not path.exists())
    _IN_A_POD.mkdir(parents=True)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, made)
        (_IN_A_POD / "token").write_text(cluster.admin_token)
        (_IN_A_POD / "namespace").write_text(namespace)
        shutil.copyfile(cluster.ca_file, _IN_A_POD / "ca.crt")
        yield


def _fetch(url: str) -> bytes | None:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own address
            found: bytes = answer.read()
    except (OSError, urllib.error.URLError):
        return None
    return found


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
