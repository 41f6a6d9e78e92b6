"""The workloads of a cluster: found, read and stamped, whatever the API server answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest

from sealer.errors import RetryableError, TerminalError
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient, Limits
from sealer_controller.kube.workloads import KubeWorkloads
from sealer_controller.objects import Key
from sealer_controller.workloads import KINDS, Workload
from tests.fake.faults import Answer, Cut, Denied
from tests.fake.kinds import BY_PATH, NAMESPACES
from tests.fake.server import FakeApi

WEB = Key("shop", "web")
NAME = "restart.sealer.dev/db"


@pytest.fixture
async def workloads(fake_api: FakeApi) -> AsyncIterator[KubeWorkloads]:
    """The workloads of a fake API server; lists come in pages of two."""
    fake_api.store.create(NAMESPACES, {"metadata": {"name": "shop"}})
    fake_api.store.create(NAMESPACES, {"metadata": {"name": "other"}})
    async with KubeClient(Access(fake_api.url), limits=Limits(page_objects=2)) as client:
        yield KubeWorkloads(client)


def put(api: FakeApi, kind: str, name: str, namespace: str = "shop", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Create a workload."""
    template = {"metadata": {"annotations": {"a": "b"}}, "spec": {"containers": []}}
    body = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, **more.pop("metadata", {})},
        "spec": {"template": template, **more},
    }
    return api.store.create(BY_PATH["apps", "v1", f"{kind.lower()}s"], body, namespace)


async def found(workloads: KubeWorkloads) -> list[Workload]:
    """Return all workloads of the namespace."""
    async with aclosing(workloads.find("shop")) as all_of_them:
        return [each async for each in all_of_them]


async def test_find_yields_every_kind_of_one_namespace(
    fake_api: FakeApi, workloads: KubeWorkloads
) -> None:
    """Page by page, with the annotations of the pod template."""
    for kind in KINDS:
        for number in range(3):
            put(fake_api, kind, f"w{number}")
    put(fake_api, "Deployment", "elsewhere", "other")
    names = [f"{kind}/w{number}" for kind in KINDS for number in range(3)]
    all_of_them = await found(workloads)
    assert list(map(str, all_of_them)) == names
    assert all(each.stamps == {"a": "b"} for each in all_of_them)


@pytest.mark.parametrize(
    "template", [None, "text", {"metadata": 5}, {"metadata": {"annotations": []}}]
)
async def test_odd_template_has_no_stamps(
    fake_api: FakeApi, workloads: KubeWorkloads, template: object
) -> None:
    """What the API server would never hold hinders nobody."""
    put(fake_api, "Deployment", "web", template=template)
    (workload,) = await found(workloads)
    assert (workload.stamps, workload.template) == ({}, template)


async def test_workload_that_is_going_is_not_rolled(
    fake_api: FakeApi, workloads: KubeWorkloads
) -> None:
    """Somebody has deleted it, and a finalizer holds it."""
    put(fake_api, "Deployment", "web", metadata={"finalizers": ["example.com/f"]})
    fake_api.store.delete(BY_PATH["apps", "v1", "deployments"], "web", "shop")
    assert await found(workloads) == []
    assert await workloads.read("Deployment", WEB) is None


async def test_workload_that_cannot_be_read_hinders_nobody(
    fake_api: FakeApi, workloads: KubeWorkloads
) -> None:
    """Of what fits no workload nothing is known, and the others are found."""
    odd = put(fake_api, "Deployment", "odd")
    odd["spec"] = "text"
    put(fake_api, "Deployment", "web")
    assert [str(each) for each in await found(workloads)] == ["Deployment/web"]


async def test_stamp_adds_one_annotation_and_leaves_the_rest(
    fake_api: FakeApi, workloads: KubeWorkloads
) -> None:
    """The very version that was read, and no other field."""
    before = put(fake_api, "StatefulSet", "web", replicas=3)
    workload = await workloads.read("StatefulSet", WEB)
    assert workload is not None
    await workloads.stamp(workload, NAME, "text")
    kind = BY_PATH["apps", "v1", "statefulsets"]
    after = fake_api.store.get(kind, "web", "shop")
    template = after["spec"]["template"]
    assert template["metadata"]["annotations"] == {"a": "b", NAME: "text"}
    assert after["spec"] == before["spec"] | {"template": template}
    with pytest.raises(ChangedMeanwhileError):
        await workloads.stamp(workload, NAME, "other")
    fake_api.store.delete(kind, "web", "shop")
    await workloads.stamp(workload, NAME, "other")


async def test_workload_that_does_not_exist_is_none(workloads: KubeWorkloads) -> None:
    """That is for the caller to judge."""
    assert await workloads.read("DaemonSet", WEB) is None


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (Answer(503), RetryableError),
        (Answer(429, retry_after=7), RetryableError),
        (Cut(), RetryableError),
        (Denied(), TerminalError),
    ],
    ids=repr,
)
@pytest.mark.parametrize("verb", ["list", "get", "patch"])
async def test_fault_becomes_the_error_of_the_port(
    fake_api: FakeApi,
    workloads: KubeWorkloads,
    verb: str,
    act: Any,  # noqa: ANN401 - a fault
    error: type[Exception],
) -> None:
    """What passes is tried again, what does not is told."""
    put(fake_api, "Deployment", "web")
    (workload,) = await found(workloads)
    fake_api.faults.add(act, verb=verb, resource="deployments", times=-1)
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "list": lambda: found(workloads),
        "get": lambda: workloads.read("Deployment", WEB),
        "patch": lambda: workloads.stamp(workload, NAME, "text"),
    }
    with pytest.raises(error):
        await calls[verb]()
