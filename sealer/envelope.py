"""One value, sealed and opened: RSA-OAEP wraps a fresh key, AES-256-GCM encrypts the value.

Sealing needs a public key; opening needs the matching private key and the very identity that the
value was sealed for. The bytes are those of the original (compat.md 1.1, 1.3).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealer.errors import CorruptCiphertextError, FrameError, NoMatchingKeyError, OtherSizeError
from sealer.scope import Identity, OaepLabel
from sealer.sensitive import SecretBytes
from sealer.wire import SealedParts, SealedText, frame, split
from sealer_keys.fingerprint import Fingerprint
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair

CONTENT_KEY_SIZE = 32
# A nonce must never repeat under one key. Here it may be constant because no key is ever used
# twice: every value gets fresh random bytes. Deriving the key from the value (to make sealing
# repeatable) or sharing it between values (to save space) would break AES-GCM outright:
# threats.md section 3.
ZERO_NONCE = bytes(12)
# RSA keys have 2048 to 8192 bits, in steps of 512; a first part of another size is damage.
_KEY_SIZES = range(256, 1024 + 1, 64)


# Uses a private key on the first part of a value: its content key, or None if that does not open.
Unwrap = Callable[[bytes, KeyPair, OaepLabel], bytes | None]


@dataclass(frozen=True, slots=True)
class Opened:
    """A value that opened.

    Attributes:
        plaintext: The value.
        key: Which key opened it.
    """

    plaintext: SecretBytes
    key: Fingerprint


def seal_value(plaintext: SecretBytes, public_key: RSAPublicKey, identity: Identity) -> SealedText:
    """Encrypt one value for one identity. The same input gives different text every time.

    Raises:
        IdentityError: The identity is not legal.
    """
    content_key = secrets.token_bytes(CONTENT_KEY_SIZE)
    wrapped_key = public_key.encrypt(content_key, oaep(identity.label))
    ciphertext = AESGCM(content_key).encrypt(ZERO_NONCE, plaintext.reveal(), None)
    return frame(SealedParts(wrapped_key, ciphertext))


def oaep(label: OaepLabel) -> padding.OAEP:
    """Return RSA-OAEP as the original uses it: SHA-256 throughout (compat.md 1.1)."""
    # An empty label and no label are the same bytes (RFC 8017 section 7.1.1).
    return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label or None)


def unwrap_key(wrapped_key: bytes, key: KeyPair, label: OaepLabel) -> bytes | None:
    """Return the content key, or None when this key and label do not open it.

    This is the private-key operation, which is what opening costs: 1 to 6 ms, also in vain.
    """
    try:
        return key.private_key.decrypt(wrapped_key, oaep(label))
    except ValueError:
        return None


def open_value(
    text: str,
    keyring: Keyring,
    identity: Identity,
    *,
    first: Fingerprint | None = None,
    unwrap: Unwrap = unwrap_key,
) -> Opened:
    """Decrypt one value. The steps are numbered in the code.

    Args:
        text: The value as it stands under `encryptedData`.
        keyring: The keys to try, newest first.
        identity: What the object that holds the value is. Legal names are demanded before any
            key is touched.
        first: A hint which key to try first.
        unwrap: Uses a private key; one that remembers spares what is known to be in vain.

    Raises:
        IdentityError: The identity is not legal.
        EncodingError: (1) The text is not base64.
        FrameError: (2) The bytes are no sealed value, or (3) fit no key in size.
        NoMatchingKeyError: (4) No key opens it under this identity.
        CorruptCiphertextError: (5) A key fits and the rest does not authenticate.
    """
    label = identity.label
    parts = split(text)  # (1), (2)
    tried: list[Fingerprint] = []
    for key in keyring.candidates(len(parts.wrapped_key), first):  # (3)
        tried.append(key.fingerprint)
        if not _is_below_modulus(parts.wrapped_key, key):
            continue
        content_key = unwrap(parts.wrapped_key, key, label)  # (4)
        if content_key is not None:
            return Opened(_decrypt(parts.ciphertext, content_key), key.fingerprint)  # (5)
    raise _not_opened(parts, keyring, identity, tried)


def _is_below_modulus(wrapped_key: bytes, key: KeyPair) -> bool:
    """Tell whether a key can have made this: the remainder of a division is below the divisor."""
    return int.from_bytes(wrapped_key) < key.private_key.public_key().public_numbers().n


def _decrypt(ciphertext: bytes, content_key: bytes) -> SecretBytes:
    if len(content_key) != CONTENT_KEY_SIZE:
        raise CorruptCiphertextError(
            f"the content key has {len(content_key)} bytes; {CONTENT_KEY_SIZE} are written"
        )
    try:
        return SecretBytes(AESGCM(content_key).decrypt(ZERO_NONCE, ciphertext, None))
    except InvalidTag:
        raise CorruptCiphertextError("the value is damaged: it does not authenticate") from None


def _not_opened(
    parts: SealedParts, keyring: Keyring, identity: Identity, tried: list[Fingerprint]
) -> FrameError | NoMatchingKeyError:
    if len(keyring) and not tried:
        size = len(parts.wrapped_key)
        kind = OtherSizeError if size in _KEY_SIZES else FrameError
        return kind(
            f"the value is no sealed value, or for a key of another size: its first part has "
            f"{size} bytes, which fits no key held ({len(keyring)})"
        )
    return NoMatchingKeyError(
        f"no key opens the value as {identity} ({len(tried)} tried)",
        tried=tried,
        hint="it was sealed for another cluster, or for another name, namespace or scope",
    )
