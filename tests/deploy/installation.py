"""The controller as `deploy/` installs it, at work on the real API server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sealer.keysecret import KEY_LABEL
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from tests.cluster.server import Cluster
from tests.controller import process
from tests.controller.process import Running
from tests.support import vectors

__all__ = ["KEY_LABEL", "SYSTEM", "key_secret", "started"]

SYSTEM = "kube-system"


@contextmanager
def started(cluster: Cluster, account: Path, *more: str) -> Iterator[Running]:
    """The controller as its ServiceAccount, reached on ports of its own."""
    with process.started(
        *more,
        *("--server", cluster.url, "--token-file", account / "token"),
        *("--ca-file", account / "ca.crt", "--key-size", "2048"),
        *("--listen-addr", "127.0.0.1:0", "--listen-metrics-addr", "127.0.0.1:0"),
        environ={"POD_NAMESPACE": SYSTEM},
    ) as running:
        yield running


def key_secret() -> dict[str, object]:
    """Return one of the recorded keys as a key Secret of the controller."""
    data = {
        "tls.crt": SecretBytes((vectors.KEYS / "rsa2048.crt.pem").read_bytes()),
        "tls.key": SecretBytes((vectors.KEYS / "rsa2048.key.pem").read_bytes()),
    }
    labels = {KEY_LABEL: "active"}
    return Secret(SYSTEM, "test-key", data, type="kubernetes.io/tls", labels=labels).to_object()
