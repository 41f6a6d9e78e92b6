"""The API server itself tells which groups of many may read the sealing keys (threats.md T13)."""

import asyncio
import json

import pytest

from sealer.everybody import ANONYMOUS, READING, default_groups
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
    group, user = "Group", "User"
    for verb in READING:
        for kind, name in (
            *((group, each) for each in default_groups(namespace)),
            (user, ANONYMOUS),
        ):
            cluster.kubectl(
                "apply", "-f", "-", given=json.dumps(_given(verb, kind, name, namespace))
            )
            told = name if kind == group else "system:unauthenticated"
            async with asyncio.timeout(20):
                while await vault.readers() != [told]:
                    pass
            cluster.kubectl("delete", "rolebinding", "reads", "--namespace", namespace)


def _given(verb: str, kind: str, name: str, namespace: str) -> dict[str, object]:
    """Return a Role with one verb, and what binds somebody to it."""
    group = "rbac.authorization.k8s.io"
    metadata = {"name": f"reads-{verb}", "namespace": namespace}
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": [verb]}
    role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]}
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": metadata | {"name": "reads"},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": f"reads-{verb}"},
        "subjects": [{"apiGroup": group, "kind": kind, "name": name}],
    }
    return {"apiVersion": "v1", "kind": "List", "items": [role, binding]}
