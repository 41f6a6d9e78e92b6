"""The file of a backup says what it is, and shows whether it is still what was written."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.backup.container import (
    Container,
    Cost,
    PassphraseLock,
    RecipientLock,
    is_backup,
    read_container,
)
from sealer.backup.errors import BackupError, BackupVersionError, DamagedBackupError
from sealer_keys.fingerprint import Fingerprint

NAME = Fingerprint("SHA256:" + "a" * 43)
SMALL = Container(
    datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC),
    (NAME,),
    PassphraseLock(b"salt" * 8, Cost(16, 1, 1)),
    check=b"c" * 32,
    nonce=b"n" * 12,
    ciphertext=b"x" * 40,
)
BYTES = st.binary(max_size=40)
NAMES = st.text(max_size=20).map(Fingerprint)
COSTS = st.builds(
    Cost, n=st.integers(1, 17).map(lambda bits: 2**bits), r=st.integers(1, 8), p=st.integers(1, 4)
)
LOCKS = st.one_of(
    st.builds(PassphraseLock, BYTES, COSTS),
    st.builds(RecipientLock, st.dictionaries(NAMES, BYTES, max_size=3)),
)
TIMES = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2200, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
).map(lambda time: time.replace(microsecond=0))
CONTAINERS = st.builds(
    Container, TIMES, st.lists(NAMES, max_size=3).map(tuple), LOCKS, BYTES, BYTES, BYTES
)


@given(CONTAINERS)
def test_container_written_and_read_is_the_same(container: Container) -> None:
    """Nothing is lost or made up on the way through the file."""
    assert read_container(container.to_json()) == container
    assert is_backup(container.to_json())


@given(CONTAINERS, st.data())
def test_container_with_any_bit_changed_is_refused_or_the_same(
    container: Container, data: st.DataObject
) -> None:
    """A change is noticed before anybody is asked for a passphrase."""
    text = bytearray(container.to_json())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        changed = read_container(bytes(text))
    except (DamagedBackupError, BackupVersionError):
        return
    assert changed == container  # a blank became another blank


@given(CONTAINERS, st.data())
def test_container_that_is_cut_is_refused(container: Container, data: st.DataObject) -> None:
    """A copy that broke off is no backup."""
    text = container.to_json().rstrip()
    end = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(DamagedBackupError):
        read_container(text[:end])


@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode())
)
def test_read_container_of_anything_raises_nothing_else(data: bytes) -> None:
    """Whatever the file is, the error is ours."""
    with pytest.raises(BackupError):
        read_container(data)


FIELDS: dict[str, Any] = json.loads(SMALL.to_json())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("created", "yesterday"),
        ("created", 5),
        ("keys", {}),
        ("keys", [1]),
        ("lock", None),
        ("lock", {"method": "none"}),
        ("lock", {"method": "RSA-OAEP-256", "recipients": []}),
        ("lock", {**FIELDS["lock"], "n": 16.0}),
        ("lock", {**FIELDS["lock"], "n": True}),
        ("lock", {**FIELDS["lock"], "more": 1}),
        ("check", "no base64"),
        ("nonce", None),
        ("ciphertext", ["a"]),
        ("checksum", "0"),
        ("cipher", "ROT13"),
        ("version", 0),
        ("version", "1"),
        ("format", "another"),
        ("more", 1),
    ],
)
def test_read_container_refuses_a_field_that_is_not_ours(field: str, value: object) -> None:
    """Wrong types and unknown fields."""
    with pytest.raises(DamagedBackupError, match="the backup is damaged"):
        read_container(json.dumps(FIELDS | {field: value}).encode())


@pytest.mark.parametrize(
    "cost",
    [
        Cost(15, 1, 1),
        Cost(1, 1, 1),
        Cost(0, 1, 1),
        Cost(-16, 1, 1),
        Cost(16, 0, 1),
        Cost(16, 1, 0),
        Cost(2**21, 8, 1),
        Cost(2**20, 9, 1),
        Cost(2**17, 8, 9),
        Cost(2**4000, 8, 1),
    ],
)
def test_read_container_refuses_work_that_cannot_be_borne(cost: Cost) -> None:
    """However well the file is made: nobody waits for hours, and no memory runs out."""
    made = Container(SMALL.created, SMALL.keys, PassphraseLock(b"salt", cost))
    with pytest.raises(DamagedBackupError, match="was changed"):
        read_container(made.to_json())


def test_read_container_takes_work_that_can_be_borne() -> None:
    """Eight times the usual."""
    made = Container(SMALL.created, SMALL.keys, PassphraseLock(b"salt", Cost(2**20, 8, 1)))
    assert read_container(made.to_json()) == made


def test_read_container_without_a_field_is_refused() -> None:
    """Each of them counts."""
    for name in FIELDS:
        rest = {key: value for key, value in FIELDS.items() if key != name}
        with pytest.raises(DamagedBackupError):
            read_container(json.dumps(rest).encode())


def test_read_container_of_a_newer_version_says_so() -> None:
    """Nobody has to guess whether the file or the program is too old."""
    with pytest.raises(BackupVersionError, match="version 2, and only 1"):
        read_container(json.dumps(FIELDS | {"version": 2, "new": {}}).encode())


def test_header_covers_everything_in_the_clear() -> None:
    """A change of any part of it changes what the encryption authenticates."""
    header = json.loads(SMALL.header)
    assert set(header) == set(FIELDS) - {"ciphertext", "checksum"}
    later = Container(SMALL.created + timedelta(seconds=1), SMALL.keys, SMALL.lock)
    assert later.header != Container(SMALL.created, SMALL.keys, SMALL.lock).header


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"kind: Secret", b"-----BEGIN", b"sealer-backup", b'{"format": "x"}']
)
def test_is_backup_of_another_file_is_false(data: bytes) -> None:
    """Manifests and PEM files are read as what they are."""
    assert not is_backup(data)
