"""A backup is locked and unlocked: with a passphrase, or with a key pair that is kept elsewhere.

A secret of 32 bytes comes from the passphrase through scrypt, or is random and sealed to
certificates. Two things are derived from it: the key of AES-256-GCM, and a check value, which ties
the file to this one secret (AES-GCM alone does not) and tells a wrong passphrase from a changed
file. Everything that stands in the clear is authenticated with the content.
"""

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sealer.backup.container import Container, Cost, PassphraseLock, RecipientLock
from sealer.backup.errors import (
    BackupError,
    DamagedBackupError,
    NoRecipientKeyError,
    RecipientError,
    WrongPassphraseError,
)
from sealer.envelope import oaep
from sealer.scope import OaepLabel
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import Certificate
from sealer_keys.fingerprint import Fingerprint
from sealer_keys.keyring import Keyring

_SECRET_SIZE = 32
_SALT_SIZE = 32
_NONCE_SIZE = 12
# No namespace has a dot: the wrapped secret is no value that a controller would open for anyone.
_LABEL = OaepLabel(b"sealer.dev/backup/1")
_FOR_KEY = b"sealer backup 1: AES-256-GCM key"
_FOR_CHECK = b"sealer backup 1: check"


def lock_with_passphrase(
    content: SecretBytes,
    passphrase: SecretBytes,
    *,
    created: datetime,
    keys: Sequence[Fingerprint],
    cost: Cost | None = None,
) -> Container:
    """Lock a backup with a passphrase.

    Args:
        content: What goes into it.
        passphrase: UTF-8; how its letters are composed does not matter.
        created: When it is made.
        keys: Fingerprints of the keys in it.
        cost: What trying a passphrase costs; a quarter of a second and 128 MiB by default.
    """
    lock = PassphraseLock(secrets.token_bytes(_SALT_SIZE), cost or Cost())
    secret = _stretch(passphrase, lock)
    return _seal(content, Container(created, tuple(keys), lock), secret)


def lock_for_recipients(
    content: SecretBytes,
    certificates: Sequence[Certificate],
    *,
    created: datetime,
    keys: Sequence[Fingerprint],
) -> Container:
    """Lock a backup so that any of several private keys opens it, none of which is in it.

    Raises:
        RecipientError: The key of a certificate is in the backup: who needs it cannot open it.
    """
    for certificate in certificates:
        if certificate.fingerprint in keys:
            raise RecipientError(
                f"the backup holds the key {certificate.fingerprint} itself, and could not be "
                "opened when that is lost",
                hint="use a key pair that is kept elsewhere: sealer keys generate",
            )
    secret = secrets.token_bytes(_SECRET_SIZE)
    wrapped = {each.fingerprint: _wrap(secret, each) for each in certificates}
    return _seal(content, Container(created, tuple(keys), RecipientLock(wrapped)), secret)


def unlock_with_passphrase(container: Container, passphrase: SecretBytes) -> SecretBytes:
    """Return what is in a backup.

    Raises:
        WrongPassphraseError: It is another passphrase.
        DamagedBackupError: The file was changed.
        BackupError: It has no passphrase.
    """
    if not isinstance(container.lock, PassphraseLock):
        raise BackupError("the backup is sealed to certificates and has no passphrase")
    secret = _stretch(passphrase, container.lock)
    if not compare_digest(_derive(secret, _FOR_CHECK), container.check):
        raise WrongPassphraseError("the passphrase is wrong")
    return _open(container, secret)


def unlock_with_keys(container: Container, keyring: Keyring) -> SecretBytes:
    """Return what is in a backup that is sealed to certificates.

    Raises:
        NoRecipientKeyError: No key given belongs to one of them.
        DamagedBackupError: The file was changed.
        BackupError: It has a passphrase instead.
    """
    if not isinstance(container.lock, RecipientLock):
        raise BackupError("the backup is locked with a passphrase, not with keys")
    for name, wrapped in container.lock.wrapped.items():
        pair = keyring.get(name)
        if pair is None:
            continue
        try:
            secret = pair.private_key.decrypt(wrapped, oaep(_LABEL))
        except ValueError:
            raise _changed() from None
        if not compare_digest(_derive(secret, _FOR_CHECK), container.check):
            raise _changed()
        return _open(container, secret)
    raise NoRecipientKeyError(
        f"the backup is sealed to {', '.join(container.lock.wrapped) or 'nobody'}, and no key "
        "given is one of these",
        hint="give the private key: --keys FILE",
    )


def _wrap(secret: bytes, certificate: Certificate) -> bytes:
    return certificate.public_key.encrypt(secret, oaep(_LABEL))


def _stretch(passphrase: SecretBytes, lock: PassphraseLock) -> bytes:
    cost = lock.cost
    kdf = Scrypt(salt=lock.salt, length=_SECRET_SIZE, n=cost.n, r=cost.r, p=cost.p)
    return kdf.derive(_composed(passphrase.reveal()))


def _composed(passphrase: bytes) -> bytes:
    """Return a passphrase the same way, whether a keyboard gives é as one character or two."""
    try:
        return unicodedata.normalize("NFC", passphrase.decode()).encode()
    except UnicodeDecodeError:
        return passphrase


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDFExpand(SHA256(), _SECRET_SIZE, purpose).derive(secret)


def _seal(content: SecretBytes, container: Container, secret: bytes) -> Container:
    nonce = secrets.token_bytes(_NONCE_SIZE)
    container = replace(container, check=_derive(secret, _FOR_CHECK), nonce=nonce)
    cipher = AESGCM(_derive(secret, _FOR_KEY))
    sealed = cipher.encrypt(nonce, content.reveal(), container.header)
    return replace(container, ciphertext=sealed)


def _open(container: Container, secret: bytes) -> SecretBytes:
    cipher = AESGCM(_derive(secret, _FOR_KEY))
    try:
        opened = cipher.decrypt(container.nonce, container.ciphertext, container.header)
    except (InvalidTag, ValueError):
        raise _changed() from None
    return SecretBytes(opened)


def _changed() -> DamagedBackupError:
    return DamagedBackupError(
        "the backup was changed: it does not authenticate", hint="use another copy of it"
    )
