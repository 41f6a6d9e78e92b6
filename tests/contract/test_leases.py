"""The Lease that replicas share: read, written by version, watched, on both API servers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealer_controller.election import Lease, released
from sealer_controller.errors import ChangedMeanwhileError, LeaseForbiddenError
from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.errors import NotFoundError
from sealer_controller.kube.lease import LEASES, KubeLease
from tests.contract.api import Api, token_file

NAME = "sealed-secrets-controller"
TIME = datetime(2027, 1, 1, 12, 30, 15, tzinfo=UTC)
LATER = datetime(2027, 1, 1, 12, 30, 16, 250_000, tzinfo=UTC)
OURS = Lease("me", 10, 3, TIME, TIME)


@pytest.fixture
def leases(api: Api) -> KubeLease:
    """The Lease of the test's namespace, which is not there yet."""
    return KubeLease(api.client, api.namespace, NAME)


def path(api: Api, name: str = f"/{NAME}") -> str:
    """Return the URL path of the Lease."""
    return LEASES.path(api.namespace) + name


async def test_lease_is_created_and_read_back(leases: KubeLease) -> None:
    """With all that it says; times keep their microseconds, also where there are none."""
    assert await leases.read() is None
    written = await leases.write(OURS)
    assert replace(written, version="") == OURS
    assert written.version
    assert await leases.read() == written


async def test_lease_is_replaced_in_the_version_that_was_read(leases: KubeLease) -> None:
    """Whoever is late is told so, and changes nothing."""
    first = await leases.write(OURS)
    second = await leases.write(replace(first, renewed=LATER))
    assert second == replace(first, renewed=LATER, version=second.version)
    assert second.version != first.version
    for late in (first, OURS):
        with pytest.raises(ChangedMeanwhileError):
            await leases.write(late)
    assert await leases.read() == second


async def test_lease_that_is_gone_is_not_replaced(api: Api, leases: KubeLease) -> None:
    """It is created anew only by whoever knows that."""
    written = await leases.write(OURS)
    await api.raw("DELETE", path(api))
    with pytest.raises(ChangedMeanwhileError):
        await leases.write(written)
    assert await leases.read() is None
    again = await leases.write(replace(written, version=""))
    assert replace(again, version="") == OURS


async def test_lease_that_is_given_back_is_nobodys(leases: KubeLease) -> None:
    """The server takes an empty holder."""
    written = await leases.write(OURS)
    await leases.write(released(written, LATER))
    found = await leases.read()
    assert found is not None
    assert (found.holder, found.seconds, found.transitions) == ("", 1, 3)


async def test_lease_keeps_what_others_add(api: Api, leases: KubeLease) -> None:
    """Labels and the like are not ours to remove."""
    metadata = {"name": NAME, "labels": {"team": "ops"}}
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}
    await api.raw("POST", path(api, ""), body)
    found = await leases.read()
    assert found is not None
    assert replace(found, version="") == Lease()
    await leases.write(replace(OURS, version=found.version))
    _, stored = await api.raw("GET", path(api))
    assert stored["metadata"]["labels"] == {"team": "ops"}
    assert stored["spec"]["renewTime"] == "2027-01-01T12:30:15.000000Z"


async def test_changes_of_the_lease_are_reported(api: Api, leases: KubeLease) -> None:
    """As it is at first, each renewal, and that it is gone; no other Lease."""
    await KubeLease(api.client, api.namespace, "other").write(OURS)
    first = await leases.write(OURS)
    changes = leases.changes()
    assert await anext(changes) == first
    second = await leases.write(replace(first, renewed=LATER))
    assert await anext(changes) == second
    await api.raw("DELETE", path(api))
    assert await anext(changes) is None
    await changes.aclose()


@pytest.fixture
async def powerless(api: Api, tmp_path: Path) -> AsyncIterator[KubeLease]:
    """The Lease as somebody sees it who may do nothing."""
    token = token_file(tmp_path, api.nobody_token)
    access = Access(api.access.server, token, api.access.ca_file)
    async with KubeClient(access) as client:
        yield KubeLease(client, api.namespace, NAME)


async def test_missing_right_is_an_error_of_its_own(powerless: KubeLease) -> None:
    """It names the right, and what else can be done."""
    with pytest.raises(LeaseForbiddenError, match='cannot get resource "leases"'):
        await powerless.read()
    with pytest.raises(LeaseForbiddenError, match='cannot create resource "leases"') as caught:
        await powerless.write(OURS)
    assert "or run one replica" in str(caught.value.hint)
    with pytest.raises(LeaseForbiddenError, match='cannot update resource "leases"'):
        await powerless.write(replace(OURS, version="1"))


async def test_missing_namespace_is_no_conflict(api: Api) -> None:
    """To read again would not help."""
    with pytest.raises(NotFoundError):
        await KubeLease(api.client, "no-such-namespace", NAME).write(OURS)
