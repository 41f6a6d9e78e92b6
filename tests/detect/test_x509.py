"""The light reader of certificates and `cryptography` agree about every fingerprint."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.detect.x509 import fingerprint_of
from sealer_keys.certificate import load_certificate
from sealer_keys.errors import SealerError
from tests.support.vectors import KEYS

_FILES = sorted(KEYS.glob("*.crt.pem"))
_PEM = (KEYS / "rsa2048.crt.pem").read_bytes()
_DER = base64.b64decode(b"".join(_PEM.split(b"-----")[2].split()))


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_fingerprint_of_file_is_what_sealing_says(file: object) -> None:
    """Marks, bundles and damage included; what cannot seal for other reasons may have one."""
    data = file.read_bytes()  # type: ignore[attr-defined] # parametrized by pytest
    try:
        expected = load_certificate(data, minimum_bits=512).fingerprint
    except SealerError:
        return
    assert fingerprint_of(data) == expected


def test_fingerprint_of_der_is_that_of_pem() -> None:
    """Sealing takes both forms."""
    assert fingerprint_of(_DER) == fingerprint_of(_PEM) != ""


@pytest.mark.parametrize("data", [b"", b"0", b"0\x82", b"0\x80\0\0", b"\x31\x00", b"hunter2",
    _DER[:300], _DER.replace(bytes.fromhex("2a864886f70d010101"), bytes(9)),
    _PEM.replace(b"MII", b"AII", 1)])  # fmt: skip
def test_fingerprint_of_anything_else_is_empty(data: bytes) -> None:
    """What has no fingerprint matches no pin."""
    assert fingerprint_of(data) == ""


@given(st.integers(0, len(_DER) - 1), st.integers(0, 255), st.binary(max_size=4))
def test_fingerprint_of_damaged_certificate_never_raises(at: int, byte: int, more: bytes) -> None:
    """Any bytes may stand in a repository."""
    fingerprint_of(_DER[:at] + bytes([byte]) + more + _DER[at + 1 :])
