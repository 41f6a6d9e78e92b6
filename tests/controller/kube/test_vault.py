"""The key vault on an API server that misbehaves: told once, and gone on."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from sealer.certsource import CONFIG_MAP
from sealer.keysecret import DIGEST_KEY, KEY_LABEL, key_secret
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.errors import ConflictError, ForbiddenError
from sealer_controller.kube.reflector import Pace
from sealer_controller.kube.types import secret_body
from sealer_controller.kube.vault import KubeVault
from sealer_controller.objects import Event
from tests.controller.memory import NOW
from tests.controller.watching import Recorder
from tests.fake.faults import Answer, Denied
from tests.fake.kinds import KINDS, NAMESPACES, SECRETS
from tests.fake.server import FakeApi
from tests.fake.watches import Command
from tests.support import vectors

(CONFIG_MAPS,) = (kind for kind in KINDS if kind.plural == "configmaps")


@pytest.fixture
def observer() -> Recorder:
    """An observer that keeps what it is told."""
    return Recorder()


@pytest.fixture
async def vault(fake_api: FakeApi, observer: Recorder) -> AsyncIterator[KubeVault]:
    """The vault of the namespace shop; a broken watch does not pause."""
    fake_api.store.create(NAMESPACES, {"metadata": {"name": "shop"}})
    async with KubeClient(Access(fake_api.url)) as client:
        yield KubeVault(
            client, "shop", observer=observer, now=lambda: NOW, pace=lambda: Pace(base=0.0)
        )


def put(fake_api: FakeApi, name: str) -> None:
    """Store a key Secret behind the vault's back."""
    secret = key_secret(vectors.key_pair("rsa2048"), namespace="shop", name=name)
    fake_api.store.create(SECRETS, secret_body(secret), "shop")


async def test_key_of_old_that_may_not_be_read_is_told_once(
    fake_api: FakeApi, vault: KubeVault, caplog: pytest.LogCaptureFixture
) -> None:
    """The others count all the same."""
    put(fake_api, "one")
    fake_api.faults.add(Denied(), verb="get", resource="secrets", times=9)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            (found,) = await vault.key_secrets()
            assert found.secret.name == "one"
    assert [record.getMessage() for record in caplog.records] == ["legacy_key_not_read"]


async def test_changes_go_on_where_watching_is_not_allowed(
    fake_api: FakeApi, vault: KubeVault, observer: Recorder
) -> None:
    """Then the keys are listed again and again, and each list is news; the metrics tell why."""
    fake_api.faults.add(Denied(), verb="watch", resource="secrets", times=1000)
    async with aclosing(vault.changes()) as changes:
        for _ in range(6):
            await anext(changes)
    assert ("keys", "forbidden") in observer.watches
    assert ("keys",) in observer.watches


async def test_changes_begin_when_all_kinds_of_keys_have_been_listed(
    fake_api: FakeApi, vault: KubeVault
) -> None:
    """Once each, however many there are; nor is an end of the watches a change."""
    for name in ("one", "two", "sealed-secrets-key"):
        put(fake_api, name)
    async with aclosing(vault.changes()) as changes:
        for _ in range(3):
            await anext(changes)
        watched = await fake_api.called("watch", "secrets", 3)
        following = asyncio.ensure_future(anext(changes))
        fake_api.command(Command.CUT)
        await fake_api.called("watch", "secrets", 6)
        for _ in range(50):
            await asyncio.sleep(0)
        assert not following.done()
        put(fake_api, "three")
        await following
    queries = sorted(call.query.get("labelSelector", "") for call in watched)
    assert queries == ["", "", f"{KEY_LABEL}=active"]
    names = sorted(call.query.get("fieldSelector", "") for call in watched)
    assert names == ["", f"metadata.name={DIGEST_KEY}", "metadata.name=sealed-secrets-key"]


@pytest.mark.parametrize("verb", ["get", "create", "update"])
async def test_publishing_needs_its_rights(fake_api: FakeApi, vault: KubeVault, verb: str) -> None:
    """Without one of them it is an error that names it; nothing is half done."""
    if verb == "update":
        fake_api.store.create(CONFIG_MAPS, {"metadata": {"name": CONFIG_MAP}}, "shop")
    fake_api.faults.add(Denied(), verb=verb, resource="configmaps")
    with pytest.raises(ForbiddenError, match=f'cannot {verb} resource "configmaps"'):
        await vault.publish(b"pem\n")
    await vault.publish(b"pem\n")
    assert fake_api.store.get(CONFIG_MAPS, CONFIG_MAP, "shop")["data"] == {"tls.crt": "pem\n"}


async def test_publishing_what_is_published_writes_nothing(
    fake_api: FakeApi, vault: KubeVault
) -> None:
    """After a restart, for one."""
    for _ in range(3):
        await vault.publish(b"pem\n")
    assert [call.verb for call in fake_api.calls] == ["get", "create", "get", "get"]


async def test_publishing_beside_somebody_else_is_tried_again(
    fake_api: FakeApi, vault: KubeVault
) -> None:
    """Who made or changed the ConfigMap at the same moment is not overwritten blindly."""
    exists = Answer(409, "AlreadyExists")
    fake_api.faults.add(exists, verb="create", resource="configmaps")
    with pytest.raises(ChangedMeanwhileError):
        await vault.publish(b"pem\n")
    await vault.publish(b"pem\n")
    fake_api.faults.add(Answer(409, "Conflict"), verb="update", resource="configmaps")
    with pytest.raises(ConflictError):
        await vault.publish(b"other\n")
    await vault.publish(b"other\n")


async def test_event_that_is_not_recorded_is_told_and_forgotten(
    fake_api: FakeApi, vault: KubeVault, caplog: pytest.LogCaptureFixture
) -> None:
    """Keys do not wait for it."""
    fake_api.faults.add(Denied(), verb="create", resource="events")
    with caplog.at_level(logging.WARNING):
        await vault.record("one", Event("Warning", "KeyUnusable", "empty"))
    (line,) = caplog.records
    assert line.getMessage() == "event_not_recorded"
