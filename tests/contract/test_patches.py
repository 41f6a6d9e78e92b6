"""How the API server takes a merge patch, of the kinds that we patch and of Secrets."""

from typing import Any

import pytest
from msgspec import Struct

from sealer_controller.kube.errors import ConflictError, NotFoundError
from sealer_controller.kube.objects import ObjectMeta, Resource
from tests.contract.api import SECRETS, Api


class Workload(Struct, kw_only=True):
    """A workload as these tests read it."""

    metadata: ObjectMeta
    spec: dict[str, Any]


DEPLOYMENTS = Resource(Workload, "deployments", group="apps")


async def test_merge_patch_changes_what_it_names(api: Api) -> None:
    """Others' keys stay, a null removes, and no change keeps the version."""
    made = await api.secret("a", data={"k": "dg==", "l": "dw=="})
    patch = {"data": {"k": None, "m": "eA=="}, "metadata": {"labels": {"t": "x"}}}
    patched = await api.client.merge_patch(SECRETS, patch, "a", api.namespace)
    assert patched.data == {"l": "dw==", "m": "eA=="}
    assert patched.metadata.labels == {"t": "x"}
    assert patched.metadata.resource_version != made.metadata.resource_version
    assert await api.client.merge_patch(SECRETS, patch, "a", api.namespace) == patched


async def test_merge_patch_of_a_missing_object_is_refused(api: Api) -> None:
    """404 `NotFound`: a PATCH of this kind does not create."""
    with pytest.raises(NotFoundError, match='secrets "a" not found'):
        await api.client.merge_patch(SECRETS, {"data": {}}, "a", api.namespace)


async def test_merge_patch_with_a_stale_version_is_a_conflict(api: Api) -> None:
    """As a PUT: the version in the patch says what it was made from."""
    made = await api.secret("a", data={"k": "dg=="})
    version = {"resourceVersion": made.metadata.resource_version}
    await api.client.merge_patch(SECRETS, {"data": {"k": "dw=="}}, "a", api.namespace)
    with pytest.raises(ConflictError):
        await api.client.merge_patch(
            SECRETS, {"metadata": version, "data": {"k": "eA=="}}, "a", api.namespace
        )


async def test_pod_template_of_a_workload_takes_an_annotation(api: Api) -> None:
    """The one change that we make to workloads, whatever else the template has."""
    await api.client.create(DEPLOYMENTS, deployment("web"), api.namespace)
    template = {"metadata": {"annotations": {"restart.sealer.dev/db": "1"}}}
    patched = await api.client.merge_patch(
        DEPLOYMENTS, {"spec": {"template": template}}, "web", api.namespace
    )
    assert patched.spec["template"]["metadata"] == {
        "labels": {"app": "web"},
        "annotations": {"restart.sealer.dev/db": "1"},
    }
    assert patched.spec["template"]["spec"]["containers"][0]["image"] == "web:1"


def deployment(name: str) -> dict[str, Any]:
    """Return a Deployment to send."""
    labels = {"app": name}
    containers = [{"name": "main", "image": f"{name}:1"}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
