"""A controller that the chart gives rights in some namespaces does all of its work there.

Its own namespace enforces the level `restricted` of Pod Security.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sealer.manifest import Secret
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import load_certificate
from tests.cluster.clearing import clear
from tests.cluster.kubelet import Kubelet, serving
from tests.cluster.server import Cluster
from tests.deploy import chart
from tests.deploy.chart import Values
from tests.deploy.manifests import NAME

pytestmark = pytest.mark.cluster
HOME, TEAM, OTHER = "modes-home", "modes-team", "modes-other"
PROXY = f"/api/v1/namespaces/{HOME}/services/http:{NAME}:/proxy/v1/cert.pem"
QUICK: Values = {"keySize": 2048}
NAMESPACED: Values = {
    "rbac": {"clusterRole": False, "namespacedRoles": True},
    "additionalNamespaces": [TEAM],
}


@dataclass(frozen=True)
class Mode:
    """A way to install the chart.

    Attributes:
        values: The values of the chart.
        sees: The namespaces whose SealedSecrets are dealt with.
    """

    values: Values
    sees: tuple[str, ...]


MODES = {
    "as the original": Mode(NAMESPACED, (HOME, TEAM)),
    "listed": Mode({"namespaces": [TEAM]}, (HOME, TEAM)),
    "selected": Mode({"namespaceSelector": "modes=team"}, (TEAM,)),
}


@pytest.fixture(scope="module")
def nodes(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubelet]:
    """Nodes that run the controller's Pods in a namespace that takes only restricted ones."""
    clear(cluster)
    for namespace in (HOME, TEAM, OTHER):
        cluster.kubectl("create", "namespace", namespace)
    enforced = "pod-security.kubernetes.io/enforce=restricted"
    cluster.kubectl("label", "namespace", HOME, enforced)
    cluster.kubectl("label", "namespace", TEAM, "modes=team")
    with serving(cluster, tmp_path_factory.mktemp("modes"), HOME) as kubelet:
        yield kubelet
        chart.uninstall(cluster, HOME)
    cluster.kubectl("delete", "namespace", HOME, TEAM, OTHER, "--wait=false")


@pytest.mark.parametrize("name", MODES)
def test_controller_works_where_it_has_rights_and_asks_nowhere_else(
    cluster: Cluster, nodes: Kubelet, name: str
) -> None:
    """Secrets are made in the namespaces that it sees; nothing that it asks for is refused."""
    mode = MODES[name]
    chart.upgrade(cluster, {**QUICK, **mode.values}, namespace=HOME)
    pods = nodes.until_rolled_out(NAME, HOME)
    certificate = load_certificate(cluster.kubectl("get", "--raw", PROXY).encode())
    secret_name = name.replace(" ", "-")
    for namespace in (OTHER, HOME, TEAM):
        plain = Secret(namespace, secret_name, {"k": SecretBytes(b"value")})
        cluster.apply(seal_secret(plain, certificate).sealed_secret.to_object())
    for namespace in mode.sees:
        place = (f"sealedsecret/{secret_name}", "-n", namespace)
        cluster.kubectl("wait", *place, "--for=condition=Synced", "--timeout=60s")
        assert cluster.get("secret", secret_name, namespace)
    assert cluster.get("secret", secret_name, OTHER) is None
    for running in [pod.running for pod in pods]:
        assert running.stop() == 0
        assert [line for line in running.lines if "cannot " in str(line)] == []
