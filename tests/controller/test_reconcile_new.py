"""An object that is new: its Secret is created without a look; one that is there is found.

the store has shown all Secrets of ours, none of this name ──► open, create
                                      there is one all the same ──► look, go on as ever
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sealer.errors import RetryableError, TerminalError
from sealer.manifest import Secret
from sealer_controller.drift import Stamp
from sealer_controller.marks import MANAGED_LABEL
from sealer_controller.objects import (
    Condition,
    Key,
    Listed,
    SecretGone,
    SecretSeen,
    SecretsListed,
    Status,
    StoredSealedSecret,
    Upserted,
)
from sealer_controller.outcome import Outcome, Reason, Retry
from sealer_controller.reconcile import Reconciler
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from tests.controller.memory import NOW, SHOP_DB, MemoryStore, seal, secret, stored
from tests.controller.rig import Rig, rigged, running
from tests.controller.watching import Recorder
from tests.support import vectors

DIGEST_KEY = bytes(range(32))
TOLD = Status(1, (Condition("Synced", "True", "Unsealed", "", NOW, NOW),))
PATCH = {"sealedsecrets.bitnami.com/patch": "true"}
OWNER = {
    "apiVersion": "bitnami.com/v1alpha1",
    "kind": "SealedSecret",
    "name": "db",
    "uid": "uid-1",
    "controller": True,
}


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
    keyring = Keyring([vectors.key_pair("rsa2048")])
    with Unsealer(lambda: keyring, threads=1, observer=observer) as unsealer:
        yield unsealer


@pytest.fixture
def reconciler(store: MemoryStore, unsealer: Unsealer) -> Reconciler:
    """A reconciler that writes statuses."""
    return Reconciler(store, unsealer, lambda: DIGEST_KEY, now=lambda: NOW)


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A rig with one key."""
    with rigged() as rig:
        yield rig


def _owned(plain: Secret | None = None) -> Secret:
    """Return a Secret that the object `stored()` owns."""
    return replace(plain or secret(), owner_references=(OWNER,))


def _right(sealed: StoredSealedSecret) -> Secret:
    """Return the Secret of an object with all our marks."""
    labelled = replace(_owned(), labels={MANAGED_LABEL: "true"})
    return Stamp(DIGEST_KEY, sealed).put_on(labelled, is_patch=False)


async def test_secret_of_a_new_object_is_created_without_a_look(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """One request for the Secret; whatever comes later is looked at first."""
    sealed = stored(seal())
    result = await reconciler.reconcile(sealed, unseen=True)
    assert store.calls == ["create_secret", "write_status", "record"]
    assert (result.outcome, store.statuses) == (Outcome.CREATED, {SHOP_DB: TOLD})
    store.calls.clear()
    again = await reconciler.reconcile(sealed, unseen=True)
    assert (again.outcome, store.calls[0]) == (Outcome.UNCHANGED, "read_secret")


async def test_foreign_secret_in_the_way_is_found_and_left_alone(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """It cannot be created, so there is one; from then on it is looked at."""
    theirs = store.put(secret({"k": b"theirs"}))
    result = await reconciler.reconcile(stored(seal()), unseen=True)
    assert store.secrets[SHOP_DB] is theirs
    assert store.calls == ["create_secret", "read_secret", "write_status", "record"]
    assert (result.reason, result.retry) == (Reason.NOT_MANAGED, Retry(cap=30.0))
    store.calls.clear()
    await reconciler.reconcile(replace(stored(seal()), status=result.status), unseen=True)
    assert store.calls == ["read_secret"]


async def test_secret_of_the_original_is_found_and_taken_over(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """It does not carry our label, so the store does not show it; its data stays as it is."""
    store.put(_owned())
    sealed = stored(seal())
    result = await reconciler.reconcile(sealed, unseen=True)
    assert store.calls[:3] == ["create_secret", "read_secret", "replace_secret"]
    assert (result.outcome, store.secrets[SHOP_DB].secret) == (Outcome.MARKED, _right(sealed))


async def test_secret_that_came_meanwhile_and_is_right_is_not_written(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Another replica may have made it a moment ago."""
    sealed = stored(seal())
    store.meanwhile("create_secret", lambda: store.put(_right(sealed)))
    result = await reconciler.reconcile(sealed, unseen=True)
    assert store.calls == ["create_secret", "read_secret", "write_status", "record"]
    assert result.outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("updates", [True, False])
async def test_secret_of_an_object_that_may_be_old_is_looked_at_first(
    store: MemoryStore, unsealer: Unsealer, observer: Recorder, *, updates: bool
) -> None:
    """It has a status, or none is ever written: what is right is not opened."""
    reconciler = Reconciler(store, unsealer, lambda: DIGEST_KEY, update_status=updates)
    sealed = stored(seal(), status=TOLD if updates else Status())
    store.put(_right(sealed))
    result = await reconciler.reconcile(sealed, unseen=True)
    assert {"create_secret", "replace_secret"}.isdisjoint(store.calls)
    assert (store.calls[0], observer.used) == ("read_secret", [])
    assert result.outcome is Outcome.UNCHANGED


async def test_secret_to_patch_need_not_be_whole_by_itself(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """What could not be created is looked for: with what others put there it is valid."""
    kind = "kubernetes.io/tls"
    theirs = secret({"tls.key": b"theirs", "tls.crt": b"old"}, type=kind, annotations=PATCH)
    store.put(theirs)
    sealed = seal(secret({"tls.crt": b"new"}, type=kind))
    result = await reconciler.reconcile(stored(sealed), unseen=True)
    assert (result.outcome, result.message) == (Outcome.REPLACED, "")
    held = store.secrets[SHOP_DB].secret.data
    assert {name: value.reveal() for name, value in held.items()} == {
        "tls.key": b"theirs",
        "tls.crt": b"new",
    }


async def test_refusal_to_create_does_not_matter_where_there_is_a_secret(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """A quota is full, say: an API server says so before it says that there is one."""
    sealed = stored(seal())
    store.put(_right(sealed))
    store.fail("create_secret", TerminalError("exceeded quota"))
    result = await reconciler.reconcile(sealed, unseen=True)
    assert (result.outcome, result.reason) == (Outcome.UNCHANGED, Reason.UNSEALED)


async def test_refusal_to_create_is_told_where_there_is_none(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """And the store is not asked a second time."""
    store.fail("create_secret", TerminalError("exceeded quota"))
    result = await reconciler.reconcile(stored(seal()), unseen=True)
    assert store.calls == ["create_secret", "read_secret", "write_status", "record"]
    assert (result.reason, result.message) == (Reason.API_ERROR, "exceeded quota")


async def test_store_that_is_busy_is_left_in_peace(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """It says when it may be asked again, and it is asked nothing else before."""
    store.fail("create_secret", RetryableError("busy", after=7.0))
    result = await reconciler.reconcile(stored(seal()), unseen=True, patient=True)
    assert (store.calls, result.retry) == (["create_secret"], Retry(7.0))


async def test_controller_looks_for_no_secret_that_the_store_does_not_show(rig: Rig) -> None:
    """Once all are listed; one that is gone again counts as not there."""
    async with running(rig.controller()):
        await rig.see(SecretSeen(SHOP_DB, "secret-1", "1"), SecretsListed(1))
        await rig.see(SecretGone(SHOP_DB, "secret-1"))
        rig.report(Upserted(stored(seal())), Listed(1))
        assert (await rig.result()).outcome is Outcome.CREATED
    assert rig.store.calls == ["create_secret", "write_status", "record"]


@pytest.mark.parametrize("guards", [True, False])
async def test_controller_that_does_not_know_all_secrets_looks_first(
    rig: Rig, *, guards: bool
) -> None:
    """They are not listed yet, or nobody watches them."""
    rig.store.secret_news.put_nowait(SecretSeen(Key("shop", "other"), "secret-2", "1"))
    async with running(rig.controller(guards=guards)):
        rig.report(Upserted(stored(seal())), Listed(1))
        await rig.result()
    assert rig.store.calls[:2] == ["read_secret", "create_secret"]


async def test_controller_opens_nothing_whose_status_alone_was_lost(rig: Rig) -> None:
    """A backup brings objects and Secrets back without statuses: the digest decides."""
    await rig.keystore.load()
    sealed = stored(seal())
    labelled = replace(_owned(), labels={MANAGED_LABEL: "true"})
    right = Stamp(rig.keystore.digest_key, sealed).put_on(labelled, is_patch=False)
    held = rig.store.put(right)
    seen = SecretSeen(SHOP_DB, held.uid, held.resource_version)
    async with running(rig.controller()):
        await rig.see(seen, SecretsListed(1))
        rig.report(Upserted(sealed), Listed(1))
        assert (await rig.result()).outcome is Outcome.UNCHANGED
    assert (rig.store.calls[0], rig.observer.used) == ("read_secret", [])


async def test_controller_looks_where_creating_failed(rig: Rig) -> None:
    """Whatever hindered it may only concern new Secrets."""
    rig.store.fail("create_secret", RetryableError("busy"))
    async with running(rig.controller()):
        await rig.see(SecretsListed(0))
        rig.report(Upserted(stored(seal())), Listed(1))
        assert (await rig.result()).retry == Retry()
        assert (await rig.result()).outcome is Outcome.CREATED
    assert rig.store.calls[:3] == ["create_secret", "read_secret", "create_secret"]
