"""Seal by hand, with every random number given, and wrongly where a vector asks for it.

Written from docs/format.md and RFC 8017 section 7.1.1; nothing of `sealer` is used, so that the
vectors hold it to something that is not itself.
"""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.vectors.generate.rsa import EXPONENT, VectorKey, derived

HASH_SIZE = 32


@dataclass(frozen=True)
class Recipe:
    """One value to seal. The fields below `seed` are right by default.

    Attributes:
        key: Whose public half seals.
        label: The OAEP label.
        plaintext: The value.
        content_key: What encrypts the value.
        seed: The random part of OAEP.
        nonce: Of AES-GCM.
        additional: The additional data of AES-GCM.
        label_hash: The hash over the label.
        mask_hash: The hash inside MGF1.
    """

    key: VectorKey
    label: bytes
    plaintext: bytes
    content_key: bytes = field(repr=False)
    seed: bytes
    nonce: bytes = bytes(12)
    additional: bytes = b""
    label_hash: str = "sha256"
    mask_hash: str = "sha256"

    def but(self, **changes: Any) -> "Recipe":  # noqa: ANN401 - as dataclasses.replace takes them
        """Return the same recipe with something changed."""
        return replace(self, **changes)

    @property
    def wrapped_key(self) -> bytes:
        """The content key under RSA-OAEP."""
        return power(self.key, self._padded())

    @property
    def ciphertext(self) -> bytes:
        """The value under AES-GCM, tag included."""
        return AESGCM(self.content_key).encrypt(self.nonce, self.plaintext, self.additional)

    @property
    def blob(self) -> bytes:
        """The bytes of the sealed value."""
        return join(self.wrapped_key, self.ciphertext)

    def _padded(self) -> bytes:
        """Return the content key as OAEP pads it."""
        label_hash = hashlib.new(self.label_hash, self.label).digest()
        zeros = bytes(self.key.size - len(self.content_key) - 2 * len(label_hash) - 2)
        block = label_hash + zeros + b"\x01" + self.content_key
        masked = _xor(block, self._mask(self.seed, len(block)))
        return b"\x00" + _xor(self.seed, self._mask(masked, len(self.seed))) + masked

    def _mask(self, seed: bytes, size: int) -> bytes:
        """Return MGF1 of a seed (RFC 8017 appendix B.2.1)."""
        mask = b""
        for counter in range(size // 20 + 1):
            mask += hashlib.new(self.mask_hash, seed + counter.to_bytes(4)).digest()
        return mask[:size]


def recipe(name: str, key: VectorKey, label: bytes, plaintext: bytes) -> Recipe:
    """Return the right way to seal a value; its random numbers come from the vector's name."""
    return Recipe(
        key,
        label,
        plaintext,
        content_key=derived(f"{name}: content key", 32),
        seed=derived(f"{name}: seed", HASH_SIZE),
    )


def join(wrapped_key: bytes, ciphertext: bytes) -> bytes:
    """Put the parts of a value together."""
    return len(wrapped_key).to_bytes(2) + wrapped_key + ciphertext


def power(key: VectorKey, padded: bytes) -> bytes:
    """Do the public-key operation."""
    return pow(int.from_bytes(padded), EXPONENT, key.modulus).to_bytes(key.size)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
