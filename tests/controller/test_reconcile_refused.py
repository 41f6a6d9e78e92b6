"""A Secret that cannot become what is asked for: looked at again and again, and opened once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sealer.manifest import Secret
from sealer_controller.marks import RECREATE_ANNOTATION
from sealer_controller.outcome import Outcome, Reason, Retry, Step
from sealer_controller.reconcile import Reconciler
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from tests.controller.memory import NOW, MemoryStore, seal, secret, stored
from tests.controller.watching import Recorder
from tests.support import vectors

PREFIX = "sealedsecrets.bitnami.com/"
MANAGED, PATCH = {PREFIX + "managed": "true"}, {PREFIX + "patch": "true"}


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore()


@pytest.fixture
def observer() -> Recorder:
    """An observer that counts the uses of keys."""
    return Recorder()


@pytest.fixture
def reconciler(store: MemoryStore, observer: Recorder) -> Iterator[Reconciler]:
    """A reconciler with one key, that has not seen anything yet."""
    keyring = Keyring([vectors.key_pair("rsa2048")])
    with Unsealer(lambda: keyring, threads=1, observer=observer) as unsealer:
        yield Reconciler(store, unsealer, lambda: bytes(range(32)), now=lambda: NOW)


async def test_foreign_secret_is_opened_for_once(
    reconciler: Reconciler, store: MemoryStore, observer: Recorder
) -> None:
    """It is looked at again and again; private keys are used when something has changed."""
    store.put(secret({"k": b"theirs"}))
    sealed = stored(seal())
    for _ in range(3):
        assert (await reconciler.reconcile(sealed)).reason is Reason.NOT_MANAGED
    assert observer.used == [(1, 0)]
    store.put(secret({"k": b"theirs"}, annotations=MANAGED))
    assert (await reconciler.reconcile(sealed)).outcome is Outcome.REPLACED


@pytest.mark.parametrize(
    ("existing", "retry"),
    [
        (secret({"k": b"x"}, immutable=True, annotations=PATCH), Retry(cap=30.0)),
        (secret(type="example.com/old", annotations=PATCH), Retry(cap=30.0)),
        (secret(type="example.com/old", annotations=MANAGED), Retry(cap=30.0)),
        (
            secret(type="example.com/old", annotations=MANAGED, finalizers=("example.com/f",)),
            Retry(cap=300.0),
        ),
        (secret({"x" * 254: b""}, annotations=PATCH), None),
    ],
    ids=["immutable", "type", "managed", "held-back", "invalid"],
)
async def test_secret_that_cannot_be_changed_is_opened_for_once(
    *,
    reconciler: Reconciler,
    store: MemoryStore,
    observer: Recorder,
    existing: Secret,
    retry: Retry | None,
) -> None:
    """Each look says the same; private keys are used when something has changed."""
    store.put(existing)
    annotations = {RECREATE_ANNOTATION: "true"} if existing.finalizers else {}
    sealed = stored(replace(seal(), annotations=annotations))
    first, *later = [await reconciler.reconcile(sealed) for _ in range(3)]
    assert (first.failed_at, first.retry, observer.used) == (Step.UPDATE, retry, [(1, 0)])
    for result in later:
        assert (result.reason, result.message, result.retry) == (first.reason, first.message, retry)
    assert not {"replace_secret", "dry_run_create", "delete_secret"} & set(store.calls)
    store.secrets.clear()
    assert (await reconciler.reconcile(sealed)).outcome is Outcome.CREATED
    assert observer.used == [(1, 0), (1, 0)]


async def test_opting_in_to_a_new_secret_counts_at_once(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Though nothing else has changed, and the generation neither."""
    store.put(secret(type="example.com/old", annotations=MANAGED))
    sealed = stored(seal())
    for _ in range(2):
        assert (await reconciler.reconcile(sealed)).reason is Reason.IMMUTABLE
    asking = replace(
        sealed, sealed=replace(sealed.sealed, annotations={RECREATE_ANNOTATION: "true"})
    )
    assert (await reconciler.reconcile(asking)).outcome is Outcome.RECREATED
