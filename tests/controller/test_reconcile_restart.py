"""Where in a reconcile workloads are rolled, and what a roll that fails does to it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sealer.errors import TerminalError
from sealer.manifest import SealedSecret
from sealer_controller.marks import RESTART_ANNOTATION
from sealer_controller.objects import Status, StoredSealedSecret
from sealer_controller.outcome import Outcome, Reason, Retry
from sealer_controller.reconcile import Reconciler
from sealer_controller.restart import Restarter
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from tests.controller.memory import NOW, SHOP_DB, MemoryStore, seal, secret, stored
from tests.controller.memory_workloads import MemoryWorkloads
from tests.support import vectors

KEY = vectors.key_pair("rsa2048")


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore()


@pytest.fixture
def workloads() -> MemoryWorkloads:
    """One Deployment that reads the Secret."""
    made = MemoryWorkloads()
    made.put("web", "k")
    return made


@pytest.fixture
def reconciler(store: MemoryStore, workloads: MemoryWorkloads) -> Iterator[Reconciler]:
    """A reconciler that can roll it."""
    restarter = Restarter(store, workloads, lambda: bytes(32))
    with Unsealer(lambda: Keyring([KEY]), threads=1) as unsealer:
        yield Reconciler(store, unsealer, lambda: bytes(32), restarter=restarter, now=lambda: NOW)


def sealed(value: bytes = b"value") -> SealedSecret:
    """Return a SealedSecret that asks for restarts."""
    made = seal(secret({"k": value}))
    return replace(made, annotations={**made.annotations, RESTART_ANNOTATION: "auto"})


def told(store: MemoryStore, before: StoredSealedSecret, **fields: object) -> StoredSealedSecret:
    """Return the object with the status that was written."""
    return replace(before, status=store.statuses[SHOP_DB], **fields)  # type: ignore[arg-type] # checked at run time


async def test_readers_are_rolled_after_the_secret_and_before_the_status(
    reconciler: Reconciler, store: MemoryStore, workloads: MemoryWorkloads
) -> None:
    """So the status tells after a crash whether the roll may be missing."""
    rolled_at: list[list[str]] = []
    workloads.meanwhile("stamp", lambda: rolled_at.append(list(store.calls)))
    await reconciler.reconcile(stored(sealed()))
    assert rolled_at == [["read_secret", "create_secret"]]
    assert [event.reason for event in store.events] == ["Restarted", "Unsealed"]


async def test_values_sealed_again_roll_nobody(
    reconciler: Reconciler, store: MemoryStore, workloads: MemoryWorkloads
) -> None:
    """The digest on the Secret changes, and the content does not."""
    before = stored(sealed())
    await reconciler.reconcile(before)
    stamps = workloads.stamps()
    result = await reconciler.reconcile(told(store, before, sealed=sealed(), generation=2))
    assert (result.outcome, workloads.stamps()) == (Outcome.MARKED, stamps)
    result = await reconciler.reconcile(told(store, before, sealed=sealed(b"new"), generation=3))
    assert result.outcome is Outcome.REPLACED
    assert workloads.stamps() != stamps


async def test_unchanged_object_is_not_looked_at_for_readers_again(
    reconciler: Reconciler, store: MemoryStore, workloads: MemoryWorkloads
) -> None:
    """Unchanged means no work, also here."""
    before = stored(sealed())
    await reconciler.reconcile(before)
    workloads.calls.clear()
    await reconciler.reconcile(told(store, before))
    assert workloads.calls == []


async def test_secret_whose_readers_cannot_be_rolled_is_right_all_the_same(
    reconciler: Reconciler, store: MemoryStore, workloads: MemoryWorkloads
) -> None:
    """The condition says so, a warning tells the rest, and the roll is tried again."""
    workloads.fail("find", TerminalError("cannot list deployments"))
    before = stored(sealed())
    result = await reconciler.reconcile(before)
    assert (result.reason, result.failed_at, result.retry) == (Reason.UNSEALED, None, Retry())
    assert [event.reason for event in store.events] == ["ErrRestartFailed", "Unsealed"]
    result = await reconciler.reconcile(told(store, before))
    assert (result.outcome, result.retry) == (Outcome.UNCHANGED, None)
    assert list(workloads.stamps()) == ["Deployment/web"]


async def test_object_that_does_not_open_rolls_nobody(
    reconciler: Reconciler, workloads: MemoryWorkloads
) -> None:
    """There is no new content."""
    await reconciler.reconcile(stored(replace(sealed(), name="other"), status=Status()))
    assert workloads.calls == []


async def test_forgotten_object_is_looked_at_afresh(
    reconciler: Reconciler, store: MemoryStore, workloads: MemoryWorkloads
) -> None:
    """One of the same name may have other readers."""
    before = stored(sealed())
    await reconciler.reconcile(before)
    reconciler.forget(SHOP_DB)
    workloads.calls.clear()
    await reconciler.reconcile(told(store, before))
    assert workloads.calls == ["find"]
