"""The fingerprint of a certificate, read without `cryptography`, which the hook cannot wait for.

Only what leads to the public key is read; whether the rest is right, sealing finds out. Source:
RFC 5280 section 4.1, RFC 8017 appendix A.1.1, and X.690 for DER.
"""

import base64
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from sealer_keys.pem import read_blocks

_SEQUENCE, _INTEGER, _BIT_STRING, _OBJECT, _VERSION = 0x30, 0x02, 0x03, 0x06, 0xA0
_RSA = bytes.fromhex("2a864886f70d010101")
_LONG_FORM = 0x80
_MOST_LENGTH_BYTES = 4
# Serial number, algorithm, issuer, validity and subject stand before the key.
_BEFORE_THE_KEY = 5


class _Element(NamedTuple):
    """A value in DER: what it is, and its content."""

    tag: int
    content: bytes


def fingerprint_of(data: bytes) -> str:
    """Return the fingerprint of the certificate that sealing would take from a file.

    Args:
        data: PEM, of which the first certificate counts, or DER.

    Returns:
        As `sealer_keys.fingerprint` has it; empty where there is no certificate with an RSA key.
    """
    try:
        exponent, modulus = _public_key(_first_der(data))
    except ValueError:
        return ""
    wire = b"".join(map(_string, (b"ssh-rsa", _mpint(exponent), _mpint(modulus))))
    return "SHA256:" + base64.b64encode(sha256(wire).digest()).decode().rstrip("=")


def _first_der(data: bytes) -> bytes:
    blocks = read_blocks(data)
    certificates = (each for each in blocks if each.label == "CERTIFICATE" and not each.headers)
    return next((each.der for each in certificates), data)


def _public_key(der: bytes) -> tuple[int, int]:
    """Return exponent and modulus.

    Raises:
        ValueError: This is no certificate, or its key is no RSA key.
    """
    certificate = _inside(next(_elements(der), None), _SEQUENCE)
    fields = list(_elements(_inside(next(_elements(certificate), None), _SEQUENCE)))
    if fields and fields[0].tag == _VERSION:
        del fields[0]
    key = list(_elements(_inside(_at(fields, _BEFORE_THE_KEY), _SEQUENCE)))
    algorithm = next(_elements(_inside(_at(key, 0), _SEQUENCE)), None)
    if _inside(algorithm, _OBJECT) != _RSA:
        raise ValueError
    bits = _inside(_at(key, 1), _BIT_STRING)
    numbers = list(_elements(_inside(next(_elements(bits[1:]), None), _SEQUENCE)))
    modulus, exponent = (_inside(_at(numbers, n), _INTEGER) for n in (0, 1))
    return int.from_bytes(exponent), int.from_bytes(modulus)


def _elements(data: bytes) -> Iterator[_Element]:
    """Yield the values that stand one behind the other.

    Raises:
        ValueError: One is cut.
    """
    at = 0
    while at < len(data):
        head = data[at : at + 2]
        if len(head) < 2:  # noqa: PLR2004 - a tag and a length
            raise ValueError
        start = at + 2
        size = head[1]
        if size >= _LONG_FORM:
            count = size - _LONG_FORM
            if not 0 < count <= _MOST_LENGTH_BYTES:
                raise ValueError
            size = int.from_bytes(data[start : start + count])
            start += count
        at = start + size
        if at > len(data):
            raise ValueError
        yield _Element(head[0], data[start:at])


def _at(elements: list[_Element], index: int) -> _Element | None:
    return elements[index] if index < len(elements) else None


def _inside(element: _Element | None, tag: int) -> bytes:
    if element is None or element.tag != tag:
        raise ValueError
    return element.content


def _string(value: bytes) -> bytes:
    return len(value).to_bytes(4) + value


def _mpint(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1)
