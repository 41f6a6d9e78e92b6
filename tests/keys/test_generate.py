"""A generated certificate is the original's, field by field (compat.md 1.4)."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from sealer_keys.errors import PrivateKeyError
from sealer_keys.generate import KeyOptions, generate_key_pair
from sealer_keys.private_key import KeyPair, check_pair, load_private_key, private_key_pem
from tests.support import vectors

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
# The quickest size that the product accepts: these tests look at the certificate, not the key.
OPTIONS = KeyOptions(bits=2048)


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    """Return a fresh key pair."""
    return generate_key_pair(NOW, OPTIONS)


def _openssl_text(pem: bytes, tmp_path: Path) -> str:
    file = tmp_path / "certificate.pem"
    file.write_bytes(pem)
    command = ["openssl", "x509", "-in", str(file), "-noout", "-text"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _certificate(pair: KeyPair) -> x509.Certificate:
    assert pair.certificate is not None
    return x509.load_pem_x509_certificate(pair.certificate.pem)


def _extensions(text: str) -> list[str]:
    """Return the extension lines as openssl shows them, without values that differ by key."""
    _, _, tail = text.partition("X509v3 extensions:")
    block, _, _ = tail.partition("Signature Algorithm")
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    return [line for line in lines if line.count(":") < 5]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl program")
def test_generate_key_pair_has_the_originals_extensions(pair: KeyPair, tmp_path: Path) -> None:
    """An independent reader shows the same extensions as for the original's certificate."""
    assert pair.certificate is not None
    ours = _openssl_text(pair.certificate.pem, tmp_path)
    theirs = _openssl_text((vectors.KEYS / "peer-a.crt.pem").read_bytes(), tmp_path)
    assert sorted(_extensions(ours)) == sorted(_extensions(theirs))


def test_generate_key_pair_key_usage_has_the_originals_bytes(pair: KeyPair) -> None:
    """The key usage is encipherOnly alone: critical, and exactly these bytes."""
    der = _certificate(pair).public_bytes(serialization.Encoding.DER)
    assert bytes.fromhex("0603551d0f0101ff040403020001") in der


def test_generate_key_pair_without_common_name_has_empty_names(pair: KeyPair) -> None:
    """Subject and issuer are empty sequences."""
    certificate = _certificate(pair)
    assert certificate.subject.public_bytes() == bytes.fromhex("3000")
    assert certificate.issuer == certificate.subject


def test_generate_key_pair_with_common_name_names_subject_and_issuer() -> None:
    """`--my-cn` becomes both names."""
    certificate = _certificate(generate_key_pair(NOW, KeyOptions(bits=2048, common_name="shop")))
    assert certificate.subject.rfc4514_string() == "CN=shop"
    assert certificate.issuer == certificate.subject


def test_generate_key_pair_validity_is_ten_years_from_now(pair: KeyPair) -> None:
    """Validity starts now and ends ten times 365 days later."""
    assert pair.certificate is not None
    assert pair.certificate.not_before == NOW
    assert pair.certificate.not_after == NOW + timedelta(hours=87600)
    assert pair.order_time == NOW


def test_generate_key_pair_signs_itself(pair: KeyPair) -> None:
    """The certificate is signed with its own key, SHA-256 with RSA, version 3."""
    certificate = _certificate(pair)
    certificate.verify_directly_issued_by(certificate)
    assert certificate.signature_algorithm_oid == x509.SignatureAlgorithmOID.RSA_WITH_SHA256
    assert certificate.version is x509.Version.v3
    assert 0 < certificate.serial_number < 2**128


def test_generate_key_pair_key_and_certificate_belong_together(pair: KeyPair) -> None:
    """The key survives writing and reading, and is the certificate's."""
    assert pair.certificate is not None
    check_pair(load_private_key(private_key_pem(pair.private_key)), pair.certificate)
    assert pair.private_key.public_key().public_numbers().e == 65537


def test_generate_key_pair_default_size_is_4096() -> None:
    """The default is the original's."""
    assert KeyOptions().bits == 4096


@pytest.mark.parametrize("bits", [0, 1024, 2047, 16385])
def test_generate_key_pair_size_out_of_range_is_refused(bits: int) -> None:
    """A size that nobody should use is an error, not a weak key."""
    with pytest.raises(PrivateKeyError, match=f"{bits} bits"):
        generate_key_pair(NOW, KeyOptions(bits=bits))
