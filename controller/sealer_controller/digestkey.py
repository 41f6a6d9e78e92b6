"""The digest key: random bytes beside the sealing keys, from which salts and digests are derived.

It seals nothing and opens nothing. Whatever is derived from it stays the same across restarts and
renewals of the sealing keys, and tells nothing to those who do not have it (controller.md 2, 8).
"""

import hmac
import secrets
from contextlib import suppress

from sealer.errors import ManifestError, RetryableError, SealerError
from sealer.keysecret import DIGEST_KEY
from sealer.manifest import Secret
from sealer.manifest.secret import DEFAULT_TYPE
from sealer.sensitive import SecretBytes
from sealer_controller import logs
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.ports import KeyVault

__all__ = [
    "DIGEST_KEY_ITEM",
    "DIGEST_KEY_SIZE",
    "keep_digest_key",
    "load_digest_key",
    "password_salt",
]

_log = logs.logger(__name__)
DIGEST_KEY_ITEM = "key"
DIGEST_KEY_SIZE = 32
# So that no other use of the key ever gives the bytes of a salt.
_SALT_TAG = b"sealer.dev/password-salt\0"
_SALT_SIZE = 16


async def load_digest_key(vault: KeyVault, namespace: str) -> bytes:
    """Return the digest key; make it where there is none.

    Where it cannot be read or kept, because a right is missing or somebody put something else in
    its place, there is one for this process alone: after a restart what depends on it is made anew
    once, and nothing else comes of it. The log says so.

    Args:
        vault: Where the key Secrets are.
        namespace: What the Secret says it is in.

    Raises:
        RetryableError: The vault cannot be asked now.
    """
    try:
        return _key_of(await _found_or_made(vault, namespace))
    except RetryableError:
        raise
    except SealerError as error:
        _log.warning("digest_key_not_kept", name=DIGEST_KEY, message=error.message)
        return secrets.token_bytes(DIGEST_KEY_SIZE)


async def keep_digest_key(vault: KeyVault, namespace: str, key: bytes) -> None:
    """Put the digest key back where somebody has deleted it, so that a restart finds the same one.

    Whatever is there in its place is left alone, and counts from the next start on.

    Args:
        vault: Where the key Secrets are.
        namespace: What the Secret says it is in.
        key: The key that is in use.

    Raises:
        RetryableError: The vault cannot be asked now.
        TerminalError: The vault refuses.
    """
    if await vault.digest_key() is None:
        with suppress(ChangedMeanwhileError):
            await _make(vault, namespace, key)


def password_salt(key: bytes, *inputs: bytes) -> bytes:
    """Return the salt for a password: 16 bytes, the same each time.

    Args:
        key: The digest key.
        inputs: Where the hash is made, whose it is, and the password: equal passwords of two users
            or of two objects must not show as such.
    """
    framed = b"".join(len(each).to_bytes(8, "big") + each for each in inputs)
    return hmac.digest(key, _SALT_TAG + framed, "sha256")[:_SALT_SIZE]


async def _found_or_made(vault: KeyVault, namespace: str) -> Secret:
    found = await vault.digest_key()
    if found is not None:
        return found
    try:
        return await _make(vault, namespace, secrets.token_bytes(DIGEST_KEY_SIZE))
    except ChangedMeanwhileError as error:  # somebody was faster, and theirs counts
        found = await vault.digest_key()
        if found is None:
            raise ManifestError(f"Secret {DIGEST_KEY} is there and cannot be read") from error
        return found


async def _make(vault: KeyVault, namespace: str, key: bytes) -> Secret:
    data = {DIGEST_KEY_ITEM: SecretBytes(key)}
    made = await vault.create_digest_key(Secret(namespace, DIGEST_KEY, data, DEFAULT_TYPE))
    _log.info("digest_key_created", namespace=made.namespace, name=made.name)
    return made


def _key_of(secret: Secret) -> bytes:
    item = secret.data.get(DIGEST_KEY_ITEM)
    key = item.reveal() if item else b""
    if len(key) != DIGEST_KEY_SIZE:
        raise ManifestError(
            f"Secret {DIGEST_KEY} has no item {DIGEST_KEY_ITEM} of {DIGEST_KEY_SIZE} bytes",
            hint="remove it, and it is made again",
        )
    return key
