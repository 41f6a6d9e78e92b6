"""A Secret that somebody changed or deleted, from the look at it to what becomes of it."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from sealer.envelope import seal_value
from sealer.errors import ManifestError, RetryableError
from sealer.manifest import SealedSecret, Secret
from sealer.manifest.sealedsecret import SKIP_OWNER_ANNOTATION
from sealer.sensitive import SecretBytes
from sealer_controller.drift import unmarked
from sealer_controller.marks import DIGEST_ANNOTATION, MANAGED_LABEL
from sealer_controller.objects import StoredSealedSecret
from sealer_controller.outcome import Outcome, Reason, Result
from sealer_controller.reconcile import Reconciler
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from tests.controller.memory import NOW, SHOP_DB, MemoryStore, seal, secret, stored
from tests.controller.watching import Recorder
from tests.support import vectors

KEY = vectors.key_pair("rsa2048")
PREFIX = "sealedsecrets.bitnami.com/"
MANAGED, PATCH = {PREFIX + "managed": "true"}, {PREFIX + "patch": "true"}
PLAIN = secret(labels={"tier": "back"}, annotations={"note": "ours"})
SKIPPING = secret(annotations={SKIP_OWNER_ANNOTATION: "true"})


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore()


@pytest.fixture
def observer() -> Recorder:
    """An observer that counts the uses of keys."""
    return Recorder()


@pytest.fixture
def unsealer(observer: Recorder) -> Iterator[Unsealer]:
    """An unsealer with one key."""
    with Unsealer(lambda: Keyring([KEY]), threads=1, observer=observer) as unsealer:
        yield unsealer


@pytest.fixture
def reconciler(store: MemoryStore, unsealer: Unsealer) -> Reconciler:
    """A reconciler that has not seen anything yet."""
    return _started(store, unsealer)


def _started(store: MemoryStore, unsealer: Unsealer) -> Reconciler:
    return Reconciler(store, unsealer, lambda: bytes(range(32)), now=lambda: NOW)


async def _made(
    reconciler: Reconciler, store: MemoryStore, plain: Secret = PLAIN, **annotations: str
) -> StoredSealedSecret:
    """Have the Secret of an object made; return the object as the store holds it then."""
    sealed = seal(plain)
    ours = {f"sealer.dev/{name.replace('_', '-')}": text for name, text in annotations.items()}
    sealed = replace(sealed, annotations={**sealed.annotations, **ours})
    result = await reconciler.reconcile(stored(sealed))
    assert result.failed_at is None
    store.calls.clear()
    store.events.clear()
    return replace(stored(sealed), status=result.status)


def _held(store: MemoryStore) -> Secret:
    return store.secrets[SHOP_DB].secret


def _change(store: MemoryStore, data: Mapping[str, bytes] | None = None, **fields: object) -> None:
    """Change the Secret as somebody else would."""
    if data is not None:
        fields["data"] = {key: SecretBytes(value) for key, value in data.items()}
    store.put(replace(_held(store), **fields))  # type: ignore[arg-type] # the fields of a Secret


def _resealed(sealed: StoredSealedSecret, plain: Secret) -> StoredSealedSecret:
    """Return the object with other contents, as an edit makes it."""
    annotations = sealed.sealed.annotations
    other: SealedSecret = replace(seal(plain), annotations=annotations)
    return replace(sealed, sealed=other, generation=sealed.generation + 1)


async def test_changed_secret_is_put_right_and_keeps_what_others_added(
    reconciler: Reconciler, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Data, labels and annotations of ours; one write, one Event, and the log says so."""
    sealed = await _made(reconciler, store)
    before = _held(store)
    _change(store, {"k": b"theirs", "more": b"x"}, labels={"theirs": "x"})
    with caplog.at_level(logging.INFO):
        result = await reconciler.reconcile(sealed)
    assert store.calls == ["read_secret", "replace_secret", "record"]
    assert _held(store) == replace(before, labels={**before.labels, "theirs": "x"})
    assert (result.outcome, result.is_healed) == (Outcome.REPLACED, True)
    assert caplog.records[0].__dict__["sealer_fields"]["healed"] is True


async def test_secret_to_which_others_only_added_is_not_opened(
    reconciler: Reconciler, store: MemoryStore, observer: Recorder
) -> None:
    """It is right: nothing is decrypted, nothing is written, and nothing is told."""
    sealed = await _made(reconciler, store)
    labels = {**_held(store).labels, "theirs": "x"}
    _change(store, labels=labels)
    observer.used.clear()
    result = await reconciler.reconcile(sealed)
    assert (store.calls, observer.used) == (["read_secret"], [])
    assert (result.outcome, result.is_healed) == (Outcome.UNCHANGED, False)


async def test_what_others_added_goes_with_the_next_change_of_the_object(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Replace mode takes it away then, as the original does."""
    sealed = await _made(reconciler, store)
    _change(store, labels={**_held(store).labels, "theirs": "x"})
    await reconciler.reconcile(sealed)
    changed = secret({"k": b"new"}, labels=PLAIN.labels)
    result = await reconciler.reconcile(_resealed(sealed, changed))
    assert unmarked(_held(store)).labels == PLAIN.labels
    assert (result.outcome, result.is_healed) == (Outcome.REPLACED, False)


async def test_secret_whose_owner_was_taken_away_gets_it_back(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Its digest shows that it is ours all the same."""
    sealed = await _made(reconciler, store)
    before = _held(store)
    _change(store, owner_references=())
    result = await reconciler.reconcile(sealed)
    assert (_held(store), result.is_healed) == (before, True)


async def test_secret_whose_marks_were_taken_off_gets_them_back(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Without its label nobody would see the next change; what others added stays."""
    sealed = await _made(reconciler, store)
    before = _held(store)
    labels = {"tier": "back", "theirs": "x"}
    _change(store, labels=labels, annotations={"note": "ours"})
    result = await reconciler.reconcile(sealed)
    assert _held(store) == replace(before, labels={**labels, MANAGED_LABEL: "true"})
    assert (result.outcome, result.is_healed, store.events) == (Outcome.MARKED, True, [])


async def test_secret_is_put_right_after_a_restart_too(
    reconciler: Reconciler, store: MemoryStore, unsealer: Unsealer
) -> None:
    """What was changed while nobody looked: the digests tell."""
    sealed = await _made(reconciler, store)
    before = _held(store)
    _change(store, {"k": b"theirs"}, labels={**before.labels, "theirs": "x"})
    result = await _started(store, unsealer).reconcile(sealed)
    assert (unmarked(_held(store)).labels, result.is_healed) == (
        {"tier": "back", "theirs": "x"},
        True,
    )
    assert _held(store).data == before.data


async def test_switched_off_healing_leaves_what_others_changed_until_the_object_changes(
    reconciler: Reconciler, store: MemoryStore, observer: Recorder
) -> None:
    """`sealer.dev/self-heal: "false"`: nothing is opened; an edit of the object still counts."""
    sealed = await _made(reconciler, store, self_heal="false")
    _change(store, {"k": b"theirs"})
    observer.used.clear()
    result = await reconciler.reconcile(sealed)
    assert (store.calls, observer.used) == (["read_secret"], [])
    assert (result.outcome, result.reason) == (Outcome.UNCHANGED, Reason.UNSEALED)
    changed = _resealed(sealed, secret({"k": b"new"}))
    assert (await reconciler.reconcile(changed)).outcome is Outcome.REPLACED
    assert _held(store).data == secret({"k": b"new"}).data


async def test_switched_off_healing_leaves_a_deleted_secret_deleted(
    reconciler: Reconciler, store: MemoryStore, unsealer: Unsealer
) -> None:
    """Also when another replica, or the next start, looks at it for the first time."""
    sealed = await _made(reconciler, store, self_heal="false")
    store.secrets.clear()
    for looking in (reconciler, _started(store, unsealer)):
        result = await looking.reconcile(sealed)
        assert (result.outcome, store.secrets) == (Outcome.UNCHANGED, {})
    changed = _resealed(sealed, secret({"k": b"new"}))
    assert (await reconciler.reconcile(changed)).outcome is Outcome.CREATED


@pytest.mark.parametrize(
    ("plain", "existing", "comes_back"),
    [
        (PLAIN, None, True),
        (secret(annotations={**SKIPPING.annotations, **MANAGED}), None, True),
        (SKIPPING, None, False),
        (PLAIN, secret(annotations=PATCH), False),
        (PLAIN, secret(annotations={**PATCH, **MANAGED}), True),
    ],
    ids=["owned", "managed", "skipped-owner", "patched", "patched-and-managed"],
)
async def test_deleted_secret_comes_back_if_it_was_ours(
    *,
    reconciler: Reconciler,
    store: MemoryStore,
    plain: Secret,
    existing: Secret | None,
    comes_back: bool,
) -> None:
    """Owned or `managed` comes back with its owner; the others do not (75 and 76)."""
    if existing is not None:
        store.put(existing)
    sealed = await _made(reconciler, store, plain)
    owners = _held(store).owner_references
    store.secrets.clear()
    for _ in range(2):
        result = await reconciler.reconcile(sealed)
    assert result.failed_at is None
    assert (SHOP_DB in store.secrets) is comes_back
    if comes_back:
        assert _held(store).owner_references == owners or existing is not None


async def test_deleted_secret_counts_as_healed_when_it_comes_back(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Somebody who deletes it again and again has to wait as well."""
    sealed = await _made(reconciler, store)
    store.secrets.clear()
    result = await reconciler.reconcile(sealed)
    assert (result.outcome, result.is_healed) == (Outcome.CREATED, True)


async def test_failed_healing_is_not_counted(reconciler: Reconciler, store: MemoryStore) -> None:
    """It is tried again as anything that failed."""
    sealed = await _made(reconciler, store)
    _change(store, {"k": b"theirs"})
    store.fail("replace_secret", RetryableError("busy"))
    result = await reconciler.reconcile(sealed)
    assert (result.outcome, result.is_healed) == (Outcome.FAILED, False)
    again: Result = await reconciler.reconcile(sealed)
    assert (again.outcome, again.is_healed) == (Outcome.REPLACED, True)


async def test_secret_without_owner_follows_the_next_change_of_its_object(
    reconciler: Reconciler, store: MemoryStore, unsealer: Unsealer
) -> None:
    """A valid digest of ours counts as ours, after a restart too (controller.md 10)."""
    sealed = await _made(reconciler, store, SKIPPING)
    changed = _resealed(sealed, replace(SKIPPING, data={"k": SecretBytes(b"new")}))
    result = await _started(store, unsealer).reconcile(changed)
    assert result.outcome is Outcome.REPLACED
    assert _held(store).data == {"k": SecretBytes(b"new")}
    assert _held(store).owner_references == ()


async def test_secret_of_a_deleted_object_of_the_same_name_is_taken_over(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Delete and re-create must not lose it to garbage collection (compat.md 2.4)."""
    sealed = await _made(reconciler, store)
    result = await reconciler.reconcile(replace(sealed, uid="uid-2"))
    assert result.outcome is Outcome.REPLACED
    assert [owner["uid"] for owner in _held(store).owner_references] == ["uid-2"]


async def test_patched_secret_of_others_is_watched_for_our_own_keys(
    reconciler: Reconciler, store: MemoryStore, observer: Recorder
) -> None:
    """What others change of theirs costs a look; what they change of ours is put right."""
    store.put(secret({"theirs": b"1"}, annotations=PATCH))
    sealed = await _made(reconciler, store)
    assert _held(store).labels[MANAGED_LABEL] == "true"
    observer.used.clear()
    _change(store, {"k": b"value", "theirs": b"2"})
    assert (await reconciler.reconcile(sealed)).outcome is Outcome.UNCHANGED
    assert observer.used == []
    _change(store, {"k": b"theirs", "theirs": b"3"})
    assert (await reconciler.reconcile(sealed)).is_healed
    assert _held(store).data == secret({"k": b"value", "theirs": b"3"}).data
    assert _held(store).owner_references == ()


@pytest.mark.parametrize("healing", ["true", "false"])
@pytest.mark.parametrize("is_restarted", [False, True])
async def test_patched_secret_that_its_owner_takes_back_is_left_alone(
    *,
    reconciler: Reconciler,
    store: MemoryStore,
    unsealer: Unsealer,
    healing: str,
    is_restarted: bool,
) -> None:
    """Also after a restart, and after a change of the object; the owner can give it back."""
    store.put(secret({"theirs": b"precious"}, annotations=PATCH))
    sealed = await _made(reconciler, store, self_heal=healing)
    digest = {DIGEST_ANNOTATION: _held(store).annotations[DIGEST_ANNOTATION]}
    _change(store, annotations=digest)
    before = _held(store)
    looking = _started(store, unsealer) if is_restarted else reconciler
    for each in (sealed, sealed, _resealed(sealed, secret({"k": b"new"}))):
        assert (await looking.reconcile(each)).reason is Reason.NOT_MANAGED
        assert _held(store) == before
    _change(store, annotations={**digest, **PATCH})
    assert (await looking.reconcile(sealed)).failed_at is None
    assert _held(store).data == secret({"k": b"value", "theirs": b"precious"}).data


async def test_secret_of_an_object_that_became_unreadable_is_no_success(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """What cannot be read looks empty, and so did the object when its Secret was made."""
    empty = stored()
    assert (await reconciler.reconcile(empty)).outcome is Outcome.CREATED
    broken = replace(empty, fault=ManifestError("it cannot be read any more"))
    result = await reconciler.reconcile(broken)
    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.MALFORMED)
    assert SHOP_DB in store.secrets


async def test_secret_of_a_format_that_was_switched_off_is_no_success(store: MemoryStore) -> None:
    """Whoever refuses the old format wants to be told which objects are still in it."""
    assert KEY.certificate is not None
    inside = SecretBytes(b'{"data": {"k": "dmFsdWU="}}')
    text = seal_value(inside, KEY.certificate.public_key, seal().identity)
    old = stored(SealedSecret("shop", "db", {}, legacy_data=text))
    found = []
    for accepts in (True, True, False):
        with Unsealer(lambda: Keyring([KEY]), accept_v1=accepts, threads=1) as unsealer:
            found.append((await _started(store, unsealer).reconcile(old)).outcome)
    assert found == [Outcome.CREATED, Outcome.UNCHANGED, Outcome.FAILED]


async def test_template_cannot_forge_what_is_ours(
    reconciler: Reconciler, store: MemoryStore
) -> None:
    """Whatever a template says under `sealer.dev/` is dropped."""
    forged = {"sealer.dev/managed": "false", DIGEST_ANNOTATION: "00-00", "sealer.dev/x": "y"}
    await _made(reconciler, store, secret(labels=forged, annotations=forged))
    assert _held(store).labels == {MANAGED_LABEL: "true"}
    assert set(_held(store).annotations) == {DIGEST_ANNOTATION}
    assert _held(store).annotations[DIGEST_ANNOTATION] != "00-00"
