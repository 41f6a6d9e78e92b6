"""What key Secrets amount to: which keys open, which seal, how old they are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sealer.errors import ManifestError
from sealer.keysecret import key_secret
from sealer.keystate import BACKED_UP_ANNOTATION
from sealer_controller.keyset import KeyOrder, KeySet, read_keys
from sealer_controller.ports import KeySecret
from sealer_keys.errors import EmptyKeyringError
from tests.support import vectors

LATER, EARLIER = "peer-b", "peer-a"
BORN = vectors.key_pair(LATER).order_time
NOW = BORN + timedelta(days=1)
COMPROMISED = {"sealer.dev/state": "compromised"}


def held(
    pair: str, name: str = "", *, created: datetime | None = NOW, **annotations: str
) -> KeySecret:
    """Return a key Secret of one of the recorded keys."""
    secret = key_secret(vectors.key_pair(pair), namespace="keys", name=name or pair)
    marks = {key.replace("_", "/"): value for key, value in annotations.items()}
    return KeySecret(replace(secret, annotations=marks), created)


def suspect(pair: str, name: str = "", *, created: datetime | None = NOW) -> KeySecret:
    """Return one that is marked as compromised."""
    plain = held(pair, name, created=created)
    return replace(plain, secret=replace(plain.secret, annotations=COMPROMISED))


def backed_up(pair: str, time: str, name: str = "") -> KeySecret:
    """Return one that tells of a backup."""
    plain = held(pair, name)
    return replace(plain, secret=replace(plain.secret, annotations={BACKED_UP_ANNOTATION: time}))


def read(*found: KeySecret, order: KeyOrder = KeyOrder.CERT_NOT_BEFORE) -> KeySet:
    """Return what they amount to."""
    return read_keys(found, order)


def test_read_keys_compromised_key_opens_and_does_not_seal() -> None:
    """Exactly that value of the annotation counts."""
    keys = read(held(EARLIER), suspect(LATER))
    assert [key.may_seal for key in keys.keyring] == [False, True]
    assert keys.keyring.active.fingerprint == vectors.key_pair(EARLIER).fingerprint
    other = replace(held(LATER).secret, annotations={"sealer.dev/state": "fine"})
    assert read(KeySecret(other, NOW)).keyring.active.may_seal
    with pytest.raises(EmptyKeyringError):
        _ = read(suspect(LATER)).keyring.active


@pytest.mark.parametrize("is_first", [True, False])
def test_read_keys_two_secrets_of_one_key_count_once(*, is_first: bool) -> None:
    """If either is marked, the key is compromised: it is the same key."""
    marked, plain = suspect(LATER, "one"), held(LATER, "two")
    keys = read(*((marked, plain) if is_first else (plain, marked)))
    (key,) = keys.keyring
    assert not key.may_seal
    assert key.origin == ("keys/one" if is_first else "keys/two")
    assert keys.names == ("one", "two")


def test_read_keys_faults_are_kept_by_name() -> None:
    """The others are there all the same."""
    broken = replace(held(EARLIER, "broken"), fault=ManifestError("cannot be read"))
    keys = read(broken, held(LATER))
    assert [key.origin for key in keys.keyring] == [f"keys/{LATER}"]
    assert {name: fault.message for name, fault in keys.faults.items()} == {
        "broken": "cannot be read"
    }
    assert keys.names == ("broken", LATER)


@pytest.mark.parametrize(
    ("order", "newest"),
    [(KeyOrder.CERT_NOT_BEFORE, LATER), (KeyOrder.SECRET_CREATION_TIMESTAMP, EARLIER)],
)
def test_read_keys_order_is_by_certificate_or_by_secret(order: KeyOrder, newest: str) -> None:
    """An older certificate that was imported later is newer only where the Secret decides."""
    created = {LATER: NOW - timedelta(hours=2), EARLIER: NOW - timedelta(hours=1)}
    found = [held(name, created=created[name]) for name in (LATER, EARLIER)]
    keys = read(*found, order=order)
    assert keys.keyring.active.origin == f"keys/{newest}"
    wanted = BORN if order is KeyOrder.CERT_NOT_BEFORE else created[EARLIER]
    assert keys.newest(NOW, sealing=True) == wanted


def test_read_keys_backups_are_those_that_the_secrets_tell_of() -> None:
    """The latest time counts; what is no time is none, and the time of the sealing key is told."""
    monday, sunday = "2026-03-02T01:00:00Z", "2026-03-01T01:00:00Z"
    none = read(held(EARLIER), backed_up(LATER, "yes"))
    assert (none.newest_backup, none.not_backed_up) == (None, 2)
    one = read(backed_up(EARLIER, monday), held(LATER))
    assert (one.newest_backup, one.not_backed_up) == (None, 1)
    both = read(backed_up(LATER, monday, "one"), backed_up(LATER, sunday, "two"))
    assert (both.newest_backup, both.not_backed_up) == (datetime(2026, 3, 2, 1, tzinfo=UTC), 0)
    assert (read().newest_backup, read().not_backed_up) == (None, 0)


def test_newest_tells_sealing_keys_from_compromised_ones() -> None:
    """None where there is no such key."""
    assert KeySet().newest(NOW, sealing=True) is None
    keys = read(held(EARLIER), suspect(LATER))
    assert keys.newest(NOW, sealing=True) == vectors.key_pair(EARLIER).order_time
    assert keys.newest(NOW, sealing=False) == BORN


@pytest.mark.parametrize(
    ("created", "wanted"),
    [
        (BORN - timedelta(days=9), BORN - timedelta(days=9)),
        (BORN + timedelta(days=9), BORN - timedelta(days=1)),
        (None, BORN - timedelta(days=1)),
    ],
)
def test_newest_key_of_the_future_is_as_old_as_its_secret(
    created: datetime | None, wanted: datetime
) -> None:
    """And never younger than now: otherwise no key would ever be newer than that one."""
    now = BORN - timedelta(days=1)
    assert read(held(LATER, created=created)).newest(now, sealing=True) == wanted


def test_summary_differs_when_the_use_of_a_key_does() -> None:
    """What is the same as before is no news."""
    plain = read(held(LATER))
    assert plain.summary == read(held(LATER, created=None)).summary
    fault = replace(held(EARLIER, LATER), fault=ManifestError("cannot be read"))
    others = [read(), read(suspect(LATER)), read(held(LATER, "other")), read(fault)]
    assert all(each.summary != plain.summary for each in others)
    again = replace(fault, fault=ManifestError("cannot be read either"))
    assert read(fault).summary != read(again).summary
