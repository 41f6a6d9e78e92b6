"""A fingerprint names a public key in a line: what `ssh-keygen -l` prints for it."""

import base64
from hashlib import sha256
from typing import NewType

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

Fingerprint = NewType("Fingerprint", str)
SHORT_LENGTH = 16


def fingerprint(public_key: RSAPublicKey) -> Fingerprint:
    """Return `SHA256:` and the unpadded base64 of SHA-256 over the key's SSH wire encoding.

    Source: compat.md 1.6; RFC 4253 section 6.6 for the encoding `ssh-rsa`, e, n.
    """
    numbers = public_key.public_numbers()
    wire = _string(b"ssh-rsa") + _string(_mpint(numbers.e)) + _string(_mpint(numbers.n))
    return Fingerprint("SHA256:" + base64.b64encode(sha256(wire).digest()).decode().rstrip("="))


def short(name: Fingerprint) -> str:
    """Return the first characters of a fingerprint, for people and for hints; not for trust."""
    return name.removeprefix("SHA256:")[:SHORT_LENGTH]


def _string(value: bytes) -> bytes:
    return len(value).to_bytes(4) + value


def _mpint(value: int) -> bytes:
    # One bit more than the number needs: a leading one bit would make it negative (RFC 4251).
    return value.to_bytes(value.bit_length() // 8 + 1)
