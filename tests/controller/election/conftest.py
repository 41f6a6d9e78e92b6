"""A namespace of its own for each test of replicas on the real API server."""

from pathlib import Path

import pytest

from tests.cluster.server import Cluster
from tests.controller.election.stage import Stage
from tests.deploy.manifests import DEPLOY


@pytest.fixture
def stage(cluster: Cluster, tmp_path: Path) -> Stage:
    """A namespace of its own."""
    cluster.install_crd(DEPLOY / "crd.yaml")
    return Stage(cluster, cluster.new_namespace("replicas"), tmp_path)
