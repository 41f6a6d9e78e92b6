"""The stand-in for the nodes runs what the Deployment says, and tells of it as a kubelet does."""

import json
from collections.abc import Iterator

import pytest

from tests.cluster.clearing import clear
from tests.cluster.kubelet import Kubelet, serving
from tests.cluster.server import Cluster
from tests.deploy.manifests import DEPLOY, NAME

pytestmark = pytest.mark.cluster
SYSTEM = "kube-system"


@pytest.fixture(scope="module")
def kubelet(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubelet]:
    """The manifests installed, and their Pods running."""
    clear(cluster)
    cluster.install_crd(DEPLOY / "crd.yaml")
    cluster.kubectl("apply", "--server-side", "-k", DEPLOY)
    with serving(cluster, tmp_path_factory.mktemp("kubelet")) as running:
        running.until_rolled_out()
        yield running
    clear(cluster)


def test_deployment_is_rolled_out(cluster: Cluster, kubelet: Kubelet) -> None:
    """Two Pods run, are ready, and the Lease is held by one of them, by its name."""
    pods = kubelet.pods()
    assert len(pods) == 2
    found = cluster.get("deployment", NAME, SYSTEM)
    assert found is not None
    assert found["status"]["readyReplicas"] == found["status"]["availableReplicas"] == 2
    lease = cluster.get("lease", NAME, SYSTEM)
    assert lease is not None
    assert lease["spec"]["holderIdentity"].partition("_")[0] in {pod.name for pod in pods}


def test_service_leads_to_the_pods(cluster: Cluster, kubelet: Kubelet) -> None:
    """The API server's service proxy reaches the certificate by the Service, and the metrics."""
    place = f"/api/v1/namespaces/{SYSTEM}/services"
    for pod in kubelet.pods():
        pod.running.until("keys_loaded")
    assert "BEGIN CERTIFICATE" in cluster.kubectl(
        "get", "--raw", f"{place}/http:{NAME}:/proxy/v1/cert.pem"
    )
    assert "sealed_secrets" in cluster.kubectl(
        "get", "--raw", f"{place}/{NAME}-metrics:metrics/proxy/metrics"
    )


def test_process_that_ends_is_started_again(cluster: Cluster, kubelet: Kubelet) -> None:
    """The same Pod says that its container was restarted."""
    pod = kubelet.pods()[0]
    pod.running.stop()
    place = (f"pod/{pod.name}", "-n", SYSTEM, "--timeout=30s")
    cluster.kubectl("wait", *place, "--for=jsonpath={.status.containerStatuses[0].restartCount}=1")
    cluster.kubectl("wait", *place, "--for=condition=Ready")


def test_deployment_that_changes_is_rolled_out_anew(cluster: Cluster, kubelet: Kubelet) -> None:
    """New Pods take over, and the old ones end."""
    before = {pod.name for pod in kubelet.pods()}
    cluster.kubectl("rollout", "restart", f"deployment/{NAME}", "-n", SYSTEM)
    after = {pod.name for pod in kubelet.until_rolled_out()}
    assert before.isdisjoint(after)
    listed = json.loads(cluster.kubectl("get", "endpointslices", "-n", SYSTEM, "-o", "json"))
    targets = {each["endpoints"][0]["targetRef"]["name"] for each in listed["items"]}
    assert targets == after


def test_command_that_cannot_run_is_told(cluster: Cluster, kubelet: Kubelet) -> None:
    """A Pod that ends again and again waits, and says so; the Deployment is not available."""
    flag = '[{"op":"add","path":"/spec/template/spec/containers/0/args/-","value":"--no-such"}]'
    place = (f"deployment/{NAME}", "-n", SYSTEM)
    cluster.kubectl("patch", *place, "--type=json", "-p", flag)
    kubelet.until(lambda: len(kubelet.pods()) == 3)
    reason = "{.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff"
    pod = (f"pod/{kubelet.pods()[-1].name}", "-n", SYSTEM)
    cluster.kubectl("wait", *pod, f"--for=jsonpath={reason}", "--timeout=30s")
    cluster.kubectl("rollout", "undo", *place)
    kubelet.until_rolled_out()
