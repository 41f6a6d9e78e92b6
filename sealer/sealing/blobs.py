"""Sealed values seen from outside: how long the plaintext is, and what can be no sealed value.

AES-GCM adds a tag and nothing else, and the RSA part is as long as the key's modulus, so that both
lengths are known without a key (compat.md 1.1).
"""

from dataclasses import dataclass

from sealer.errors import FrameError, SealedValueError
from sealer.wire import TAG_SIZE, split

# The RSA parts of keys from 2048 to 16384 bits; anything else was never sealed.
_WRAPPED_KEY_SIZES = range(256, 2048 + 1)


@dataclass(frozen=True, slots=True)
class Blob:
    """A sealed value, seen from outside.

    Attributes:
        length: Bytes of the plaintext.
        bits: Size of the RSA key that it is sealed with.
    """

    length: int
    bits: int


def measure(text: str) -> Blob:
    """Return what can be told of a sealed value without a key.

    Raises:
        SealedValueError: It can be no sealed value, whatever the key.
    """
    parts = split(text)
    size = len(parts.wrapped_key)
    if size not in _WRAPPED_KEY_SIZES:
        raise FrameError(f"the value was never sealed: no RSA key has {size} bytes")
    return Blob(len(parts.ciphertext) - TAG_SIZE, size * 8)


def fault_of(text: str) -> str:
    """Return why a text can be no sealed value; empty when it can."""
    try:
        measure(text)
    except SealedValueError as error:
        return error.message
    return ""
