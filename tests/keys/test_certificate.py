"""Which certificates seal, judged beside the original's verdict on every recorded one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sealer_keys.certificate import load_certificate
from sealer_keys.errors import (
    CertificateError,
    ExpiredCertificateError,
    NoCertificateError,
    UnsupportedKeyTypeError,
)
from tests.support import vectors

CERTIFICATES: list[dict[str, Any]] = vectors.key_index()["certificates"]
# The original refuses these for their encoding; we read them (compat.md 1.5, cli.md 7).
READ_BY_US = {"utf16.crt.pem", "bom.crt.pem", "der.crt"}
ACCEPTED = [entry for entry in CERTIFICATES if entry["verdict"] == "accept"]
REFUSED = [
    entry
    for entry in CERTIFICATES
    if entry["verdict"] == "refuse" and entry["file"] not in READ_BY_US
]


def _load_and_check(file: str) -> str:
    certificate = load_certificate((vectors.KEYS / file).read_bytes())
    certificate.check_validity(vectors.RECORDED)
    return certificate.fingerprint


@pytest.mark.parametrize("entry", ACCEPTED, ids=lambda entry: entry["file"])
def test_load_certificate_accepted_by_the_original_has_recorded_key(entry: dict[str, Any]) -> None:
    """What the original seals with, we seal with, to the same key."""
    assert _load_and_check(entry["file"]) == vectors.key_pair(entry["seals_to"]).fingerprint


@pytest.mark.parametrize("file", sorted(READ_BY_US))
def test_load_certificate_in_other_encoding_is_read(file: str) -> None:
    """PowerShell's UTF-16, a byte-order mark and DER are no reason to refuse."""
    assert _load_and_check(file) == vectors.key_pair("rsa2048").fingerprint


@pytest.mark.parametrize("entry", REFUSED, ids=lambda entry: entry["file"])
def test_load_certificate_refused_by_the_original_gives_its_message(entry: dict[str, Any]) -> None:
    """What the original refuses, we refuse, with the text that scripts look for."""
    with pytest.raises(CertificateError) as caught:
        _load_and_check(entry["file"])
    assert f"error: {caught.value.message}".startswith(entry["peer_error"])


@pytest.mark.parametrize(
    ("file", "error"),
    [
        ("expired.crt.pem", ExpiredCertificateError),
        ("ec.crt.pem", UnsupportedKeyTypeError),
        ("empty.crt.pem", NoCertificateError),
        ("public-key-only.pem", NoCertificateError),
        ("truncated.crt.pem", NoCertificateError),
        ("damaged.crt.pem", CertificateError),
    ],
)
def test_load_certificate_faults_are_told_apart(file: str, error: type[CertificateError]) -> None:
    """Each fault has a type of its own."""
    with pytest.raises(CertificateError) as caught:
        _load_and_check(file)
    assert caught.type is error


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("empty.crt.pem", "empty"),
        ("public-key-only.pem", "PUBLIC KEY"),
        ("peer-a.key.pem", "private key"),
        ("truncated.crt.pem", "cut"),
        ("indented.crt.pem", "indented"),
    ],
)
def test_load_certificate_without_one_hints_at_what_the_file_is(file: str, words: str) -> None:
    """People name the wrong file; the hint says what it holds."""
    with pytest.raises(NoCertificateError) as caught:
        load_certificate((vectors.KEYS / file).read_bytes())
    assert words in caught.value.hint


def test_load_certificate_short_key_is_refused_unless_allowed() -> None:
    """The smallest modulus is the caller's decision, 2048 bits by default."""
    pem = (vectors.KEYS / "rsa2048.crt.pem").read_bytes()
    assert load_certificate(pem, minimum_bits=2048).bits == 2048
    with pytest.raises(UnsupportedKeyTypeError, match="2048 bits is too short"):
        load_certificate(pem, minimum_bits=3072)


def test_check_validity_at_the_last_moment_passes() -> None:
    """Only a time later than notAfter is too late."""
    certificate = load_certificate((vectors.KEYS / "expired.crt.pem").read_bytes())
    certificate.check_validity(certificate.not_after)
    with pytest.raises(ExpiredCertificateError, match="on February 28, 2021"):
        certificate.check_validity(certificate.not_after + timedelta(seconds=1))


def test_load_certificate_keeps_nothing_but_the_certificate_as_pem() -> None:
    """What is handed out later is one clean PEM block, whatever stood around it."""
    certificate = load_certificate((vectors.KEYS / "text-around.crt.pem").read_bytes())
    assert certificate.pem.startswith(b"-----BEGIN CERTIFICATE-----\n")
    assert certificate.pem.endswith(b"\n-----END CERTIFICATE-----\n")
    assert load_certificate(certificate.pem) == certificate


def test_load_certificate_dates_are_utc() -> None:
    """Dates compare with aware times."""
    certificate = load_certificate((vectors.KEYS / "not-yet.crt.pem").read_bytes())
    assert certificate.not_before.tzinfo is UTC
    assert certificate.not_before > datetime.now(UTC)


@given(st.binary(max_size=400))
def test_load_certificate_junk_raises_our_error_only(data: bytes) -> None:
    """No foreign exception leaves the loader, whatever the bytes."""
    with pytest.raises(CertificateError):
        load_certificate(data)


@given(st.integers(0, 798), st.integers(1, 255))
@example(15, 128)  # a serial number below zero
def test_load_certificate_flipped_byte_raises_our_error_or_loads(at: int, flip: int) -> None:
    """A damaged DER file loads or gives our error; its signature is nobody's business."""
    der = bytearray((vectors.KEYS / "der.crt").read_bytes())
    der[at] ^= flip
    try:
        load_certificate(bytes(der))
    except CertificateError:
        return
