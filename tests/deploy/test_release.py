"""A release of the chart from its installation to its end, with Pods that run.

Whatever happens to the release, keys, SealedSecrets and Secrets stay as they are.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sealer.certsource import CONFIG_MAP
from sealer.manifest import Secret
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import Certificate, load_certificate
from tests.cluster.clearing import clear
from tests.cluster.kubelet import Kubelet, serving
from tests.cluster.server import Cluster
from tests.deploy import chart
from tests.deploy.chart import Values
from tests.deploy.installation import KEY_LABEL, SYSTEM
from tests.deploy.manifests import NAME
from tests.migration.recorded import ORIGINAL
from tests.migration.release import write_chart

pytestmark = pytest.mark.cluster
CRD = "sealedsecrets.bitnami.com"
PROXY = f"/api/v1/namespaces/{SYSTEM}/services/http:{NAME}:/proxy/v1/cert.pem"
WAIT = ("--wait", "--timeout", "90s")
# As a new key of 4096 bits takes seconds.
QUICK: Values = {"keySize": 2048}
Object = dict[str, Any]


@dataclass(frozen=True)
class Site:
    """A cluster whose nodes run the controller's Pods, and a namespace of an application."""

    cluster: Cluster
    kubelet: Kubelet
    namespace: str

    def certificate(self) -> Certificate:
        """Fetch the certificate as everybody does."""
        return load_certificate(self.cluster.kubectl("get", "--raw", PROXY).encode())

    def seal(self, name: str) -> None:
        """Seal a Secret, apply it, and wait until it is unsealed."""
        items = {"password": SecretBytes(name.encode())}
        sealed = seal_secret(Secret(self.namespace, name, items), self.certificate())
        self.cluster.apply(sealed.sealed_secret.to_object())
        self.until_synced(name)

    def until_synced(self, *names: str) -> None:
        """Wait until SealedSecrets are Synced."""
        condition = ("--for=condition=Synced", "--timeout=60s", "-n", self.namespace)
        self.cluster.kubectl("wait", "sealedsecret", *names, *condition)

    def kept(self) -> Object:
        """Return what must outlive the release: which objects there are, and in which state."""
        found = {
            (each["kind"], each["metadata"]["name"]): (
                each["metadata"]["uid"],
                each.get("data"),
                each["metadata"].get("generation") or each["metadata"]["resourceVersion"],
            )
            for each in self._list("sealedsecrets,secrets", "-n", self.namespace)
        }
        keys = self._list("secrets", "-n", SYSTEM, "-l", KEY_LABEL)
        data = {each["metadata"]["name"]: each["data"] for each in keys}
        crd = self._list("crd", f"--field-selector=metadata.name={CRD}")
        return {"objects": found, "keys": data, "kind": [each["metadata"]["uid"] for each in crd]}

    def _list(self, kinds: str, *arguments: str) -> list[Object]:
        listed: list[Object] = json.loads(
            self.cluster.kubectl("get", kinds, *arguments, "-o", "json")
        )["items"]
        return listed


@pytest.fixture(scope="module")
def nodes(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubelet]:
    """Nodes that run the controller's Pods."""
    with serving(cluster, tmp_path_factory.mktemp("release")) as kubelet:
        yield kubelet


@pytest.fixture
def site(cluster: Cluster, nodes: Kubelet) -> Iterator[Site]:
    """A cluster without an installation."""
    clear(cluster)
    namespace = cluster.new_namespace("release")
    yield Site(cluster, nodes, namespace)
    chart.uninstall(cluster)
    clear(cluster)
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")


def test_release_keeps_what_is_sealed_from_its_installation_to_the_next(site: Site) -> None:
    """Installed, upgraded, rolled back, removed, installed again: nothing is written anew."""
    cluster = site.cluster
    chart.upgrade(cluster, QUICK, *WAIT)
    pem = site.certificate().pem
    site.seal("db")
    before = site.kept()
    assert len(before["keys"]) == 1

    pods = {pod.name for pod in site.kubelet.pods()}
    chart.upgrade(cluster, {**QUICK, "workers": 4, "recreate": {"enabled": True}})
    upgraded = {pod.name for pod in site.kubelet.until_rolled_out()}
    assert pods.isdisjoint(upgraded)
    assert cluster.get("clusterrole", "sealed-secrets-recreator", SYSTEM)
    site.seal("late")
    after = site.kept()
    assert before["objects"].items() <= after["objects"].items()
    assert published(cluster) == pem.decode()

    cluster.helm("rollback", chart.RELEASE, "1", "-n", SYSTEM)
    site.kubelet.until_rolled_out()
    assert cluster.get("clusterrole", "sealed-secrets-recreator", SYSTEM) is None
    assert site.kept() == after

    chart.uninstall(cluster)
    site.kubelet.until(lambda: not site.kubelet.pods())
    for kind in ("deployment", "service", "serviceaccount", "configmap", "poddisruptionbudget"):
        labelled = ("-l", f"app.kubernetes.io/instance={chart.RELEASE}", "-o", "name")
        assert cluster.kubectl("get", kind, "-n", SYSTEM, *labelled) == ""
    assert site.kept() == after

    chart.upgrade(cluster, QUICK)
    site.kubelet.until_rolled_out()
    assert site.certificate().pem == pem
    site.seal("again")
    assert after["objects"].items() <= site.kept()["objects"].items()


def test_kind_is_upgraded_with_the_release_and_keeps_its_objects(site: Site) -> None:
    """An older one gets what it lacks; without the value it is left as it is."""
    cluster = site.cluster
    no_columns = '[{"op": "remove", "path": "/spec/versions/0/additionalPrinterColumns"}]'
    chart.upgrade(cluster, {"createController": False})
    cluster.kubectl("patch", "crd", CRD, "--type=json", "-p", no_columns)
    cluster.apply(foreign(site.namespace))
    uid = site.kept()["kind"]
    chart.upgrade(cluster, {"createController": False, "crd": {"create": False}})
    assert columns(cluster) == []
    assert site.kept()["kind"] == uid
    chart.upgrade(cluster, {"createController": False})
    assert columns(cluster) == ["Synced", "Reason", "Age"]
    assert site.kept()["kind"] == uid
    assert cluster.get("sealedsecret", "foreign", site.namespace)


def test_installation_by_the_originals_manifests_is_taken_over(site: Site) -> None:
    """Its objects become the release's, its rights ours; its Deployment rolls out our Pods."""
    cluster = site.cluster
    cluster.kubectl("apply", "-f", ORIGINAL)
    cluster.apply(foreign(site.namespace))
    uid = object_of(cluster, "deployment", NAME)["metadata"]["uid"]
    selector = {"selectorLabels": {"name": NAME}}
    chart.upgrade(cluster, {**QUICK, **selector})
    site.kubelet.until_rolled_out()
    assert object_of(cluster, "deployment", NAME)["metadata"]["uid"] == uid
    check_rights(cluster)
    site.seal("db")
    assert cluster.get("sealedsecret", "foreign", site.namespace)


@pytest.mark.parametrize("fullname", ["sealed-secrets-controller", "sealed-secrets"])
def test_release_of_the_originals_chart_is_upgraded_to_ours(
    site: Site, tmp_path: Path, fullname: str
) -> None:
    """By `helm upgrade` of the same release, whatever its objects were called."""
    cluster = site.cluster
    original = write_chart(tmp_path / "original")
    given = ("--namespace", SYSTEM, "--set", f"fullnameOverride={fullname}")
    cluster.helm("install", chart.RELEASE, original, *given)
    cluster.apply(foreign(site.namespace))
    before = object_of(cluster, "deployment", fullname)["metadata"]["uid"]
    chart.upgrade(cluster, QUICK)
    site.kubelet.until_rolled_out()
    after = object_of(cluster, "deployment", NAME)["metadata"]["uid"]
    assert (before == after) is (fullname == NAME)
    names = cluster.kubectl("get", "deployments", "-n", SYSTEM, "-o", "name").split()
    assert names == [f"deployment.apps/{NAME}"]
    check_rights(cluster)
    site.seal("db")
    assert cluster.get("sealedsecret", "foreign", site.namespace)


def published(cluster: Cluster) -> str:
    """Return the certificate that the ConfigMap holds."""
    text: str = object_of(cluster, "configmap", CONFIG_MAP)["data"]["tls.crt"]
    return text


def columns(cluster: Cluster) -> list[str]:
    """Return the columns that kubectl shows of the kind."""
    crd = object_of(cluster, "crd", CRD)
    return [each["name"] for each in crd["spec"]["versions"][0].get("additionalPrinterColumns", [])]


def object_of(cluster: Cluster, kind: str, name: str) -> Object:
    """Return an object of the controller's namespace, or of none."""
    found = cluster.get(kind, name, SYSTEM)
    assert found is not None
    return found


def foreign(namespace: str) -> Object:
    """Return a SealedSecret that no key opens."""
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "foreign", "namespace": namespace},
        "spec": {"encryptedData": {"k": "AAAA"}},
    }


def check_rights(cluster: Cluster) -> None:
    """Make sure that nothing is left of what the original may do and ours may not."""
    may = ("auth", "can-i", f"--as=system:serviceaccount:{SYSTEM}:{NAME}", "-n", SYSTEM)
    for verb, kind in (("delete", "secrets"), ("get", "namespaces")):
        with pytest.raises(AssertionError):
            cluster.kubectl(*may, verb, kind)
    everybody = ("--as=somebody", "--as-group=system:authenticated", "-n", SYSTEM)
    with pytest.raises(AssertionError):
        cluster.kubectl(
            "auth", "can-i", "create", f"services/http:{NAME}:", "--subresource=proxy", *everybody
        )
