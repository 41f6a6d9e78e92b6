"""A Secret is made anew, or everything stays, or comes back, as it was."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sealer.errors import RetryableError, TerminalError
from sealer.manifest import Secret
from sealer_controller.drift import Stamp
from sealer_controller.errors import ChangedMeanwhileError, RejectedError
from sealer_controller.marks import RECREATE_ANNOTATION, SELF_HEAL_ANNOTATION
from sealer_controller.objects import Condition, Event, Status, StoredSealedSecret
from sealer_controller.outcome import Outcome, Reason, Retry
from sealer_controller.reconcile import Reconciler
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from tests.controller.memory import NOW, SHOP_DB, MemoryStore, seal, secret, stored
from tests.support import vectors

KEY = vectors.key_pair("rsa2048")
OWNER = {
    "apiVersion": "bitnami.com/v1alpha1",
    "kind": "SealedSecret",
    "name": "db",
    "uid": "uid-1",
    "controller": True,
}
OLD = secret(
    {"k": b"old"}, immutable=True, owner_references=(OWNER,), labels={"sealer.dev/managed": "true"}
)
DELETED = Event("Normal", "Deleted", "Secret deleted, to be created anew")
RECREATED = Event("Normal", "Recreated", "Secret created anew")
UNSEALED = Event("Normal", "Unsealed", "SealedSecret unsealed successfully")
RIGHT = Status(2, (Condition("Synced", "True", "Unsealed", "", NOW, NOW),))
PUT_BACK = Event("Warning", "PutBack", "Secret put back as it was, as no other could be created")


@pytest.fixture
def store() -> MemoryStore:
    """A store with an immutable Secret of ours."""
    made = MemoryStore()
    made.put(OLD)
    return made


@pytest.fixture
def reconciler(store: MemoryStore) -> Iterator[Reconciler]:
    """A reconciler with one key."""
    with Unsealer(lambda: Keyring([KEY]), threads=1) as unsealer:
        yield Reconciler(store, unsealer, lambda: bytes(32), now=lambda: NOW)


def asking() -> StoredSealedSecret:
    """Return a SealedSecret whose Secret has to be made anew, and may be."""
    sealed = seal(secret({"k": b"new"}, immutable=True))
    marked = replace(sealed, annotations={**sealed.annotations, RECREATE_ANNOTATION: "true"})
    return stored(marked, generation=2)


def held(store: MemoryStore) -> Secret | None:
    """Return the Secret that there is."""
    found = store.secrets.get(SHOP_DB)
    return None if found is None else found.secret


async def test_recreate_asks_first_then_deletes_then_creates(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Each step is an Event, and the last one the original's."""
    sealed = asking()
    result = await reconciler.reconcile(sealed)
    assert store.calls == [
        "read_secret",
        "dry_run_create",
        "delete_secret",
        "record",
        "create_secret",
        "record",
        "write_status",
        "record",
    ]
    assert store.events == [DELETED, RECREATED, UNSEALED]
    found = held(store)
    assert found is not None
    assert (found.data["k"].reveal(), found.immutable) == (b"new", True)
    assert (result.outcome, result.reason) == (Outcome.RECREATED, Reason.UNSEALED)
    store.calls.clear()
    again = await reconciler.reconcile(sealed)
    assert (again.outcome, store.calls[0]) == (Outcome.UNCHANGED, "read_secret")
    assert "delete_secret" not in store.calls


async def test_recreate_is_not_begun_when_the_new_one_would_be_refused(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Nothing is deleted, and it is not tried again until the object changes."""
    store.fail("dry_run_create", RejectedError("a policy says no"))
    result = await reconciler.reconcile(asking())
    assert held(store) == OLD
    assert "delete_secret" not in store.calls
    assert (result.reason, result.message, result.retry) == (
        Reason.INVALID,
        "a policy says no",
        None,
    )


async def test_recreate_without_the_right_to_delete_says_which_is_missing(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """The original's words first; it is tried again, as a right can be granted."""
    store.fail("delete_secret", TerminalError("cannot delete resource secrets"))
    result = await reconciler.reconcile(asking())
    first, why, hint = result.message.split("\n")
    assert first.endswith("data: Forbidden: field is immutable when `immutable` is set")
    assert "cannot delete resource secrets" in why
    assert "deploy/components/recreate" in hint
    # Each try opens the object, asks for a creation and is refused again: minutes are enough.
    assert (result.reason, result.retry) == (Reason.IMMUTABLE, Retry(cap=300.0))
    (event,) = store.events
    assert "the target Secret is immutable" in event.message
    assert held(store) == OLD
    granted = await reconciler.reconcile(asking())
    assert (granted.outcome, granted.retry) == (Outcome.RECREATED, None)


@pytest.mark.parametrize(
    ("labels", "retry"), [({"sealer.dev/managed": "true"}, None), ({}, Retry(cap=30.0))]
)
async def test_secret_that_cannot_be_changed_is_made_once_somebody_has_deleted_it(
    reconciler: Reconciler, store: MemoryStore, labels: dict[str, str], retry: Retry | None
) -> None:
    """That is the other way out. Where no watch would show it, it is looked for."""
    found = store.put(replace(OLD, labels=labels))
    sealed = replace(asking(), sealed=seal(secret({"k": b"new"})))
    result = await reconciler.reconcile(sealed)
    assert (result.reason, result.retry) == (Reason.IMMUTABLE, retry)
    assert reconciler.left(SHOP_DB) == (found.uid, found.resource_version)
    del store.secrets[SHOP_DB]
    assert (await reconciler.reconcile(sealed)).outcome is Outcome.CREATED


async def test_recreate_of_a_secret_that_changes_meanwhile_is_planned_again(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Only the very Secret that was judged is deleted."""
    theirs = replace(OLD, owner_references=())
    store.meanwhile("delete_secret", lambda: store.put(theirs, "secret-2"))
    result = await reconciler.reconcile(asking())
    assert (held(store), result.reason) == (theirs, Reason.NOT_MANAGED)


async def test_recreate_that_is_refused_after_all_puts_the_old_one_back(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """And waits: what deletes and restores a Secret again and again would be worse."""
    store.fail("create_secret", TerminalError("a webhook says no"))
    result = await reconciler.reconcile(asking())
    assert held(store) == OLD
    first, explanation = result.message.split("\n")
    assert (first, result.reason) == ("a webhook says no", Reason.INVALID)
    assert "put back" in explanation
    assert (result.outcome, result.retry) == (Outcome.FAILED, None)
    assert [event.reason for event in store.events] == ["Deleted", "PutBack", "ErrUpdateFailed"]
    # Our own writes are no reason to try again; that somebody deletes it would be.
    restored = store.secrets[SHOP_DB]
    assert reconciler.left(SHOP_DB) == (restored.uid, restored.resource_version)


async def test_recreate_that_meets_a_fault_puts_the_old_one_back_and_tries_again(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Nobody is without the Secret while the store recovers."""
    store.fail("create_secret", RetryableError("busy", after=3.0))
    result = await reconciler.reconcile(asking(), patient=True)
    assert (held(store), result.retry) == (OLD, Retry(3.0))
    assert store.events == [DELETED, PUT_BACK]
    result = await reconciler.reconcile(asking())
    assert result.outcome is Outcome.RECREATED


async def test_secret_that_cannot_be_put_back_is_owed_until_it_can(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """As long as nothing works it is kept in memory; the new one still comes first."""
    await reconciler.reconcile(replace(asking(), sealed=seal(secret({"k": b"new"}))))
    assert reconciler.left(SHOP_DB) is not None
    gone = RetryableError("unreachable")
    store.fail("create_secret", TerminalError("no"), gone, TerminalError("no"), gone)
    for _ in range(2):
        result = await reconciler.reconcile(asking())
        assert (held(store), result.retry) == (None, Retry())
        assert reconciler.left(SHOP_DB) is None  # our own deletion is no reason to hurry
    store.fail("create_secret", TerminalError("no"))
    result = await reconciler.reconcile(asking())
    assert (held(store), result.retry) == (OLD, None)
    assert "put back" in result.message


async def test_deletion_without_an_answer_is_made_up_for(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """The store may have done it: then the old one comes back, or the new one takes its place."""

    def deleted() -> None:
        del store.secrets[SHOP_DB]
        raise RetryableError("cut")

    store.meanwhile("delete_secret", deleted)
    result = await reconciler.reconcile(asking())
    assert (held(store), result.retry) == (OLD, Retry())
    assert store.events[0] == PUT_BACK
    assert (await reconciler.reconcile(asking())).outcome is Outcome.RECREATED


async def test_creation_without_an_answer_is_noticed(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """The new one is there: nothing is put back over it."""

    def created() -> None:
        store.put(secret({"k": b"new"}, immutable=True, owner_references=(OWNER,)), "secret-2")
        raise RetryableError("cut")

    store.meanwhile("create_secret", created)
    result = await reconciler.reconcile(asking())
    found = held(store)
    assert found is not None
    assert found.data["k"].reveal() == b"new"
    assert result.retry == Retry()
    store.calls.clear()
    await reconciler.reconcile(asking())
    assert "delete_secret" not in store.calls


async def test_secret_of_somebody_else_in_between_is_left_alone(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """It took the name; ours cannot come back, and theirs is not touched."""
    theirs = secret({"k": b"theirs"})
    store.meanwhile("create_secret", lambda: store.put(theirs, "secret-2"))
    result = await reconciler.reconcile(asking())
    assert (held(store), result.reason) == (theirs, Reason.NOT_MANAGED)
    assert PUT_BACK not in store.events


async def test_owed_secret_meets_somebody_elses(reconciler: Reconciler, store: MemoryStore) -> None:
    """Somebody creates one just before ours is put back: theirs stays, and nothing is owed."""
    theirs = secret({"k": b"theirs"})
    store.fail("create_secret", TerminalError("no"), ChangedMeanwhileError("there is one"))
    store.meanwhile("create_secret", lambda: None, lambda: store.put(theirs, "secret-2"))
    await reconciler.reconcile(asking())
    assert held(store) == theirs
    del store.secrets[SHOP_DB]
    store.fail("create_secret", TerminalError("no"))
    await reconciler.reconcile(asking())
    assert held(store) is None


async def test_secret_that_is_gone_before_it_is_deleted_is_put_back_all_the_same(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Somebody else was faster, or our request came twice: nobody can tell, and nothing is lost."""
    store.meanwhile("delete_secret", lambda: store.secrets.pop(SHOP_DB))
    store.fail("create_secret", TerminalError("no"))
    result = await reconciler.reconcile(asking())
    assert (held(store), result.message.split("\n")[0]) == (OLD, "no")


async def test_secret_that_was_changed_before_it_is_deleted_is_not_owed(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """There is one, so nothing is put back, then or later."""
    theirs = secret({"k": b"other"}, owner_references=(OWNER,), labels=OLD.labels)
    store.meanwhile("delete_secret", lambda: store.put(theirs, "secret-2"))
    assert (await reconciler.reconcile(asking())).outcome is Outcome.REPLACED
    del store.secrets[SHOP_DB]
    store.fail("create_secret", TerminalError("no"))
    await reconciler.reconcile(asking())
    assert held(store) is None


async def test_object_that_goes_during_the_deletion_owes_nothing(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """However the deletion ends, it is no fault of ours."""
    for error in (ChangedMeanwhileError("gone"), TerminalError("no"), RetryableError("cut")):
        store.meanwhile("delete_secret", lambda: reconciler.forget(SHOP_DB))
        store.fail("delete_secret", error)
        store.fail("create_secret", TerminalError("no"))
        result = await reconciler.reconcile(asking())
        assert result.reason is not Reason.INTERNAL_ERROR
        store.put(OLD)


def left_alone(store: MemoryStore) -> StoredSealedSecret:
    """Return one that was right until its annotation changed, and whose Secret stays gone."""
    sealed = asking()
    annotations = {**sealed.sealed.annotations, SELF_HEAL_ANNOTATION: "false"}
    status = store.statuses.get(SHOP_DB, RIGHT)
    return replace(sealed, sealed=replace(sealed.sealed, annotations=annotations), status=status)


@pytest.mark.parametrize("update_status", [True, False])
async def test_owed_secret_is_made_also_where_one_that_is_deleted_stays_gone(
    store: MemoryStore, *, update_status: bool
) -> None:
    """It was not deleted by anybody's wish, but by us."""
    gone = RetryableError("unreachable")
    with Unsealer(lambda: Keyring([KEY]), threads=1) as unsealer:
        reconciler = Reconciler(
            store, unsealer, lambda: bytes(32), update_status=update_status, now=lambda: NOW
        )
        store.fail("create_secret", gone, gone, gone, gone)
        for _ in range(2):
            result = await reconciler.reconcile(left_alone(store), patient=True)
            assert (held(store), result.retry) == (None, Retry())
        assert (await reconciler.reconcile(left_alone(store))).outcome is Outcome.CREATED
        del store.secrets[SHOP_DB]
        assert (await reconciler.reconcile(left_alone(store))).outcome is Outcome.UNCHANGED
    assert held(store) is None


async def test_secret_of_a_controller_that_died_in_between_is_made_by_the_next(
    store: MemoryStore,
) -> None:
    """The status says so beforehand; a Secret that somebody deletes later stays gone."""

    def die() -> None:
        raise asyncio.CancelledError

    with Unsealer(lambda: Keyring([KEY]), threads=1) as unsealer:
        first, second = (
            Reconciler(store, unsealer, lambda: bytes(32), now=lambda: NOW) for _ in range(2)
        )
        store.meanwhile("create_secret", die)
        with pytest.raises(asyncio.CancelledError):
            await first.reconcile(left_alone(store))
        assert held(store) is None
        synced, reconciling = store.statuses[SHOP_DB].conditions
        assert (synced.type, synced.status, synced.reason) == ("Synced", "Unknown", "Recreating")
        assert (reconciling.type, reconciling.status) == ("Reconciling", "True")
        assert (await second.reconcile(left_alone(store))).outcome is Outcome.CREATED
        assert [each.status for each in store.statuses[SHOP_DB].conditions] == ["True"]
        del store.secrets[SHOP_DB]
        assert (await second.reconcile(left_alone(store))).outcome is Outcome.UNCHANGED


async def test_recreate_that_is_told_beforehand_says_in_the_end_that_all_is_right(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Only what was right is told: anything else is looked at by the next in any case."""
    result = await reconciler.reconcile(left_alone(store))
    assert store.calls.index("write_status") < store.calls.index("delete_secret")
    assert store.calls.count("write_status") == 2
    assert (result.outcome, result.status) == (Outcome.RECREATED, store.statuses[SHOP_DB])
    assert result.status == RIGHT


async def test_recreate_that_cannot_be_told_beforehand_is_not_begun(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Nobody could make up for a death in between."""
    store.fail("write_status", RetryableError("unreachable"))
    result = await reconciler.reconcile(left_alone(store), patient=True)
    assert (held(store), result.retry) == (OLD, Retry())
    assert "delete_secret" not in store.calls


async def test_recreate_that_fails_after_it_was_told_is_taken_back(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """The status that came before counts no longer, also where nothing else is told for now."""
    store.fail("create_secret", RetryableError("busy"))
    result = await reconciler.reconcile(left_alone(store), patient=True)
    assert (held(store), result.status) == (OLD, store.statuses[SHOP_DB])
    store.put(replace(secret({"k": b"new"}), immutable=True, owner_references=(OWNER,)))
    result = await reconciler.reconcile(replace(left_alone(store), status=result.status))
    assert (result.status, store.statuses[SHOP_DB]) == (RIGHT, RIGHT)


async def test_secret_that_is_made_after_all_is_no_longer_owed(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """The answer to its creation was lost twice over; later on the old one would be wrong."""
    sealed = asking()

    def created() -> None:
        made = Stamp(bytes(32), sealed).put_on(
            secret({"k": b"new"}, owner_references=(OWNER,), labels=OLD.labels), is_patch=False
        )
        store.put(made, "secret-2")
        raise ChangedMeanwhileError("there is one")

    store.meanwhile("create_secret", created)
    assert (await reconciler.reconcile(sealed)).outcome is Outcome.UNCHANGED
    del store.secrets[SHOP_DB]
    store.fail("create_secret", TerminalError("no"))
    await reconciler.reconcile(sealed)
    assert held(store) is None


async def test_owed_secret_is_forgotten_with_its_object(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Its Secret goes with a SealedSecret: nothing brings it back."""
    store.fail("create_secret", TerminalError("no"), RetryableError("unreachable"))
    await reconciler.reconcile(asking())
    reconciler.forget(SHOP_DB)
    store.fail("create_secret", TerminalError("no"))
    await reconciler.reconcile(asking())
    assert held(store) is None


async def test_setting_makes_every_secret_of_ours_anew(store: MemoryStore) -> None:
    """Without the annotation; and neither without any of the two."""
    sealed = stored(seal(secret({"k": b"new"})), generation=2)
    for recreates, outcome in ((False, Outcome.FAILED), (True, Outcome.RECREATED)):
        with Unsealer(lambda: Keyring([KEY]), threads=1) as unsealer:
            reconciler = Reconciler(
                store, unsealer, lambda: bytes(32), recreates=recreates, now=lambda: NOW
            )
            result = await reconciler.reconcile(sealed)
        assert (result.outcome, result.retry) == (outcome, None)
