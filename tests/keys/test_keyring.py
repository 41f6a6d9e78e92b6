"""The newest key seals, all keys open, and each is known once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer_keys.errors import EmptyKeyringError
from sealer_keys.fingerprint import Fingerprint
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.support import vectors

NAMES = ["rsa2048", "rsa3072", "stranger", "peer-a"]


def _aged(name: str, days: int) -> KeyPair:
    pair = vectors.key_pair(name)
    return replace(pair, order_time=vectors.RECORDED - timedelta(days=days))


def test_keyring_without_keys_raises_the_originals_message() -> None:
    """Asking an empty keyring for its newest key is an error, not a crash."""
    for ask in (lambda: Keyring().active, lambda: Keyring().certificate):
        with pytest.raises(EmptyKeyringError, match="key registry has no keys"):
            ask()


@given(st.permutations(range(len(NAMES))))
def test_keyring_any_registration_order_is_newest_first(ages: list[int]) -> None:
    """The order of registration does not decide which key is the newest."""
    keyring = Keyring(_aged(name, age) for name, age in zip(NAMES, ages, strict=True))
    times = [key.order_time for key in keyring]
    assert times == sorted(times, reverse=True)
    assert keyring.active is next(iter(keyring))


def test_keyring_of_equal_age_keeps_the_first_registered_as_newest() -> None:
    """Ties keep what was there before (compat.md 1.6)."""
    first, second = _aged("rsa2048", 1), _aged("rsa3072", 1)
    assert Keyring([first, second]).active is first
    assert Keyring([second, first]).active is second


def test_keyring_same_public_key_twice_counts_once() -> None:
    """A key that was imported twice is one key, as first registered."""
    old, new = _aged("rsa2048", 9), _aged("rsa2048", 1)
    keyring = Keyring([old, new])
    assert len(keyring) == 1
    assert keyring.active is old


def test_keyring_key_that_may_not_seal_opens_and_is_never_the_active_one() -> None:
    """A compromised key is tried like any other; sealing falls to the newest of the rest."""
    suspect = replace(_aged("rsa2048", 1), may_seal=False)
    sound = _aged("rsa3072", 5)
    keyring = Keyring([suspect, sound])
    assert list(keyring) == [suspect, sound]
    assert list(keyring.candidates(256)) == [suspect]
    assert keyring.active is sound
    assert keyring.certificate is sound.certificate
    for ask in (lambda: Keyring([suspect]).active, lambda: Keyring([suspect]).certificate):
        with pytest.raises(EmptyKeyringError):
            ask()


def test_keyring_with_key_older_one_does_not_change_the_newest() -> None:
    """Registering an old key later leaves the newest as it is, and the old keyring too."""
    before = Keyring([_aged("rsa2048", 1)])
    after = before.with_key(_aged("rsa3072", 5))
    assert after.active is before.active
    assert (len(before), len(after)) == (1, 2)


def test_keyring_get_finds_by_fingerprint() -> None:
    """Every registered key is found by its name, nothing else is."""
    keyring = vectors.controller_keyring()
    for name in ("peer-a", "peer-b", "rsa2048", "rsa3072"):
        assert keyring.get(vectors.key_pair(name).fingerprint) is vectors.key_pair(name)
    assert keyring.get(vectors.key_pair("stranger").fingerprint) is None


def test_keyring_candidates_only_those_of_the_right_size() -> None:
    """A key whose modulus has another length cannot fit and costs no operation."""
    keyring = vectors.controller_keyring()
    assert {key.origin for key in keyring.candidates(512)} == {"peer-a", "peer-b"}
    assert [key.origin for key in keyring.candidates(256)] == ["rsa2048"]
    assert list(keyring.candidates(100)) == []


def test_keyring_candidates_hint_comes_first_and_once() -> None:
    """A hint orders the tries; every key is still tried once."""
    keyring = vectors.controller_keyring()
    hint = vectors.key_pair("peer-b").fingerprint
    origins = [key.origin for key in keyring.candidates(512, first=hint)]
    assert origins == ["peer-b", "peer-a"]


def test_keyring_candidates_unknown_hint_means_the_normal_order() -> None:
    """A wrong hint can only be ignored."""
    keyring = vectors.controller_keyring()
    plain = list(keyring.candidates(512))
    assert list(keyring.candidates(512, first=Fingerprint("SHA256:unknown"))) == plain


def test_keyring_preferring_tries_those_first_and_all_of_them_once() -> None:
    """Preferred, then the rest newest first; unknown and repeated names change nothing."""
    newest, oldest = _aged("rsa2048", 0), _aged("stranger", 1)
    keyring = Keyring([oldest, newest])
    unknown = Fingerprint("SHA256:unknown")
    view = keyring.preferring([unknown, oldest.fingerprint, oldest.fingerprint])
    assert list(view.candidates(256)) == [oldest, newest]
    assert list(view.candidates(256, newest.fingerprint)) == [newest, oldest]
    assert list(view) == list(keyring) == [newest, oldest]
    assert list(keyring.candidates(256)) == [newest, oldest]
    assert view.active is newest
