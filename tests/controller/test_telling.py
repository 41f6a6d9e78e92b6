"""Secrets come first: while others wait for theirs, what was done to an object is told later."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sealer.sensitive import SecretBytes
from sealer_controller.groupcommit import GroupCommit
from sealer_controller.objects import Key, Listed, Status, Upserted
from sealer_controller.outcome import Outcome, Reason
from sealer_controller.reconcile import Reconciler
from tests.controller.memory import NOW, SHOP_DB, MemoryStore, seal, secret, stored
from tests.controller.rig import Rig, rigged, running

DIGEST_KEY = bytes(range(32))
OBJECT = stored(seal())
NAMES = ("a", "b", "c", "d")
TOLD = ["write_status", "record"]


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A rig with one key."""
    with rigged() as rig:
        yield rig


@pytest.fixture
async def reconciler(rig: Rig) -> Reconciler:
    """A reconciler on the rig's store, whose clock moves by a second each time it is looked at."""
    await rig.keystore.load()
    seconds = iter(range(1_000))
    return Reconciler(
        rig.store,
        rig.unsealer,
        lambda: DIGEST_KEY,
        observer=rig.observer,
        now=lambda: NOW,
        clock=lambda: float(next(seconds)),
    )


def others_wait() -> bool:
    """Tell that other objects wait."""
    return True


def _told(store: MemoryStore) -> list[str]:
    return [call for call in store.calls if call in TOLD]


async def test_secret_is_made_and_told_of_later(rig: Rig, reconciler: Reconciler) -> None:
    """The second time it is told what was done the first time: once, and nothing is done again."""
    postponed = await reconciler.reconcile(OBJECT, others_wait=others_wait)
    assert (postponed.outcome, postponed.failed_at) == (Outcome.POSTPONED, None)
    assert (postponed.status, postponed.condition) == (Status(), None)
    assert SHOP_DB in rig.store.secrets
    assert (_told(rig.store), rig.observer.results.empty()) == ([], True)
    used = list(rig.observer.used)
    result = await reconciler.reconcile(OBJECT, others_wait=others_wait)
    assert (result.outcome, result.reason) == (Outcome.CREATED, Reason.UNSEALED)
    assert (len(result.keys), result.seconds) == (1, 2.0)
    assert (_told(rig.store), rig.store.calls.count("create_secret")) == (TOLD, 1)
    assert (rig.observer.used, rig.observer.results.qsize()) == (used, 1)
    assert (await reconciler.reconcile(OBJECT)).outcome is Outcome.UNCHANGED


async def test_secret_that_is_changed_before_it_is_told_of_is_put_right(
    rig: Rig, reconciler: Reconciler
) -> None:
    """What is told is what was done last."""
    await reconciler.reconcile(OBJECT, others_wait=others_wait)
    right = rig.store.secrets[SHOP_DB].secret
    rig.store.put(replace(right, data={"k": SecretBytes(b"theirs")}))
    result = await reconciler.reconcile(OBJECT, others_wait=others_wait)
    assert (result.outcome, result.is_healed) == (Outcome.REPLACED, True)
    assert rig.store.secrets[SHOP_DB].secret == right
    assert _told(rig.store) == TOLD


async def test_what_is_healed_or_refused_is_told_at_once(rig: Rig, reconciler: Reconciler) -> None:
    """Only good news can wait."""
    await reconciler.reconcile(OBJECT)
    healthy = rig.store.secrets[SHOP_DB].secret
    rig.store.put(replace(healthy, data={}))
    healed = await reconciler.reconcile(OBJECT, others_wait=others_wait)
    assert (healed.outcome, healed.is_healed) == (Outcome.REPLACED, True)
    rig.store.put(secret(name="other"))
    foreign = stored(seal(secret(name="other")), uid="uid-2")
    refused = await reconciler.reconcile(foreign, others_wait=others_wait)
    assert (refused.outcome, refused.reason) == (Outcome.FAILED, Reason.NOT_MANAGED)


async def test_object_that_goes_before_it_is_told_of_is_forgotten(
    rig: Rig, reconciler: Reconciler
) -> None:
    """Another one of its name has a story of its own."""
    await reconciler.reconcile(OBJECT, others_wait=others_wait)
    reconciler.forget(SHOP_DB)
    result = await reconciler.reconcile(OBJECT)
    assert (result.outcome, rig.store.calls.count("create_secret")) == (Outcome.UNCHANGED, 1)


async def test_controller_makes_all_secrets_before_it_tells_of_them(rig: Rig) -> None:
    """With one worker, so that there is an order; each object has one result, of what was done."""
    objects = [stored(seal(secret(name=name)), uid=name) for name in NAMES]
    rig.report(*map(Upserted, objects), Listed(len(objects)))
    async with running(rig.controller(workers=1)):
        results = [await rig.result() for _ in NAMES]
    assert {result.outcome for result in results} == {Outcome.CREATED}
    assert {result.stored.key for result in results} == {Key("shop", name) for name in NAMES}
    calls = [call for call in rig.store.calls if call in ("create_secret", "write_status")]
    assert calls == ["create_secret"] * 4 + ["write_status"] * 4
    assert len(rig.store.events) == len(NAMES)


async def test_controller_tells_of_secrets_before_it_explains_what_does_not_open(rig: Rig) -> None:
    """To find out why takes long, and a thousand such objects must not keep good news back."""
    shut = stored(replace(seal(), name="shut"), uid="shut")
    objects = [stored(seal(secret(name=name)), uid=name) for name in NAMES]
    rig.report(Upserted(shut), *map(Upserted, objects), Listed(len(objects) + 1))
    async with running(rig.controller(workers=1)):
        results = [await rig.result() for _ in (shut, *objects)]
    assert results[-1].stored.key.name == "shut"
    assert [result.failed_at for result in results[:-1]] == [None] * len(NAMES)


async def test_writes_go_together_while_others_wait_and_at_once_when_none_do(rig: Rig) -> None:
    """A backlog shares the requests' cost; a single change has nobody to wait for."""
    await rig.keystore.load()
    group = GroupCommit(len(NAMES), seconds=3600)
    await group.join()  # the first one after a time of silence does not wait
    reconciler = Reconciler(rig.store, rig.unsealer, lambda: DIGEST_KEY, group=group)
    objects = [stored(seal(secret(name=name))) for name in NAMES]
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for each in objects[1:]:
            tasks.create_task(reconciler.reconcile(each, others_wait=others_wait))
        assert (await reconciler.reconcile(OBJECT)).outcome is Outcome.CREATED
        assert rig.store.calls.count("create_secret") == 1
        tasks.create_task(reconciler.reconcile(objects[0], others_wait=others_wait))
    assert rig.store.calls.count("create_secret") == 1 + len(NAMES)
