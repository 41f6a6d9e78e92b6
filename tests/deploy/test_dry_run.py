"""The API server takes what the chart renders to, for every value file that it is tried with."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chart.helm import objects
from tests.chart.matrix import MATRIX
from tests.cluster.api import Api, ApiError
from tests.cluster.clearing import clear
from tests.cluster.server import Cluster

pytestmark = pytest.mark.cluster
Object = dict[str, Any]
Paths = dict[tuple[str, str], str]
# Of the Prometheus Operator, whose kinds this cluster does not know.
FOREIGN = "monitoring.coreos.com/v1"
APPLY = "application/apply-patch+yaml"
QUERY = "?fieldManager=test&force=true&fieldValidation=Strict&dryRun=All"
# Value files that ask for what the level forbids.
UNRESTRICTED = {
    "node's network",
    "original, OpenShift without contexts",
}


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    """A connection to the API server, where nothing is installed."""
    clear(cluster)
    connection = Api(cluster)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> str:
    """A namespace that enforces the level `restricted`."""
    name = cluster.new_namespace("restricted")
    level = "pod-security.kubernetes.io/enforce=restricted"
    cluster.kubectl("label", "namespace", name, level)
    return name


@pytest.fixture(scope="module")
def paths(api: Api) -> Paths:
    """Where the objects of each kind are, with the namespace left open."""
    versions = [
        (version["groupVersion"], f"/apis/{version['groupVersion']}")
        for group in api.get("/apis")["groups"]
        for version in group["versions"]
    ]
    return {
        (version, each["kind"]): path
        + ("/namespaces/{namespace}/" if each["namespaced"] else "/")
        + each["name"]
        for version, path in [("v1", "/api/v1"), *versions]
        for each in api.get(path)["resources"]
        if "/" not in each["name"]
    }


@pytest.mark.parametrize("name", MATRIX)
def test_objects_of_a_value_file_are_taken(
    api: Api, paths: Paths, namespace: str, name: str
) -> None:
    """On trial, in one namespace, and with no field that the API server does not know."""
    for each in objects(MATRIX[name]):
        if each["apiVersion"] == FOREIGN:
            continue
        metadata = each["metadata"]
        if "namespace" in metadata:
            metadata["namespace"] = namespace
        path = paths[each["apiVersion"], each["kind"]].format(namespace=namespace)
        api.request("PATCH", f"{path}/{metadata['name']}{QUERY}", each, APPLY)


@pytest.mark.parametrize("name", MATRIX)
def test_pod_is_taken_where_the_level_restricted_is_enforced(
    api: Api, namespace: str, name: str
) -> None:
    """But for the value files that switch off, or ask for, what the level forbids."""
    for each in objects(MATRIX[name]):
        if each["kind"] != "Deployment":
            continue
        template = each["spec"]["template"]
        metadata = {**template["metadata"], "name": "try", "namespace": namespace}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        pod["spec"].pop("priorityClassName", None)  # not in such a namespace
        pod["spec"].pop("runtimeClassName", None)
        refused = ""
        try:
            api.post(f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)
        except ApiError as error:
            refused = str(error)
        assert bool(refused) is (name in UNRESTRICTED), refused
        assert not refused or "violates PodSecurity" in refused
