"""The clusters that recorded objects are put into: a fake API server, and the real one.

On the real one the controller is nobody but its ServiceAccount, with the rights that `deploy/`
grants and no others; only the test itself is an administrator.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from tests.cluster.server import Cluster
from tests.conformance.world import KEY_NAMESPACE, NAMESPACES, World, key_secrets
from tests.contract.api import on_cluster, on_fake

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SERVICE_ACCOUNT = "sealed-secrets-controller"


@pytest.fixture(scope="session")
def controller_access(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Access:
    """Install what `deploy/` holds; return how a Pod of the controller reaches the server."""
    cluster.install_crd(DEPLOY / "crd.yaml")
    cluster.kubectl("apply", "--server-side", "-k", DEPLOY)
    place = tmp_path_factory.mktemp("service-account")
    folder = cluster.service_account_folder(SERVICE_ACCOUNT, KEY_NAMESPACE, place)
    return Access(cluster.url, folder / "token", folder / "ca.crt")


@pytest.fixture(
    params=["fake API server", pytest.param("real API server", marks=pytest.mark.cluster)],
    ids=["fake", "real"],
)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A cluster, and how the controller reaches it."""
    if request.param == "fake API server":
        async with on_fake(tmp_path) as api:
            yield World(api, api.access)
    else:
        access: Access = request.getfixturevalue("controller_access")
        async with on_cluster(request.getfixturevalue("cluster")) as api:
            yield World(api, access)


@pytest.fixture
async def recorded_world(world: World) -> AsyncIterator[World]:
    """A cluster with the namespaces and the key Secrets of the record."""
    for namespace in NAMESPACES:
        await world.add_namespace(namespace)
    secrets = [await world.apply(manifest) for manifest in key_secrets()]
    yield world
    for secret in secrets:
        await world.delete("Secret", KEY_NAMESPACE, secret["metadata"]["name"])


@pytest.fixture
async def client(world: World) -> AsyncIterator[KubeClient]:
    """A client with the controller's own rights."""
    async with KubeClient(world.access) as client:
        yield client
