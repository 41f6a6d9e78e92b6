"""Every test of the contract runs twice: against the fake API server and against the real one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cluster.server import Cluster
from tests.contract.api import Api, on_cluster, on_fake


@pytest.fixture
async def real_api(cluster_with_crd: Cluster) -> AsyncIterator[Api]:
    """The real one alone, for what the fake cannot hold; mark the test `cluster`."""
    async with on_cluster(cluster_with_crd) as real:
        yield real


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.cluster)])
async def api(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Api]:
    """An API server with a namespace of the test's own."""
    if request.param == "fake":
        async with on_fake(tmp_path) as fake:
            yield fake
    else:
        cluster: Cluster = request.getfixturevalue("cluster_with_crd")
        async with on_cluster(cluster) as real:
            yield real
