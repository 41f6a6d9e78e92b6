"""What is remembered of private keys spares their use, and never changes what comes of it."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from sealer.envelope import open_value, seal_value
from sealer.errors import NoMatchingKeyError
from sealer.scope import Identity, Scope
from sealer.sealing.hints import SEALING_KEYS, write_hints
from sealer.sensitive import SecretBytes
from sealer_controller.keymemory import KeyMemory, Tries
from sealer_controller.objects import StoredSealedSecret
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.controller.memory import NOW, seal, secret, stored
from tests.support import vectors

HERE = Identity(Scope.STRICT, "shop", "db")
ELSEWHERE = replace(HERE, name="other")
UNKNOWN = "x" * 16


def _made(name: str, days: int) -> KeyPair:
    """Return a recorded key made so many days before now, as both of its times say."""
    pair = vectors.key_pair(name)
    assert pair.certificate is not None
    when = NOW - timedelta(days)
    return replace(
        pair, order_time=when, certificate=replace(pair.certificate, not_before=when), origin=name
    )


OLD, MIDDLE, NEW = _made("rsa2048", 60), _made("stranger", 30), _made("rsa3072", 0)
KEYS = Keyring([OLD, MIDDLE, NEW])
TEXT = seal_value(SecretBytes(b"x"), OLD.private_key.public_key(), HERE)


def _open(tries: Tries, identity: Identity = HERE, text: str = TEXT, *keys: KeyPair) -> None:
    open_value(text, Keyring(keys or (OLD, MIDDLE)), identity, unwrap=tries.unwrap)


def _used(tries: Tries) -> tuple[int, int]:
    return tries.take_counts()


def test_tries_count_what_was_opened_and_what_was_not() -> None:
    """Each use of a private key once, by what came of it."""
    tries = Tries()
    _open(tries)
    assert _used(tries) == (1, 1)
    with pytest.raises(NoMatchingKeyError):
        _open(tries, ELSEWHERE)
    assert _used(tries) == (0, 2)
    assert _used(tries) == (0, 0)


def test_tries_use_no_more_keys_on_a_value_than_they_may() -> None:
    """What was not tried is not taken for wrong; another value has its own count."""
    memory, object_ = KeyMemory(), stored()
    few = memory.tries(object_, most=1)
    with pytest.raises(NoMatchingKeyError):
        _open(few, HERE, TEXT, MIDDLE, replace(OLD, order_time=MIDDLE.order_time))
    assert _used(few) == (0, 1)
    with pytest.raises(NoMatchingKeyError):
        _open(few, ELSEWHERE)
    assert _used(few) == (0, 1)
    memory.note(object_, few)
    again = memory.tries(object_, most=1)
    _open(again)
    assert _used(again) == (1, 0)


def test_memory_key_known_to_be_wrong_is_not_used_again_for_the_same_value_and_label() -> None:
    """It still counts as tried, so that what people are told stays the same."""
    memory, object_ = KeyMemory(), stored()
    first = memory.tries(object_)
    with pytest.raises(NoMatchingKeyError) as before:
        _open(first, ELSEWHERE)
    memory.note(object_, first)
    again = memory.tries(object_)
    with pytest.raises(NoMatchingKeyError) as after:
        _open(again, ELSEWHERE)
    assert _used(again) == (0, 0)
    assert (after.value.message, after.value.tried) == (before.value.message, before.value.tried)
    assert len(after.value.tried) == 2


@pytest.mark.parametrize(
    ("identity", "text", "keys", "used"),
    [
        (HERE, TEXT, (), (1, 1)),
        (replace(ELSEWHERE, namespace="y"), TEXT, (), (0, 2)),
        (
            ELSEWHERE,
            seal_value(SecretBytes(b"x"), MIDDLE.private_key.public_key(), ELSEWHERE),
            (),
            (1, 0),
        ),
        (ELSEWHERE, TEXT, (OLD, MIDDLE, vectors.key_pair("peer-a")), (0, 0)),
    ],
    ids=["label", "other-label", "value", "key-of-another-size"],
)
def test_memory_tries_again_what_has_changed(
    identity: Identity, text: str, keys: tuple[KeyPair, ...], used: tuple[int, int]
) -> None:
    """Another label, another value: nothing is known of them."""
    memory, object_ = KeyMemory(), stored()
    tries = memory.tries(object_)
    with pytest.raises(NoMatchingKeyError):
        _open(tries, ELSEWHERE)
    memory.note(object_, tries)
    again = memory.tries(object_)
    with suppress(NoMatchingKeyError):
        _open(again, identity, text, *keys)
    assert _used(again) == used


def test_memory_key_that_comes_is_the_only_one_tried() -> None:
    """The others are still known to be wrong."""
    memory, object_ = KeyMemory(), stored()
    tries = memory.tries(object_)
    with pytest.raises(NoMatchingKeyError):
        _open(tries, HERE, TEXT, MIDDLE)
    memory.note(object_, tries)
    again = memory.tries(object_)
    _open(again)
    assert _used(again) == (1, 0)


def test_memory_keeps_of_an_older_version_only_what_still_matters() -> None:
    """An object that changes for ever does not fill the memory; one that stays loses nothing."""
    memory, object_ = KeyMemory(), stored()
    for identity in (ELSEWHERE, replace(ELSEWHERE, name="third")):
        tries = memory.tries(object_)
        with pytest.raises(NoMatchingKeyError):
            _open(tries, identity)
        memory.note(object_, tries)
    assert _known(memory, object_) == 2
    changed = replace(object_, generation=2)
    tries = memory.tries(changed)
    with pytest.raises(NoMatchingKeyError):
        _open(tries, ELSEWHERE)
    assert _used(tries) == (0, 0)
    memory.note(changed, tries)
    assert _known(memory, changed) == 1
    memory.forget(object_.key)
    assert _known(memory, object_) == 0


def _known(memory: KeyMemory, object_: StoredSealedSecret) -> int:
    """Return how many values are remembered, as tries that know them show."""
    count = 0
    for name in ("other", "third"):
        tries = memory.tries(object_)
        with pytest.raises(NoMatchingKeyError):
            _open(tries, replace(HERE, name=name))
        count += _used(tries) == (0, 0)
    return count


def _order(
    memory: KeyMemory, object_: StoredSealedSecret, item: str = "k", size: int = 256
) -> list[str]:
    order = memory.order(object_, KEYS)
    return [key.origin for key in order.keyring.candidates(size, order.first.get(item))]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (None, ["stranger", "rsa2048"]),
        (0, ["stranger", "rsa2048"]),
        (29, ["stranger", "rsa2048"]),
        (30, ["stranger", "rsa2048"]),
        (31, ["rsa2048", "stranger"]),
        (60, ["rsa2048", "stranger"]),
        (61, ["stranger", "rsa2048"]),
    ],
)
def test_order_begins_with_the_newest_key_that_is_not_newer_than_the_object(
    age: int | None, expected: list[str]
) -> None:
    """It is what the object was sealed with; where there is none, the newest comes first."""
    created = None if age is None else NOW - timedelta(age)
    assert _order(KeyMemory(), stored(created=created)) == expected


def test_order_key_without_a_certificate_goes_by_its_order_time() -> None:
    """A bare private key has no other time."""
    bare = replace(OLD, certificate=None)
    order = KeyMemory().order(stored(created=NOW - timedelta(50)), Keyring([bare, MIDDLE]))
    assert [key.origin for key in order.keyring.candidates(256)] == ["rsa2048", "stranger"]


def test_order_hint_comes_before_what_opened_it_before() -> None:
    """And that before the age of the key; a new item shares the key of the others."""
    memory = KeyMemory()
    sealed = seal(secret({"k": b"x"}))
    object_ = stored(sealed, created=NOW)
    assert _order(memory, object_) == ["stranger", "rsa2048"]
    memory.note(object_, Tries(), {"k": OLD.fingerprint})
    assert _order(memory, object_) == ["rsa2048", "stranger"]
    assert _order(memory, object_, "new") == ["rsa2048", "stranger"]
    hint = write_hints({"k": (sealed.encrypted_data["k"], MIDDLE.fingerprint)})
    hinted = replace(object_, sealed=replace(sealed, annotations={SEALING_KEYS: hint}))
    assert _order(memory, hinted) == ["stranger", "rsa2048"]
    memory.forget(object_.key)
    assert _order(memory, object_) == ["stranger", "rsa2048"]


def test_order_hint_of_an_unknown_key_means_the_normal_order() -> None:
    """A hint can only cost a try."""
    sealed = seal()
    hint = write_hints({"k": (sealed.encrypted_data["k"], UNKNOWN)})
    object_ = stored(replace(sealed, annotations={SEALING_KEYS: hint}), created=NOW)
    assert _order(KeyMemory(), object_) == ["stranger", "rsa2048"]


def test_memory_object_that_does_not_open_any_more_keeps_its_former_key() -> None:
    """A bad change that is undone costs no tries."""
    memory, object_ = KeyMemory(), stored(created=NOW)
    memory.note(object_, Tries(), {"k": OLD.fingerprint})
    memory.note(replace(object_, generation=2), Tries())
    assert _order(memory, object_) == ["rsa2048", "stranger"]
