"""A cluster into which `deploy/` is installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.server import Cluster
from tests.deploy.installation import KEY_LABEL, SYSTEM
from tests.deploy.manifests import DEPLOY, NAME


@pytest.fixture(scope="module")
def deployed(cluster: Cluster) -> Cluster:
    """The cluster after `kubectl apply -k deploy/`."""
    cluster.install_crd(DEPLOY / "crd.yaml")
    cluster.kubectl("apply", "--server-side", "-k", DEPLOY)
    return cluster


@pytest.fixture
def service_account(deployed: Cluster, tmp_path: Path) -> Iterator[Path]:
    """What a Pod of the controller is given; the keys that it makes are removed."""
    yield deployed.service_account_folder(NAME, SYSTEM, tmp_path / "account")
    deployed.kubectl("delete", "secret", "-n", SYSTEM, "-l", f"{KEY_LABEL}=active")
