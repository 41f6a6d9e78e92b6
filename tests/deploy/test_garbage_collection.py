"""Secrets go with their SealedSecrets: the garbage collector of Kubernetes itself at work.

The controller deletes nothing (compat.md 2.7). What it must get right are the owner references, by
which kube-controller-manager decides.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sealer.manifest import Secret
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from tests.cluster.server import Cluster, collecting_garbage
from tests.controller import process
from tests.controller.process import Running
from tests.deploy.manifests import NAME
from tests.support import vectors

pytestmark = pytest.mark.cluster
SYSTEM = "kube-system"
PREFIX = "sealedsecrets.bitnami.com/"
NONE: Mapping[str, str] = {}
SKIPS_OWNER = {PREFIX + "skip-set-owner-references": "true"}
KEY = Secret(
    SYSTEM,
    "collecting",
    {
        "tls.crt": SecretBytes((vectors.KEYS / "rsa2048.crt.pem").read_bytes()),
        "tls.key": SecretBytes((vectors.KEYS / "rsa2048.key.pem").read_bytes()),
    },
    type="kubernetes.io/tls",
    labels={PREFIX + "sealed-secrets-key": "active"},
)


@pytest.fixture(scope="module")
def collected(deployed: Cluster) -> Iterator[Cluster]:
    """A cluster with garbage collection, the chart and a key."""
    deployed.apply(KEY.to_object())
    with collecting_garbage(deployed):
        yield deployed
    deployed.kubectl("delete", "secret", KEY.name, "-n", SYSTEM)


@pytest.fixture(scope="module")
def controller(collected: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The controller as its ServiceAccount."""
    folder = tmp_path_factory.mktemp("collecting")
    account = collected.service_account_folder(NAME, SYSTEM, folder / "account")
    with process.started(
        *("--server", collected.url, "--token-file", account / "token"),
        *("--ca-file", account / "ca.crt", "--key-renew-period", "0"),
        *("--listen-addr", "", "--listen-metrics-addr", ""),
        environ={"POD_NAMESPACE": SYSTEM},
    ) as running:
        running.until("listed")
        yield running
        assert running.stop() == 0


@pytest.mark.parametrize("cascade", ["background", "foreground"])
def test_secret_goes_with_its_sealed_secret(
    collected: Cluster, controller: Running, cascade: str
) -> None:
    """The collector takes the Secret that the controller owns, and no Secret without an owner."""
    namespace = collected.new_namespace("collecting")
    for manifest in (sealed(namespace, "owned"), sealed(namespace, "unowned", SKIPS_OWNER)):
        collected.apply(manifest)
        name = manifest["metadata"]["name"]
        controller.until("reconciled", namespace=namespace, name=name, outcome="created")
    both = ("sealedsecret", "unowned", "owned")
    collected.kubectl("delete", *both, "-n", namespace, f"--cascade={cascade}")
    wait_until_gone(collected, namespace, "owned")
    assert collected.get("secret", "unowned", namespace) is not None


def test_orphaned_secret_stays(collected: Cluster, controller: Running) -> None:
    """After `--cascade=orphan` the Secret is still there and belongs to nobody.

    While the collector takes the owner reference away, the SealedSecret still exists: a controller
    that put it back then would lose the Secret a moment later.
    """
    namespace = collected.new_namespace("collecting")
    collected.apply(sealed(namespace, "kept"))
    controller.until("reconciled", name="kept", outcome="created")
    owner = owner_of(collected, namespace, "kept")
    collected.kubectl("delete", "sealedsecret", "kept", "-n", namespace, "--cascade=orphan")
    collected.apply(sealed(namespace, "after"), owned(namespace, "sentinel", owner))
    controller.until("reconciled", name="after", outcome="created")
    wait_until_gone(collected, namespace, "sentinel")
    kept = collected.get("secret", "kept", namespace)
    assert kept is not None
    assert "ownerReferences" not in kept["metadata"]


def test_replaced_sealed_secret_keeps_its_secret(collected: Cluster, controller: Running) -> None:
    """Deleted and created anew at once, as Argo CD's replace does it, the object has its Secret.

    Whether the collector or the controller is first is chance. The original loses the Secret when
    it is itself (upstream issue 1599).
    """
    namespace = collected.new_namespace("collecting")
    collected.apply(sealed(namespace, "db"))
    controller.until("reconciled", name="db", namespace=namespace, outcome="created")
    dead = owner_of(collected, namespace, "db")
    collected.kubectl("delete", "sealedsecret", "db", "-n", namespace)
    collected.apply(sealed(namespace, "db"), owned(namespace, "sentinel", dead))
    told = controller.until("reconciled", name="db", namespace=namespace)
    assert told["outcome"] in ("created", "replaced")
    wait_until_gone(collected, namespace, "sentinel")
    living = collected.get("sealedsecret", "db", namespace)
    assert living is not None
    assert owner_of(collected, namespace, "db")["uid"] == living["metadata"]["uid"] != dead["uid"]


def sealed(namespace: str, name: str, annotations: Mapping[str, str] = NONE) -> dict[str, Any]:
    """Return a SealedSecret with one item and these annotations in its template."""
    certificate = vectors.key_pair("rsa2048").certificate
    assert certificate is not None
    plain = Secret(namespace, name, {"k": SecretBytes(b"value")}, annotations=annotations)
    manifest: dict[str, Any] = seal_secret(plain, certificate).sealed_secret.to_object()
    return manifest


def owned(namespace: str, name: str, owner: Mapping[str, object]) -> dict[str, Any]:
    """Return a Secret that belongs to something; it goes when its owner is known to be gone."""
    return Secret(namespace, name, {}, owner_references=(owner,)).to_object()


def owner_of(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    """Return the owner reference of a Secret."""
    secret = cluster.get("secret", name, namespace)
    assert secret is not None
    (owner,) = secret["metadata"]["ownerReferences"]
    found: dict[str, Any] = owner
    return found


def wait_until_gone(cluster: Cluster, namespace: str, name: str) -> None:
    """Wait until the collector has taken a Secret."""
    cluster.kubectl("wait", "--for=delete", f"secret/{name}", "-n", namespace, "--timeout=50s")
