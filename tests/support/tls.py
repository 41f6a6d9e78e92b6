"""Certificates and keys of all kinds, made for tests."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
NOW = datetime(2030, 1, 1, tzinfo=UTC)
PASSWORD = b"passphrase"


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key as PKCS#8 PEM."""
        return key_pem(self.key)


@cache
def private_key(kind: str, number: int = 0) -> PrivateKey:
    """Return a key: `rsa`, `p256`, `p384` or `ed25519`; another one for each number."""
    assert number >= 0
    match kind:
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case "p256":
            return ec.generate_private_key(ec.SECP256R1())
        case "p384":
            return ec.generate_private_key(ec.SECP384R1())
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
    raise AssertionError(kind)


def issue(
    name: str,
    issuer: Issued | None = None,
    *,
    kind: str = "p256",
    start: datetime = NOW - timedelta(days=1),
    end: datetime = NOW + timedelta(days=90),
) -> Issued:
    """Return a certificate by that common name, self-signed without an issuer."""
    key = private_key(kind, len(name))
    subject = x509.Name([x509.NameAttribute(x509.OID_COMMON_NAME, name)])
    signer = issuer.key if issuer else key
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .sign(signer, digest)
    )
    return Issued(certificate, key)


def serving(path: Path) -> ssl.SSLContext:
    """Return what serves HTTPS on 127.0.0.1 with a certificate of its own, valid for many years.

    Args:
        path: Where key and certificate go; whoever trusts this file trusts the server.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36_500))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(key_pem(key) + certificate.public_bytes(Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


def key_pem(
    key: PrivateKey, form: PrivateFormat = PrivateFormat.PKCS8, *, encrypted: bool = False
) -> bytes:
    """Return a key as PEM."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if encrypted:
        encryption = serialization.BestAvailableEncryption(PASSWORD)
    return key.private_bytes(Encoding.PEM, form, encryption)


@cache
def odd_key_pem(kind: str) -> bytes:
    """Return a key that TLS servers do not use as PKCS#8 PEM: `dsa` or `ed448`."""
    key = dsa.generate_private_key(2048) if kind == "dsa" else ed448.Ed448PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption())
