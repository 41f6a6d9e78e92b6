"""Whether an old ciphertext still holds a value, told from keyed digests without decrypting.

Sealing the same value twice gives different bytes. Whoever sealed it before has a digest of what
went in and what came out, under a random key of their own: nobody without that key can check a
guess of the value (cli.md 3, "Quiet diffs").
"""

import hmac
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from sealer.scope import Identity
from sealer.sensitive import SecretBytes

KEY_SIZE = 32


class Verdict(Enum):
    """What digests tell about a ciphertext and a value."""

    SAME = "same"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ItemDigests:
    """The digests of an item that was sealed, 32 bytes each.

    Attributes:
        ciphertext: Stands for where the item belongs, the key, and the ciphertext.
        value: Stands for all of that and the value.
    """

    ciphertext: bytes
    value: bytes


def item_digests(
    identity: Identity, item: str, fingerprint: str, text: str, value: SecretBytes, *, key: bytes
) -> ItemDigests:
    """Return the digests of an item.

    Args:
        identity: What the value is sealed for.
        item: The item's key.
        fingerprint: The public key that it is sealed with.
        text: The sealed text; line ends in it do not count.
        value: The value.
        key: The secret key of the digests, `KEY_SIZE` bytes.
    """
    place = (identity.scope.value, identity.namespace, identity.name, item, fingerprint)
    ciphertext = text.translate({10: None, 13: None}).encode(errors="surrogatepass")
    parts = [*(part.encode() for part in place), sha256(ciphertext).digest()]
    return ItemDigests(
        _authenticate(key, b"ciphertext", *parts),
        _authenticate(key, b"value", *parts, value.reveal()),
    )


def _authenticate(key: bytes, *parts: bytes) -> bytes:
    """Return HMAC-SHA-256 over parts, each behind its length: no two lists of parts read alike."""
    message = b"".join(len(part).to_bytes(8) + part for part in parts)
    return hmac.digest(key, message, "sha256")
