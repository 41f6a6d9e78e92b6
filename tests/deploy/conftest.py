"""A cluster into which the chart is installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.clearing import clear
from tests.cluster.server import Cluster
from tests.deploy import chart
from tests.deploy.installation import KEY_LABEL, SYSTEM
from tests.deploy.manifests import NAME


@pytest.fixture(scope="module")
def deployed(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster after `helm install` with the chart's defaults; nothing runs its Pods."""
    clear(cluster)
    chart.upgrade(cluster)
    yield cluster
    chart.uninstall(cluster)
    clear(cluster)


@pytest.fixture
def service_account(deployed: Cluster, tmp_path: Path) -> Iterator[Path]:
    """What a Pod of the controller is given; the keys that it makes are removed."""
    yield deployed.service_account_folder(NAME, SYSTEM, tmp_path / "account")
    deployed.kubectl("delete", "secret", "-n", SYSTEM, "-l", f"{KEY_LABEL}=active")
