"""The controller as a whole, on a store in memory: from a change to a right Secret, to the end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from sealer.errors import RetryableError, TerminalError
from sealer.keysecret import key_secret
from sealer_controller.errors import NoSealingKeyError
from sealer_controller.keykeeper import KeyKeeper, KeyPlan
from sealer_controller.objects import (
    Key,
    Listed,
    Removed,
    StoredSealedSecret,
    Upserted,
)
from sealer_controller.outcome import Outcome, Reason
from sealer_controller.ports import KeySecret
from tests.controller.memory import seal, secret, stored
from tests.controller.rig import Rig, rigged, running
from tests.support import vectors

NAMESPACE_WIDE = "sealedsecrets.bitnami.com/namespace-wide"


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A rig with one key."""
    with rigged() as rig:
        yield rig


def _named(name: str) -> StoredSealedSecret:
    return stored(seal(secret(name=name)), uid=f"uid-of-{name}")


def _misnamed(name: str) -> StoredSealedSecret:
    """Return an object that does not open: its value was sealed for another name."""
    return stored(replace(seal(), name=name), uid=f"uid-of-{name}")


async def test_controller_makes_the_secret_of_every_object(rig: Rig) -> None:
    """Objects found at the start and objects that come later."""
    for name in ("one", "two"):
        rig.report(Upserted(_named(name)))
    rig.report(Listed(2))
    async with running(rig.controller()):
        found = [await rig.result(), await rig.result()]
        rig.report(Upserted(_named("three")))
        found.append(await rig.result())
    assert [result.outcome for result in found] == [Outcome.CREATED] * 3
    assert {key.name for key in rig.store.secrets} == {"one", "two", "three"}
    assert rig.observer.waiting_and_working == (0, 0)


async def test_controller_is_ready_when_all_is_listed_and_a_key_is_there(rig: Rig) -> None:
    """Either alone is not enough."""
    gate = asyncio.Event()
    rig.vault.meanwhile("key_secrets", gate.wait)
    controller = rig.controller()
    async with running(controller):
        rig.report(Upserted(_named("one")), Listed(1))
        await rig.store.news.join()
        assert not controller.ready
        assert rig.store.calls == []
        gate.set()
        await rig.result()
        assert controller.ready


async def test_controller_is_not_ready_before_the_list_is_complete(rig: Rig) -> None:
    """Objects are worked on before, but nobody is told that all is well."""
    controller = rig.controller()
    async with running(controller):
        rig.report(Upserted(_named("one")))
        await rig.result()
        assert not controller.ready
        rig.report(Listed(1))
        await rig.store.news.join()
        assert controller.ready


@pytest.mark.parametrize(
    ("change", "asks_for_work"),
    [
        ({"resource_version": "9"}, False),
        ({"labels": {"a": "b"}}, False),
        ({"annotations": {"note": "text"}}, False),
        ({"annotations": {NAMESPACE_WIDE: "false"}}, False),
        ({"generation": 2}, True),
        ({"uid": "another"}, True),
        ({"annotations": {NAMESPACE_WIDE: "true"}}, True),
        ({"annotations": {"sealer.dev/sealing-keys": "{}"}}, False),
        ({"annotations": {"sealer.dev/anything": "x"}}, False),
        ({"annotations": {"sealer.dev/self-heal": "false"}}, True),
        ({"annotations": {"sealer.dev/template-only": "k"}}, True),
        ({"annotations": {"sealer.dev/recreate": "true"}}, True),
        ({"annotations": {"sealer.dev/restart": "auto"}}, True),
        ({"fault": TerminalError("cannot be read any more")}, True),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
async def test_controller_works_only_when_the_secret_can_change(
    *, rig: Rig, change: dict[str, Any], asks_for_work: bool
) -> None:
    """Spec, scope and identity matter; our own status writes and other metadata do not (86)."""
    first = _named("one")
    metadata = {key: change[key] for key in ("labels", "annotations") if key in change}
    fields = {key: value for key, value in change.items() if key not in metadata}
    second = replace(first, sealed=replace(first.sealed, **metadata), **fields)
    rig.report(Upserted(first), Listed(1))
    async with running(rig.controller(workers=1)):
        await rig.result()
        rig.report(Upserted(second), Upserted(_named("marker")))
        seen = [await rig.result()]
        if asks_for_work:
            seen.append(await rig.result())
    names = {result.stored.key.name for result in seen}
    assert names == ({"one", "marker"} if asks_for_work else {"marker"})


async def test_controller_does_not_repeat_what_it_told_itself(rig: Rig) -> None:
    """A second try, before the store reports our status write, does not write the same again."""
    rig.store.fail("read_secret", *[TerminalError("no right")] * 3)
    rig.report(Upserted(_named("one")), Listed(1))
    async with running(rig.controller()):
        while (await rig.result()).outcome is not Outcome.CREATED:
            pass
    assert rig.store.calls.count("write_status") == 2
    assert [event.reason for event in rig.store.events] == ["ErrUpdateFailed", "Unsealed"]


async def test_controller_forgets_an_object_that_is_gone(rig: Rig) -> None:
    """The metrics hear of it, and a new object of the same name starts from nothing."""
    first = _named("one")
    rig.report(Upserted(first), Listed(1))
    async with running(rig.controller()):
        await rig.result()
        rig.report(Removed(first.key, "the UID of an older one"))
        await rig.store.news.join()
        assert rig.observer.gone.empty()
        rig.report(Removed(first.key, first.uid), Removed(Key("never", "seen"), "x"))
        assert await rig.observer.gone.get() == first.key
        rig.report(Upserted(replace(first, uid="new")))
        assert (await rig.result()).outcome is Outcome.REPLACED
    assert rig.observer.gone.empty()


async def test_controller_object_that_goes_while_it_is_worked_on_leaves_no_trace(
    rig: Rig,
) -> None:
    """Its series are removed after the result too, and its failure is not tried again."""
    one = _named("one")
    gate = asyncio.Event()

    async def vanish() -> None:
        rig.report(Removed(one.key, one.uid))
        await gate.wait()

    rig.store.meanwhile("create_secret", vanish)
    rig.store.fail("create_secret", RetryableError("busy"))
    rig.report(Upserted(one), Listed(1))
    async with running(rig.controller()):
        assert await rig.observer.gone.get() == one.key
        gate.set()
        await rig.result()
        assert await rig.observer.gone.get() == one.key
    assert rig.observer.results.empty()


@pytest.mark.parametrize(
    ("failures", "told"), [(1, ["Unsealed"]), (2, ["ErrUpdateFailed", "Unsealed"])]
)
async def test_controller_tries_again_and_tells_only_what_lasts(
    rig: Rig, failures: int, told: list[str]
) -> None:
    """One failure passes unnoticed; the second in a row is told; a success ends it."""
    rig.store.fail("read_secret", *[RetryableError("busy")] * failures)
    rig.report(Upserted(_named("one")))
    async with running(rig.controller()):
        reasons = [(await rig.result()).reason for _ in range(failures + 1)]
    assert reasons == [Reason.API_ERROR] * failures + [Reason.UNSEALED]
    assert [event.reason for event in rig.store.events] == told


async def test_controller_does_not_repeat_what_only_a_change_can_cure(rig: Rig) -> None:
    """An object that does not open is looked at again when it changes, and not before."""
    rig.report(Upserted(_misnamed("one")), Listed(1))
    async with running(rig.controller()):
        assert (await rig.result()).reason is Reason.NO_MATCHING_KEY
        rig.report(Upserted(replace(_named("one"), generation=2)))
        assert (await rig.result()).reason is Reason.UNSEALED
    assert rig.observer.results.empty()


async def test_controller_one_odd_object_does_not_stop_the_others(rig: Rig) -> None:
    """A fault of ours in one object is tried again; the next object is served."""
    rig.store.fail("read_secret", *[KeyError("x")] * 3)
    rig.report(Upserted(_named("one")))
    async with running(rig.controller(workers=1)):
        assert (await rig.result()).reason is Reason.INTERNAL_ERROR
        rig.report(Upserted(_named("two")))
        rest = [await rig.result() for _ in range(4)]
    created = {result.stored.key.name for result in rest if result.outcome is Outcome.CREATED}
    assert created == {"one", "two"}


async def test_controller_ends_with_the_error_of_a_loop(rig: Rig) -> None:
    """A store that breaks its promise ends the process: nobody works on with half a controller."""
    rig.report(OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        await rig.controller().run(asyncio.Event())


async def test_controller_ends_when_the_store_stops_to_report(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of the changes is no reason to sit still."""

    async def nothing() -> AsyncIterator[object]:
        return
        yield

    monkeypatch.setattr(rig.store, "changes", nothing)
    with pytest.raises(RuntimeError, match="stopped to report"):
        await rig.controller().run(asyncio.Event())


async def test_controller_waits_for_a_vault_that_cannot_be_asked(rig: Rig) -> None:
    """An API server that is down at the start is waited for, with growing pauses."""
    rig.vault.fail("key_secrets", *[RetryableError("down")] * 3, RetryableError("busy", after=9.0))
    rig.report(Upserted(_named("one")))
    async with running(rig.controller()):
        assert (await rig.result()).outcome is Outcome.CREATED
    assert rig.pauses == [1.0, 2.0, 4.0, 13.0]


@pytest.mark.parametrize("error", [TerminalError("no right"), NoSealingKeyError("no key")])
async def test_controller_ends_when_the_keys_are_refused(rig: Rig, error: TerminalError) -> None:
    """Without keys there is nothing to do; the error says why, and is no group of errors."""
    rig.vault.fail("key_secrets", error)
    with pytest.raises(type(error)) as caught:
        await rig.controller().run(asyncio.Event())
    assert caught.value is error


async def test_controller_can_stop_before_it_has_begun(rig: Rig) -> None:
    """A stop while keys are still being waited for ends it without an error."""
    waiting = asyncio.Event()
    rig.vault.meanwhile("key_secrets", lambda: _hold(waiting, asyncio.Event()))
    async with running(rig.controller()):
        rig.report(Upserted(_named("one")))
        await waiting.wait()
    assert rig.store.calls == []


async def test_controller_stop_finishes_what_is_in_hand_and_begins_nothing(rig: Rig) -> None:
    """The object that is being worked on is finished, status and Event included; the next waits."""
    begun, gate = asyncio.Event(), asyncio.Event()
    rig.store.meanwhile("create_secret", lambda: _hold(begun, gate))
    rig.report(Upserted(_named("one")), Upserted(_named("two")))
    async with running(rig.controller(workers=1)):
        await begun.wait()
        asyncio.get_running_loop().call_soon(gate.set)
    assert [key.name for key in rig.store.secrets] == ["one"]
    assert rig.store.calls[-2:] == ["write_status", "record"]


async def test_controller_stop_does_not_wait_for_ever(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """What hangs is given up when the time is over, and a line says so."""
    begun = asyncio.Event()
    rig.store.meanwhile("create_secret", lambda: _hold(begun, asyncio.Event()))
    rig.report(Upserted(_named("one")))
    with caplog.at_level(logging.WARNING):
        async with running(rig.controller(drain_seconds=0.01)):
            await begun.wait()
    assert [record.getMessage() for record in caplog.records] == ["work_abandoned"]


async def _hold(begun: asyncio.Event, gate: asyncio.Event) -> None:
    begun.set()
    await gate.wait()


async def test_controller_once_reconciles_all_and_returns_what_failed(rig: Rig) -> None:
    """One pass: every object is dealt with once, failures are told and returned."""
    for name in ("a", "b", "c"):
        rig.report(Upserted(_named(name)))
    gone = _named("gone")
    rig.report(Upserted(_misnamed("bad")), Upserted(gone), Removed(gone.key, gone.uid), Listed(4))
    rig.store.fail("create_secret", RetryableError("busy"))
    failed = await rig.controller(workers=1).run_once()
    assert [(result.stored.key.name, result.reason) for result in failed] == [
        ("a", Reason.API_ERROR),
        ("bad", Reason.NO_MATCHING_KEY),
    ]
    assert {key.name for key in rig.store.secrets} == {"b", "c"}
    assert len(rig.store.statuses) == 4


async def test_controller_once_works_on_so_many_objects_at_a_time(rig: Rig) -> None:
    """The limit of workers holds for a single pass too."""
    rig.report(Upserted(_named("a")), Upserted(_named("b")), Listed(2))
    assert await rig.controller(workers=1).run_once() == ()
    assert rig.store.calls == ["read_secret", "create_secret", "write_status", "record"] * 2


@pytest.mark.parametrize("error", [RetryableError("down"), TerminalError("no")])
async def test_controller_once_without_keys_does_nothing(
    rig: Rig, error: RetryableError | TerminalError
) -> None:
    """One pass does not wait: without the keys it fails before anything is touched."""
    rig.vault.fail("key_secrets", error)
    with pytest.raises(type(error)):
        await rig.controller().run_once()
    assert rig.store.calls == []


async def test_controller_serves_a_fresh_object_before_its_backlog(rig: Rig) -> None:
    """What happens after the start does not wait for the start to be worked off."""
    for at in range(50):
        rig.report(Upserted(_named(f"old-{at}")))
    rig.report(Listed(50))
    async with running(rig.controller(workers=1)):
        await rig.result()
        rig.report(Upserted(_named("fresh")))
        place = 0
        while (await rig.result()).stored.key.name != "fresh":
            place += 1
    assert place < 10


async def test_controller_tries_again_what_did_not_open_when_a_key_comes(rig: Rig) -> None:
    """At once, and only that; a key that goes away, or is known, is no reason to try anything."""
    foreign = stored(seal(secret(name="foreign"), key="stranger"), uid="uid-of-foreign")
    rig.report(Upserted(foreign), Upserted(_named("one")), Listed(2))
    async with running(rig.controller(workers=1)):
        first = [await rig.result(), await rig.result()]
        assert {result.reason for result in first} == {Reason.NO_MATCHING_KEY, Reason.UNSEALED}
        rig.vault.held.append(_held("rsa3072"))
        await rig.keystore.refresh()
        again = await rig.result()
        assert (again.stored.key, again.outcome) == (foreign.key, Outcome.FAILED)
        rig.vault.held.pop()
        await rig.keystore.refresh()
        rig.vault.held.append(_held("stranger"))
        await rig.keystore.refresh()
        healed = await rig.result()
        assert (healed.stored.key, healed.outcome) == (foreign.key, Outcome.CREATED)
        rig.vault.held.append(_held("peer-a"))
        await rig.keystore.refresh()
        rig.report(Upserted(_named("marker")))
        assert (await rig.result()).stored.key.name == "marker"


async def test_controller_does_not_miss_a_key_that_comes_while_it_tries(rig: Rig) -> None:
    """It was not among those that were tried, so the object is tried again."""
    foreign = stored(seal(secret(name="foreign"), key="stranger"), uid="uid-of-foreign")

    async def come() -> None:
        rig.vault.held.append(_held("stranger"))
        await rig.keystore.refresh()

    rig.store.meanwhile("write_status", come)
    rig.report(Upserted(foreign), Listed(1))
    async with running(rig.controller()):
        assert (await rig.result()).reason is Reason.NO_MATCHING_KEY
        assert (await rig.result()).outcome is Outcome.CREATED


async def test_controller_forgets_what_did_not_open_when_it_is_gone(rig: Rig) -> None:
    """A key that comes later tries nothing that is not there."""
    foreign = stored(seal(secret(name="foreign"), key="stranger"), uid="uid-of-foreign")
    rig.report(Upserted(foreign), Listed(1))
    async with running(rig.controller(workers=1)):
        await rig.result()
        rig.report(Removed(foreign.key, foreign.uid))
        await rig.store.news.join()
        rig.vault.held.append(_held("stranger"))
        await rig.keystore.refresh()
        assert rig.observer.waiting_and_working == (0, 0)


async def test_controller_key_that_is_removed_opens_nothing_more(rig: Rig) -> None:
    """Nor does one that is relabelled, which is the same to the vault."""
    rig.vault.held.append(_held("stranger"))
    rig.report(Upserted(_named("one")), Listed(1))
    async with running(rig.controller()):
        assert (await rig.result()).outcome is Outcome.CREATED
        del rig.vault.held[0]
        await rig.keystore.refresh()
        rig.report(Upserted(_named("two")))
        assert (await rig.result()).reason is Reason.NO_MATCHING_KEY


async def test_controller_lets_the_keys_be_looked_after_once_they_are_loaded(rig: Rig) -> None:
    """Until the end, and not after it."""
    keeper = KeyKeeper(rig.keystore, rig.vault, KeyPlan(), observer=rig.observer)
    controller = rig.controller()
    controller._keeper = keeper  # noqa: SLF001 - the rig has none
    rig.vault.fail("key_secrets", RetryableError("busy"))
    rig.report(Upserted(stored(seal(key="stranger"))), Listed(1))
    async with running(controller):
        assert (await rig.result()).reason is Reason.NO_MATCHING_KEY
        rig.vault.held.append(_held("stranger"))
        rig.vault.news.put_nowait(None)
        assert (await rig.result()).outcome is Outcome.CREATED
    assert rig.vault.published


async def test_controller_bad_tenant_delays_no_other(rig: Rig) -> None:
    """Hundreds of objects that do not open wait behind one that does, and are told of later."""
    crowd = [stored(replace(seal(), namespace="crowd", name=f"bad-{at}")) for at in range(300)]
    rig.report(*map(Upserted, crowd), Upserted(_named("good")), Listed(301))
    async with running(rig.controller()):
        first = await rig.result()
        assert (first.stored.key.name, first.outcome) == ("good", Outcome.CREATED)
        rest = [await rig.result() for _ in crowd]
    assert {result.stored.key for result in rest} == {each.key for each in crowd}
    assert all("sealed for shop/db, this object is crowd/" in result.message for result in rest)
    assert rig.store.calls.count("write_status") == len(rig.store.events) == 301


async def test_controller_ten_thousand_bad_objects_delay_another_tenant_by_a_turn(rig: Rig) -> None:
    """However many wait, before and behind it."""
    bad = _misnamed("bad")
    for at in range(10_000):
        one = replace(bad.sealed, namespace="crowd", name=f"bad-{at}")
        rig.report(Upserted(replace(bad, sealed=one, uid=f"uid-{at}")))
    rig.report(Upserted(_named("good")), Listed(10_001))
    async with running(rig.controller()):
        assert (await rig.result()).stored.key.name == "good"
        waiting, _ = rig.observer.waiting_and_working
    assert waiting > 9_900


async def test_controller_good_object_passes_bad_ones_of_its_own_namespace(rig: Rig) -> None:
    """What just happened does not wait for what takes long to explain."""
    crowd = [_misnamed(f"bad-{at}") for at in range(100)]
    rig.report(Listed(0), *map(Upserted, crowd), Upserted(_named("good")))
    async with running(rig.controller(workers=1)):
        order = [(await rig.result()).stored.key.name for _ in range(101)]
    assert order.index("good") < 5


async def test_controller_tells_at_once_what_does_not_open_when_nobody_waits(rig: Rig) -> None:
    """One bad object is explained without a detour: one line, one status, one Event."""
    rig.report(Upserted(_misnamed("one")), Listed(1))
    async with running(rig.controller()):
        assert "sealed for shop/db" in (await rig.result()).message
    assert rig.store.calls.count("write_status") == len(rig.store.events) == 1
    assert rig.observer.results.empty()


async def test_controller_postponed_object_that_goes_or_changes_is_not_told_of(rig: Rig) -> None:
    """It is reconciled as it is then, or not at all."""
    gone, mended = _misnamed("gone"), _misnamed("mended")
    others = [_misnamed(f"bad-{at}") for at in range(20)]
    rig.report(*map(Upserted, (gone, mended, *others)), Listed(22))
    rig.report(Removed(gone.key, gone.uid), Upserted(replace(_named("mended"), generation=2)))
    async with running(rig.controller(workers=1)):
        results = [await rig.result() for _ in range(21)]
    told = {result.stored.key.name: result.outcome for result in results}
    assert "gone" not in told
    assert told["mended"] is Outcome.CREATED
    assert rig.observer.waiting_and_working == (0, 0)


async def test_controller_looks_again_at_a_secret_that_is_in_the_way(rig: Rig) -> None:
    """Without opening anything again; once it is gone, ours takes its place."""
    rig.store.put(secret({"k": b"theirs"}, name="one"))
    rig.report(Upserted(_named("one")), Listed(1))
    async with running(rig.controller()):
        blocked = [await rig.result() for _ in range(3)]
        assert {result.reason for result in blocked} == {Reason.NOT_MANAGED}
        assert sum(opened for opened, _ in rig.observer.used) == 1
        del rig.store.secrets[Key("shop", "one")]
        while (await rig.result()).outcome is not Outcome.CREATED:
            pass
    assert [event.reason for event in rig.store.events] == ["ErrUpdateFailed", "Unsealed"]


def _held(name: str) -> KeySecret:
    return KeySecret(key_secret(vectors.key_pair(name), namespace="keys", name=name))
