"""Secrets of SealedSecrets that are gone: ours are deleted where that is asked for, no others."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sealer.errors import RetryableError, TerminalError
from sealer.manifest import SealedSecret, Secret, Template
from sealer.manifest.sealedsecret import SKIP_OWNER_ANNOTATION
from sealer_controller.collector import Collector
from sealer_controller.drift import Stamp
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.objects import Listed, Removed, Upserted
from sealer_controller.outcome import Outcome, Retry
from sealer_controller.shaping import finish
from tests.controller.memory import SHOP_DB, MemoryStore, seal, secret, stored
from tests.controller.rig import Rig, rigged, running
from tests.controller.test_leading import Baton

KEY = bytes(range(32))
SKIPPING = Template(annotations={SKIP_OWNER_ANNOTATION: "true"})
OBJECT = stored()
UNOWNED = stored(SealedSecret("shop", "db", {}, SKIPPING))
OWNED = finish(OBJECT, secret())
PATCH = {"sealedsecrets.bitnami.com/patch": "true"}
MANAGED = {"sealedsecrets.bitnami.com/managed": "true"}
OTHERS = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "u", "controller": True}
DIGESTED = Stamp(KEY, UNOWNED).put_on(finish(UNOWNED, secret()), is_patch=False)


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore()


@pytest.fixture
def collector(store: MemoryStore) -> Collector:
    """A collector that knows of one object that is gone."""
    collector = Collector(store, lambda: KEY)
    collector.add(SHOP_DB, OBJECT.uid)
    return collector


@pytest.mark.parametrize(
    "found",
    [
        OWNED,
        replace(OWNED, owner_references=({**OWNED.owner_references[0], "uid": "an-older-one"},)),
        secret(annotations=MANAGED),
        DIGESTED,
    ],
    ids=["owned", "stale", "managed", "digest"],
)
async def test_secret_of_ours_is_deleted(
    store: MemoryStore, collector: Collector, found: Secret
) -> None:
    """In the version that was read, and once."""
    store.put(found)
    assert await collector.collect(SHOP_DB) is None
    assert (store.secrets, SHOP_DB in collector) == ({}, False)
    assert store.calls == ["read_secret", "read_sealed_secret", "delete_secret"]


@pytest.mark.parametrize(
    "found",
    [
        secret(),
        secret(annotations=PATCH),
        replace(DIGESTED, annotations={**DIGESTED.annotations, **PATCH}),
        Stamp(KEY, UNOWNED).put_on(finish(UNOWNED, secret()), is_patch=True),
        replace(DIGESTED, owner_references=(OTHERS,)),
        replace(DIGESTED, data={}),
    ],
    ids=["foreign", "patched", "patched-by-us", "patched-before", "owned-by-others", "changed"],
)
async def test_secret_of_somebody_else_stays(
    store: MemoryStore, collector: Collector, found: Secret
) -> None:
    """The original deletes whatever has the name (compat.md 2.7, FIX)."""
    store.put(found)
    assert await collector.collect(SHOP_DB) is None
    assert store.calls == ["read_secret"]
    assert SHOP_DB not in collector


async def test_secret_that_is_gone_already_is_none_of_our_business(
    store: MemoryStore, collector: Collector
) -> None:
    """Garbage collection was faster."""
    assert await collector.collect(SHOP_DB) is None
    assert store.calls == ["read_secret"]


@pytest.mark.parametrize(
    ("failure", "retry"),
    [
        (ChangedMeanwhileError("changed"), Retry()),
        (RetryableError("busy", after=3.0), Retry(3.0)),
        (TerminalError("no right"), Retry()),
    ],
)
async def test_deletion_that_fails_is_tried_again(
    store: MemoryStore, collector: Collector, failure: Exception, retry: Retry
) -> None:
    """A right can be granted at any time."""
    store.put(OWNED)
    store.fail("delete_secret", failure)
    assert await collector.collect(SHOP_DB) == retry
    assert await collector.collect(SHOP_DB) is None
    assert store.secrets == {}


async def test_secret_whose_name_was_taken_meanwhile_stays(
    store: MemoryStore, collector: Collector
) -> None:
    """The next SealedSecret of that name takes it over instead."""
    store.put(OWNED)
    store.meanwhile("read_sealed_secret", lambda: collector.drop(SHOP_DB))
    assert await collector.collect(SHOP_DB) is None
    assert "delete_secret" not in store.calls


@pytest.mark.parametrize("uid", [OBJECT.uid, "another"], ids=["same", "successor"])
async def test_secret_of_an_object_that_is_only_out_of_sight_stays(
    store: MemoryStore, collector: Collector, uid: str
) -> None:
    """One that lost the label that is selected by is gone for the watch, and left as it is."""
    store.put(OWNED)
    store.sealed[SHOP_DB] = replace(OBJECT, uid=uid)
    assert await collector.collect(SHOP_DB) is None
    assert SHOP_DB in store.secrets
    assert SHOP_DB not in collector


async def test_secret_stays_while_nobody_knows_whether_its_object_is_gone(
    store: MemoryStore, collector: Collector
) -> None:
    """The API server is asked again later."""
    store.put(OWNED)
    store.fail("read_sealed_secret", RetryableError("busy"))
    assert await collector.collect(SHOP_DB) == Retry()
    assert SHOP_DB in store.secrets
    assert SHOP_DB in collector


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A rig with one key, whose store reports one object."""
    with rigged() as rig:
        rig.report(Upserted(stored(seal())), Listed(1))
        yield rig


async def test_controller_deletes_where_that_is_asked_for(rig: Rig) -> None:
    """After a failure as well; otherwise it leaves the Secret to the cluster."""
    collector = Collector(rig.store, lambda: rig.keystore.digest_key)
    again = asyncio.Event()
    rig.store.fail("delete_secret", RetryableError("busy"))
    rig.store.meanwhile("delete_secret", lambda: None, again.set)
    async with running(rig.controller(collector=collector)):
        await rig.result()
        rig.report(Removed(SHOP_DB, "uid-1"))
        async with asyncio.timeout(30):
            await again.wait()
    assert SHOP_DB not in rig.store.secrets


async def test_controller_leaves_the_secret_to_the_cluster_otherwise(rig: Rig) -> None:
    """As it should be: the owner reference says all."""
    async with running(rig.controller()):
        await rig.result()
        rig.report(Removed(SHOP_DB, "uid-1"))
        await rig.store.news.join()
    assert SHOP_DB in rig.store.secrets


async def test_controller_keeps_the_secret_of_an_object_that_came_back(rig: Rig) -> None:
    """Deleted and made again before anybody got to it."""
    collector = Collector(rig.store, lambda: rig.keystore.digest_key)
    async with running(rig.controller(collector=collector)):
        await rig.result()
        rig.report(Removed(SHOP_DB, "uid-1"), Upserted(stored(seal(), uid="uid-2")))
        result = await rig.result()
    assert result.outcome is Outcome.REPLACED
    assert "delete_secret" not in rig.store.calls


async def test_standby_notes_no_deletion(rig: Rig) -> None:
    """The leader deletes; whoever takes over much later must not make up for it."""
    baton = Baton()
    collector = Collector(rig.store, lambda: rig.keystore.digest_key)
    async with running(rig.controller(collector=collector, leading=baton)):
        rig.report(Removed(SHOP_DB, "uid-1"))
        await rig.store.news.join()
        assert SHOP_DB not in collector


async def test_leader_that_is_replaced_leaves_deletions_to_its_successor(rig: Rig) -> None:
    """What it has not deleted by then, it does not delete when it leads again."""
    baton = Baton()
    collector = Collector(rig.store, lambda: rig.keystore.digest_key)
    baton.hand(is_held=True)
    async with running(rig.controller(collector=collector, leading=baton)):
        await rig.result()
        rig.store.meanwhile("read_secret", lambda: baton.hand(is_held=False))
        rig.report(Removed(SHOP_DB, "uid-1"))
        await rig.store.news.join()
        for _ in range(50):
            await asyncio.sleep(0)
        baton.hand(is_held=True)
        rig.report(Upserted(stored(seal(secret(name="other")), uid="other")))
        await rig.result()
    assert "read_sealed_secret" in rig.store.calls  # it was under way when the lead was lost
    assert SHOP_DB in rig.store.secrets
