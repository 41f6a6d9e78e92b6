"""The manifests of `deploy/`, for those who have no helm, on a real API server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cluster.clearing import clear
from tests.cluster.server import Cluster
from tests.deploy.manifests import DEPLOY, installed, load

pytestmark = pytest.mark.cluster
COMPONENTS = ("recreate", "restart", "namespaces")


@pytest.fixture
def applied(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster after `kubectl apply -k deploy/`; nothing runs the Pods."""
    clear(cluster)
    cluster.kubectl("apply", "--server-side", "-k", DEPLOY)
    yield cluster
    clear(cluster)


def test_manifests_apply_twice_without_a_change(applied: Cluster) -> None:
    """The API server takes every manifest, and a second time there is nothing left to do."""
    again = applied.kubectl("apply", "--server-side", "-k", DEPLOY, "-o", "name").split()
    assert len(again) == len(installed())
    assert applied.kubectl("diff", "--server-side", "-k", DEPLOY) == ""


def test_components_are_added_by_the_kustomization(applied: Cluster, tmp_path: Path) -> None:
    """Named there, they come with the rest, and the API server takes them."""
    copy = tmp_path / "deploy"
    shutil.copytree(DEPLOY, copy)
    (kustomization,) = load(copy / "kustomization.yaml")
    kustomization["components"] = [f"components/{name}" for name in COMPONENTS]
    (copy / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    names = applied.kubectl("apply", "--server-side", "-k", copy, "-o", "name").split()
    role = "clusterrole.rbac.authorization.k8s.io"
    assert {
        f"{role}/sealed-secrets-namespace-watcher",
        f"{role}/sealed-secrets-recreator",
        f"{role}/sealed-secrets-restarter",
        f"{role}/secrets-unsealer",
    } <= {*names}
