"""A sealing certificate carries the public key that values are sealed with.

Certificates are self-signed and prove nothing about who made them: only the public key, the
validity dates and the fingerprint count. Extensions are never read, because those of the
original's certificates make the `cryptography` package raise (compat.md 1.4).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from warnings import catch_warnings, simplefilter

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning

from sealer_keys.errors import (
    CertificateError,
    ExpiredCertificateError,
    NoCertificateError,
    UnsupportedKeyTypeError,
)
from sealer_keys.fingerprint import Fingerprint, fingerprint
from sealer_keys.pem import PemBlock, read_blocks, without_mark

MINIMUM_BITS = 2048
_NONE_FOUND = "data does not contain any valid RSA or ECDSA certificates"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that can seal.

    Attributes:
        pem: The certificate alone, as PEM.
        public_key: What values are sealed with.
        fingerprint: The public key's name.
        not_before: Start of validity, UTC.
        not_after: End of validity, UTC.
        subject: The subject as RFC 4514 text; empty in most sealing certificates.
    """

    pem: bytes
    public_key: RSAPublicKey
    fingerprint: Fingerprint
    not_before: datetime
    not_after: datetime
    subject: str

    @property
    def bits(self) -> int:
        """The size of the RSA modulus in bits."""
        return self.public_key.key_size

    def check_validity(self, now: datetime) -> None:
        """Refuse an expired certificate; a future start of validity is no reason to refuse.

        Raises:
            ExpiredCertificateError: `now` is later than the end of validity (compat.md 1.5).
        """
        if now > self.not_after:
            day = f"{self.not_after:%B} {self.not_after.day}, {self.not_after.year}"
            raise ExpiredCertificateError(
                f"failed to encrypt using an expired certificate on {day}",
                hint="fetch the controller's newest certificate",
            )


def load_certificate(data: bytes, *, minimum_bits: int = MINIMUM_BITS) -> Certificate:
    """Read the first certificate of a PEM file, or a DER file.

    Args:
        data: The file: PEM in UTF-8 or, with a byte-order mark, UTF-16 or UTF-32; or DER.
        minimum_bits: The smallest RSA modulus to accept.

    Raises:
        NoCertificateError: There is no certificate in it; the hint says what there is instead.
        CertificateError: The first certificate is damaged.
        UnsupportedKeyTypeError: Its key is not RSA, or too short.
    """
    return _from_der(_first_der(data), minimum_bits)


def _first_der(data: bytes) -> bytes:
    others: list[str] = []
    for block in read_blocks(data):
        if block.label == "CERTIFICATE" and not block.headers:
            return block.der
        others.append(block.label)
    if data.startswith(b"\x30") and not others:  # a DER file begins with an ASN.1 SEQUENCE
        return data
    raise NoCertificateError(_NONE_FOUND, hint=_describe(without_mark(data), others))


def _describe(text: bytes, labels: list[str]) -> str:
    if not text.strip():
        return "the file is empty"
    if any("PRIVATE KEY" in label for label in labels):
        return "this is a private key; the certificate is another file"
    if labels:
        return f"the file holds {', '.join(dict.fromkeys(labels))}, and no CERTIFICATE block"
    if b"-----BEGIN CERTIFICATE-----" in text:
        return "the PEM block is cut, or its lines are indented"
    return "a certificate file begins with -----BEGIN CERTIFICATE-----"


def _from_der(der: bytes, minimum_bits: int) -> Certificate:
    try:
        with catch_warnings():
            # Odd serial numbers are no concern of who seals (compat.md 1.5).
            simplefilter("ignore", CryptographyDeprecationWarning)
            parsed = x509.load_der_x509_certificate(der)
        public_key = parsed.public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise CertificateError(
            "x509: malformed certificate", hint="the file is damaged; fetch it again"
        ) from error
    if not isinstance(public_key, RSAPublicKey):
        found = type(public_key).__name__.removesuffix("PublicKey")
        raise UnsupportedKeyTypeError(f"expected RSA public key but found {found}")
    if public_key.key_size < minimum_bits:
        raise UnsupportedKeyTypeError(
            f"RSA key of {public_key.key_size} bits is too short",
            hint=f"at least {minimum_bits} bits are needed",
        )
    return Certificate(
        pem=PemBlock("CERTIFICATE", (), der).text,
        public_key=public_key,
        fingerprint=fingerprint(public_key),
        not_before=parsed.not_valid_before_utc.astimezone(UTC),
        not_after=parsed.not_valid_after_utc.astimezone(UTC),
        subject=_subject(parsed),
    )


def _subject(parsed: x509.Certificate) -> str:
    try:
        return parsed.subject.rfc4514_string()
    except ValueError:  # an odd name is no reason to refuse the key
        return ""
