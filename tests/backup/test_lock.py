"""A backup opens with the right passphrase or private key, and tells what is wrong otherwise."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from sealer.backup.container import Container, Cost, PassphraseLock, RecipientLock, read_container
from sealer.backup.errors import (
    BackupError,
    DamagedBackupError,
    NoRecipientKeyError,
    RecipientError,
    WrongPassphraseError,
)
from sealer.backup.lock import (
    lock_for_recipients,
    lock_with_passphrase,
    unlock_with_keys,
    unlock_with_passphrase,
)
from sealer.envelope import oaep
from sealer.scope import OaepLabel
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import Certificate
from sealer_keys.keyring import Keyring
from tests.support import vectors

NOW = datetime(2027, 1, 1, tzinfo=UTC)
QUICK = Cost(16, 1, 1)
CONTENT = SecretBytes(b"the content")
PASSPHRASE = SecretBytes(b"correct horse battery staple")
INSIDE = vectors.key_pair("rsa2048").fingerprint
RECIPIENT = vectors.key_pair("peer-a")


def certificate_of(name: str) -> Certificate:
    """Return the certificate of a key of the vectors."""
    certificate = vectors.key_pair(name).certificate
    assert certificate is not None
    return certificate


def with_passphrase() -> Container:
    """Return a backup that `PASSPHRASE` opens."""
    return lock_with_passphrase(CONTENT, PASSPHRASE, created=NOW, keys=[INSIDE], cost=QUICK)


def with_recipients() -> Container:
    """Return a backup that two keys open."""
    certificates = [certificate_of("peer-a"), certificate_of("stranger")]
    return lock_for_recipients(CONTENT, certificates, created=NOW, keys=[INSIDE])


def unlock(container: Container) -> SecretBytes:
    """Open a backup the way it wants to be opened."""
    if isinstance(container.lock, PassphraseLock):
        return unlock_with_passphrase(container, PASSPHRASE)
    return unlock_with_keys(container, Keyring([RECIPIENT]))


def test_passphrase_opens_what_it_locked() -> None:
    """Through the file and back; the content shows nowhere in the file."""
    container = with_passphrase()
    assert CONTENT.reveal() not in container.to_json()
    read = read_container(container.to_json())
    assert unlock_with_passphrase(read, PASSPHRASE) == CONTENT
    assert read.keys == (INSIDE,)


def test_lock_twice_shares_nothing() -> None:
    """Salt, nonce and check are fresh: equal backups do not look equal."""
    one, other = with_passphrase(), with_passphrase()
    assert isinstance(one.lock, PassphraseLock)
    assert isinstance(other.lock, PassphraseLock)
    assert one.lock.salt != other.lock.salt
    assert one.nonce != other.nonce
    assert one.check != other.check


def test_lock_costs_what_is_documented() -> None:
    """RFC 7914 with N=2^17, r=8, p=1."""
    container = lock_with_passphrase(CONTENT, PASSPHRASE, created=NOW, keys=[])
    assert isinstance(container.lock, PassphraseLock)
    assert container.lock.cost == Cost(2**17, 8, 1)
    assert unlock_with_passphrase(container, PASSPHRASE) == CONTENT


def test_passphrase_that_is_wrong_is_told_from_damage() -> None:
    """Typing it again helps against one, another copy against the other."""
    container = with_passphrase()
    with pytest.raises(WrongPassphraseError):
        unlock_with_passphrase(container, SecretBytes(b"another"))
    with pytest.raises(DamagedBackupError, match="does not authenticate"):
        unlock_with_passphrase(replace(container, ciphertext=bytes(30)), PASSPHRASE)


def test_passphrase_may_be_composed_either_way() -> None:
    """One keyboard gives é, another e and an accent; bytes that are no text count as they are."""
    for one, other in (("é", "e\u0301"), ("Å", "\u212b")):
        locked = lock_with_passphrase(
            CONTENT, SecretBytes(one.encode()), created=NOW, keys=[], cost=QUICK
        )
        assert unlock_with_passphrase(locked, SecretBytes(other.encode())) == CONTENT
    raw = SecretBytes(b"\xff\xfe")
    locked = lock_with_passphrase(CONTENT, raw, created=NOW, keys=[], cost=QUICK)
    assert unlock_with_passphrase(locked, raw) == CONTENT


@pytest.mark.parametrize("name", ["peer-a", "stranger"])
def test_any_recipient_opens(name: str) -> None:
    """Each private key by itself, through the file and back."""
    read = read_container(with_recipients().to_json())
    assert unlock_with_keys(read, Keyring([vectors.key_pair(name)])) == CONTENT


def test_nobody_else_opens() -> None:
    """The keys that would are named."""
    container = with_recipients()
    for keyring in (Keyring(), Keyring([vectors.key_pair("rsa2048")])):
        with pytest.raises(NoRecipientKeyError, match=RECIPIENT.fingerprint):
            unlock_with_keys(container, keyring)


def test_recipient_whose_key_is_inside_is_refused() -> None:
    """When that key is lost, the backup of it would be too."""
    certificates = [certificate_of("peer-a"), certificate_of("rsa2048")]
    with pytest.raises(RecipientError, match="holds the key"):
        lock_for_recipients(CONTENT, certificates, created=NOW, keys=[INSIDE])


@pytest.mark.parametrize("make", [with_passphrase, with_recipients])
@pytest.mark.parametrize(
    "change",
    [
        {"created": datetime(2028, 1, 1, tzinfo=UTC)},
        {"keys": ()},
        {"nonce": bytes(12)},
        {"nonce": b""},
        {"ciphertext": b""},
        {"check": b""},
    ],
)
def test_any_part_that_was_exchanged_is_noticed(
    make: Callable[[], Container], change: dict[str, Any]
) -> None:
    """What stands in the clear is authenticated too, even with a checksum that fits."""
    read = read_container(replace(make(), **change).to_json())
    with pytest.raises((DamagedBackupError, WrongPassphraseError)):
        unlock(read)


def test_recipient_part_that_was_exchanged_is_noticed() -> None:
    """Neither a broken one nor one of another backup opens."""
    one, other = with_recipients(), with_recipients()
    assert isinstance(one.lock, RecipientLock)
    broken = RecipientLock({RECIPIENT.fingerprint: bytes(512)})
    for lock in (broken, other.lock):
        with pytest.raises(DamagedBackupError):
            unlock_with_keys(replace(one, lock=lock), Keyring([RECIPIENT]))


def test_file_that_opens_with_two_secrets_is_noticed() -> None:
    """AES-GCM alone would not tell; the check value ties the file to one secret."""
    container = with_recipients()
    assert isinstance(container.lock, RecipientLock)
    wrapped = container.lock.wrapped[RECIPIENT.fingerprint]
    secret = RECIPIENT.private_key.decrypt(wrapped, oaep(OaepLabel(b"sealer.dev/backup/1")))
    key = HKDFExpand(SHA256(), 32, b"sealer backup 1: AES-256-GCM key").derive(secret)
    made = replace(container, check=bytes(32))
    made = replace(made, ciphertext=AESGCM(key).encrypt(made.nonce, b"other", made.header))
    with pytest.raises(DamagedBackupError):
        unlock_with_keys(made, Keyring([RECIPIENT]))


def test_the_other_kind_of_lock_is_named() -> None:
    """Who brings a passphrase to a backup without one learns so."""
    with pytest.raises(BackupError, match="has no passphrase"):
        unlock_with_passphrase(with_recipients(), PASSPHRASE)
    with pytest.raises(BackupError, match="locked with a passphrase"):
        unlock_with_keys(with_passphrase(), Keyring([RECIPIENT]))
