"""One object, from what the store holds to what the store and people are told."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sealer.errors import RetryableError, TerminalError
from sealer.manifest import Secret
from sealer_controller.drift import Stamp, unmarked
from sealer_controller.errors import (
    ChangedMeanwhileError,
    ImmutableSecretError,
    RejectedByStoreError,
    RejectedError,
)
from sealer_controller.marks import MANAGED_LABEL
from sealer_controller.objects import Condition, Event, Key, Status, StoredSealedSecret
from sealer_controller.outcome import Outcome, Reason, Result, Retry, Step
from sealer_controller.reconcile import Reconciler
from sealer_controller.unsealer import Unsealer
from sealer_keys.fingerprint import Fingerprint, short
from sealer_keys.keyring import Keyring
from tests.controller.memory import NOW, SHOP_DB, MemoryStore, seal, secret, stored
from tests.controller.watching import Recorder
from tests.support import vectors

UNSEALED = Event("Normal", "Unsealed", "SealedSecret unsealed successfully")
KEY = vectors.key_pair("rsa2048")
DIGEST_KEY = bytes(range(32))
TOLD = Status(1, (Condition("Synced", "True", "Unsealed", "", NOW, NOW),))


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore()


@pytest.fixture
def observer() -> Recorder:
    """An observer that keeps what it is told."""
    return Recorder()


@pytest.fixture
def unsealer(observer: Recorder) -> Iterator[Unsealer]:
    """An unsealer with one key."""
    with Unsealer(lambda: Keyring([KEY]), threads=1, observer=observer) as unsealer:
        yield unsealer


@pytest.fixture
def reconciler(store: MemoryStore, unsealer: Unsealer, observer: Recorder) -> Reconciler:
    """A reconciler whose clock moves by a second each time that it is looked at."""
    seconds = iter(range(1_000))
    return Reconciler(
        store,
        unsealer,
        lambda: DIGEST_KEY,
        observer=observer,
        now=lambda: NOW,
        clock=lambda: float(next(seconds)),
    )


def _held(store: MemoryStore) -> Secret:
    """Return the Secret without our marks."""
    return unmarked(store.secrets[SHOP_DB].secret)


def _owned(plain: Secret | None = None) -> Secret:
    """Return a Secret that the object `stored()` owns."""
    owner = {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "name": "db",
        "uid": "uid-1",
        "controller": True,
    }
    return replace(plain or secret(), owner_references=(owner,))


def _marked(sealed: StoredSealedSecret, plain: Secret) -> Secret:
    """Return a Secret with the marks that we put on what an object turns into."""
    labelled = replace(plain, labels={**plain.labels, MANAGED_LABEL: "true"})
    return Stamp(DIGEST_KEY, sealed).put_on(labelled, is_patch=False)


async def test_reconcile_new_object_creates_secret_status_and_event(
    reconciler: Reconciler, store: MemoryStore, observer: Recorder
) -> None:
    """Read, create, status, Event: each once and in this order."""
    result = await reconciler.reconcile(stored(seal()))
    assert store.calls == ["read_secret", "create_secret", "write_status", "record"]
    assert _held(store) == _owned()
    assert store.statuses == {SHOP_DB: TOLD}
    assert store.events == [UNSEALED]
    assert result == Result(
        stored=result.stored,
        outcome=Outcome.CREATED,
        reason=Reason.UNSEALED,
        message="",
        failed_at=None,
        status=TOLD,
        condition=TOLD.conditions[0],
        keys=(KEY.fingerprint,),
        retry=None,
        seconds=1.0,
    )
    assert observer.results.get_nowait() is result
    assert observer.results.empty()


async def test_reconcile_object_that_is_right_opens_and_writes_nothing(
    reconciler: Reconciler, store: MemoryStore, observer: Recorder
) -> None:
    """A second reconcile of the same thing reads and stops."""
    sealed = stored(seal(), status=TOLD)
    store.put(_marked(sealed, _owned()))
    result = await reconciler.reconcile(sealed)
    assert (store.calls, observer.used) == (["read_secret"], [])
    assert (result.outcome, result.condition) == (Outcome.UNCHANGED, TOLD.conditions[0])


async def test_reconcile_secret_of_the_original_is_marked_and_not_announced(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """It is right: its data is sent back as it is, for the sake of our marks, and once only."""
    store.put(_owned())
    sealed = stored(seal(), status=TOLD)
    result = await reconciler.reconcile(sealed)
    assert store.calls == ["read_secret", "replace_secret"]
    assert store.secrets[SHOP_DB].secret == _marked(sealed, _owned())
    assert (result.outcome, result.is_healed, store.events) == (Outcome.MARKED, False, [])
    await reconciler.reconcile(sealed)
    assert store.calls[2:] == ["read_secret"]


async def test_reconcile_secret_that_differs_is_replaced_and_announced(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """A write is worth an Event although the status says the same as before."""
    store.put(_owned(secret({"old": b"x"})))
    result = await reconciler.reconcile(stored(seal(), status=TOLD))
    assert store.calls == ["read_secret", "replace_secret", "record"]
    assert _held(store) == _owned()
    assert result.outcome is Outcome.REPLACED


async def test_reconcile_new_generation_without_difference_is_observed(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """The status follows the generation, and an Event says so."""
    sealed = stored(seal(), status=TOLD, generation=2)
    store.put(_marked(sealed, _owned()))
    await reconciler.reconcile(sealed)
    assert store.calls == ["read_secret", "write_status", "record"]
    assert store.statuses[SHOP_DB].observed_generation == 2


async def test_reconcile_secret_that_changes_meanwhile_is_read_and_planned_again(
    reconciler: Reconciler, store: MemoryStore, observer: Recorder
) -> None:
    """A lost race is run again at once, and nothing is opened twice for it."""
    store.put(_owned(secret({"old": b"x"})))
    other = _owned(secret({"other": b"y"}))
    store.meanwhile("replace_secret", *[lambda: store.put(other)] * 2)
    result = await reconciler.reconcile(stored(seal(), status=TOLD))
    assert store.calls == [*["read_secret", "replace_secret"] * 3, "record"]
    assert (_held(store), result.outcome) == (_owned(), Outcome.REPLACED)
    assert observer.used == [(1, 0)]


async def test_reconcile_secret_that_appears_meanwhile_is_judged_anew(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Somebody creates a Secret of that name in between: it is theirs, and stays."""
    theirs = secret({"k": b"theirs"})
    store.meanwhile("create_secret", lambda: store.put(theirs))
    result = await reconciler.reconcile(stored(seal()))
    assert (_held(store), result.reason) == (theirs, Reason.NOT_MANAGED)


async def test_reconcile_endless_conflict_ends_with_a_pause(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """A fight over a Secret does not keep a worker busy for ever."""
    store.put(_owned(secret({"old": b"x"})))
    store.fail("replace_secret", *[ChangedMeanwhileError("fight")] * 9)
    result = await reconciler.reconcile(stored(seal(), status=TOLD))
    assert store.calls.count("replace_secret") == 5
    assert (result.outcome, result.retry, result.message) == (Outcome.FAILED, Retry(), "fight")


@pytest.mark.parametrize("call", ["read_secret", "create_secret"])
async def test_reconcile_passing_fault_is_tried_again_before_it_is_told(
    reconciler: Reconciler, store: MemoryStore, call: str
) -> None:
    """A patient reconcile leaves status and Events alone; the pause asked for is kept."""
    store.fail(call, RetryableError("busy", after=7.0))
    result = await reconciler.reconcile(stored(seal()), patient=True)
    assert {"write_status", "record"}.isdisjoint(store.calls)
    assert (result.retry, result.condition, result.status) == (Retry(7.0), None, Status())
    assert (result.reason, result.failed_at) == (Reason.API_ERROR, Step.UPDATE)


async def test_reconcile_lasting_fault_is_told_and_tried_again(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """A fault that does not pass stands in the status, although we go on trying."""
    store.fail("read_secret", RetryableError("busy"))
    result = await reconciler.reconcile(stored(seal()))
    assert store.statuses[SHOP_DB].conditions[0].message == "busy"
    assert store.events == [Event("Warning", "ErrUpdateFailed", "busy")]
    assert result.retry == Retry()


@pytest.mark.parametrize(
    ("failure", "reason", "retry"),
    [
        (RejectedError("no"), Reason.INVALID, None),
        (RejectedByStoreError("no"), Reason.INVALID, Retry(cap=300.0)),
        (ImmutableSecretError("no"), Reason.IMMUTABLE, None),
        (TerminalError("no"), Reason.API_ERROR, Retry()),
    ],
)
async def test_reconcile_refused_write_is_told_and_waits_if_only_a_change_helps(
    *,
    reconciler: Reconciler,
    store: MemoryStore,
    failure: TerminalError,
    reason: Reason,
    retry: Retry | None,
) -> None:
    """What is wrong with the Secret waits for a change; rights and rules of others can change."""
    store.put(_owned(secret({"old": b"x"})))
    store.fail("replace_secret", failure)
    result = await reconciler.reconcile(stored(seal()), patient=True)
    assert (result.reason, result.retry, result.outcome) == (reason, retry, Outcome.FAILED)
    assert store.statuses[SHOP_DB].conditions[0].reason == reason.value
    assert [event.reason for event in store.events] == ["ErrUpdateFailed"]


async def test_reconcile_foreign_secret_is_left_alone(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """A Secret of somebody else's is read and never written."""
    theirs = store.put(secret({"k": b"theirs"}))
    result = await reconciler.reconcile(stored(seal()))
    assert store.secrets[SHOP_DB] is theirs
    assert (result.reason, result.failed_at) == (Reason.NOT_MANAGED, Step.UNMANAGED)
    assert (result.retry, "create_secret" in store.calls) == (Retry(cap=30.0), False)


async def test_reconcile_object_that_does_not_open_touches_no_secret(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """One bad item: no Secret is written, and the message says what was tried."""
    before = store.put(_owned(secret({"old": b"x"})))
    sealed = seal(secret({"good": b"1", "bad": b"2"}))
    sealed = replace(sealed, encrypted_data={**sealed.encrypted_data, "bad": "%%%%"})
    result = await reconciler.reconcile(stored(replace(sealed, namespace="shop")))
    assert store.calls == ["read_secret", "write_status", "record"]
    assert store.secrets[SHOP_DB] is before
    assert result.message == "illegal base64 data at input byte 0 (bad)"
    assert (result.reason, result.failed_at, result.retry) == (Reason.MALFORMED, Step.UNSEAL, None)
    elsewhere = await reconciler.reconcile(stored(replace(seal(), name="other")))
    first, second, *_ = elsewhere.message.split("\n")
    assert first == "no key could decrypt secret (k)"
    assert second.startswith("item k: sealed for shop/db, this object is shop/other")
    assert second.endswith(f"tried {short(KEY.fingerprint)}")


async def test_reconcile_in_a_hurry_postpones_what_does_not_open(
    reconciler: Reconciler,
    store: MemoryStore,
    observer: Recorder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is told before it is known why; what needs no search is told at once."""
    plain = secret({"a": b"1", "b": b"2", "c": b"3"})
    elsewhere = stored(replace(seal(plain), name="other"))
    with caplog.at_level(logging.INFO):
        postponed = await reconciler.reconcile(elsewhere, hurried=True)
    assert (postponed.outcome, postponed.retry) == (Outcome.POSTPONED, None)
    assert (postponed.condition, postponed.status) == (None, Status())
    assert {"write_status", "record"}.isdisjoint(store.calls)
    assert (observer.results.empty(), caplog.records) == (True, [])
    assert observer.used == [(0, 1)]
    told = await reconciler.reconcile(elsewhere)
    assert "sealed for shop/db" in told.message
    assert (store.calls.count("write_status"), len(store.events)) == (1, 1)
    damaged = seal()
    damaged = replace(damaged, encrypted_data={"k": "%"})
    at_once = await reconciler.reconcile(stored(damaged), hurried=True)
    assert (at_once.outcome, at_once.reason) == (Outcome.FAILED, Reason.MALFORMED)


async def test_reconcile_explanation_that_changes_is_written_and_is_no_event(
    store: MemoryStore,
) -> None:
    """A key that comes and does not help changes what was tried, and no text of the original's."""
    keys = [KEY]
    with Unsealer(lambda: Keyring(keys), threads=1) as unsealer:
        reconciler = Reconciler(store, unsealer, lambda: bytes(32), now=lambda: NOW)
        foreign = stored(seal(key="stranger"))
        first = await reconciler.reconcile(foreign)
        assert KEY.certificate is not None
        name = Fingerprint("SHA256:" + "x" * 43)
        keys.append(replace(KEY, certificate=replace(KEY.certificate, fingerprint=name)))
        second = await reconciler.reconcile(replace(foreign, status=first.status))
    assert (first.message == second.message, second.outcome) == (False, Outcome.FAILED)
    assert (store.calls.count("write_status"), len(store.events)) == (2, 1)


async def test_reconcile_status_that_cannot_be_written_is_tried_again(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """The Secret is right, the status is not told: no Event yet, and nothing looks done."""
    store.fail("write_status", RetryableError("busy", after=3.0))
    sealed = stored(seal())
    result = await reconciler.reconcile(sealed)
    assert (result.outcome, result.failed_at) == (Outcome.CREATED, Step.STATUS)
    assert (result.status, result.condition, result.retry) == (Status(), None, Retry(3.0))
    assert store.events == []
    again = await reconciler.reconcile(sealed)
    assert (again.outcome, again.failed_at) == (Outcome.UNCHANGED, None)
    assert (store.statuses, store.events) == ({SHOP_DB: TOLD}, [UNSEALED])


async def test_reconcile_status_of_which_nobody_knows_whether_it_was_written_is_written_again(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """The answer to a failure's status was lost: that all is right must be told, and once."""
    sealed = stored(seal())
    sealed = replace(sealed, status=(await reconciler.reconcile(sealed)).status)
    store.fail("read_secret", RetryableError("cut"))
    store.fail("write_status", RetryableError("cut"))
    assert (await reconciler.reconcile(sealed)).retry is not None
    store.statuses.clear()
    for written in (True, False):
        assert (await reconciler.reconcile(sealed)).outcome is Outcome.UNCHANGED
        assert (SHOP_DB in store.statuses) is written
        store.statuses.clear()
    assert store.events == [UNSEALED]


async def test_reconcile_without_status_updates_tells_events_once(
    store: MemoryStore, unsealer: Unsealer
) -> None:
    """With `--update-status=false` nothing is written, and the result still knows what is told."""
    reconciler = Reconciler(
        store, unsealer, lambda: DIGEST_KEY, update_status=False, now=lambda: NOW
    )
    sealed = stored(seal())
    result = await reconciler.reconcile(sealed)
    assert (result.status, result.condition, store.statuses) == (TOLD, None, {})
    again = await reconciler.reconcile(replace(sealed, status=result.status))
    assert (again.outcome, store.events) == (Outcome.UNCHANGED, [UNSEALED])


async def test_reconcile_fault_of_ours_is_contained_and_tells_no_text(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """An unforeseen error of one object stops no other; its text could hold a value."""
    store.fail("read_secret", KeyError("a value"))
    result = await reconciler.reconcile(stored(seal()))
    assert (result.reason, result.retry) == (Reason.INTERNAL_ERROR, Retry())
    assert result.message.startswith("internal error: KeyError in memory.py, line ")
    assert store.statuses[SHOP_DB].conditions[0].status == "False"


async def test_reconcile_forgotten_object_is_forgotten_by_the_unsealer(
    reconciler: Reconciler, unsealer: Unsealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was remembered of an object goes with it."""
    gone: list[Key] = []
    monkeypatch.setattr(unsealer, "forget", gone.append)
    reconciler.forget(SHOP_DB)
    assert gone == [SHOP_DB]


@pytest.mark.parametrize(
    ("object_", "level", "expected"),
    [
        (
            stored(seal()),
            logging.INFO,
            {"outcome": "created", "reason": "Unsealed", "keys": short(KEY.fingerprint)},
        ),
        (
            stored(replace(seal(), name="other"), generation=3),
            logging.WARNING,
            {
                "name": "other",
                "generation": 3,
                "outcome": "failed",
                "reason": "NoMatchingKey",
                "message": "no key could decrypt secret (k)",
                "keys": "",
            },
        ),
    ],
    ids=["success", "failure"],
)
async def test_reconcile_logs_one_line_with_all_that_matters(
    *,
    reconciler: Reconciler,
    caplog: pytest.LogCaptureFixture,
    object_: StoredSealedSecret,
    level: int,
    expected: dict[str, object],
) -> None:
    """A constant event name and fields; the level says whether somebody should look."""
    with caplog.at_level(logging.INFO):
        await reconciler.reconcile(object_)
    (record,) = caplog.records
    assert (record.getMessage(), record.levelno) == ("reconciled", level)
    fields = record.__dict__["sealer_fields"]
    assert {"namespace": "shop", "name": "db", "generation": 1, "seconds": 1.0} | expected == fields


async def test_reconcile_logs_faults_of_ours_and_untold_statuses_as_errors_and_warnings(
    reconciler: Reconciler, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours is an error; a status that is not told is named."""
    store.fail("read_secret", KeyError("a value"))
    store.fail("write_status", TerminalError("no right to write it"), KeyError("a value"))
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            await reconciler.reconcile(stored(seal()))
    first, second = caplog.records
    assert (first.levelno, second.levelno) == (logging.ERROR, logging.ERROR)
    assert first.__dict__["sealer_fields"]["status_error"] == "no right to write it"
    assert "a value" not in caplog.text
