"""The API server itself tells which groups of many may read the sealing keys (threats.md T13)."""

import asyncio

import pytest

from sealer_controller.kube.vault import KubeVault
from tests.cluster.server import Cluster
from tests.contract.api import Api

pytestmark = pytest.mark.cluster


async def test_readers_are_the_groups_that_were_given_the_right(
    real_api: Api, cluster: Cluster
) -> None:
    """None in a namespace of its own; each that is bound there, by whichever verb it reads."""
    namespace = real_api.namespace
    vault = KubeVault(real_api.client, namespace)
    assert await vault.readers() == []
    team = f"system:serviceaccounts:{namespace}"
    for verb, group in (("watch", "system:authenticated"), ("get", team)):
        rights = (f"--verb={verb}", "--resource=secrets", "--namespace", namespace)
        cluster.kubectl("create", "role", verb, *rights)
        bound = (f"--role={verb}", f"--group={group}", "--namespace", namespace)
        cluster.kubectl("create", "rolebinding", verb, *bound)
    async with asyncio.timeout(20):
        while await vault.readers() != ["system:authenticated", team]:
            pass
