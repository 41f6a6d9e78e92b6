"""New TLS keys, and certificates that vouch for themselves: for tests and inside a cluster."""

import ipaddress
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from sealer_keys.errors import CertificateError

VALIDITY = timedelta(days=365)
_LABEL = r"(?!-)[-_a-zA-Z0-9]{1,63}(?<!-)"
_DNS_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_LONGEST_DNS_NAME = 253
_LONGEST_COMMON_NAME = 64  # RFC 5280, ub-common-name
_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class TlsPair:
    """A certificate and its private key.

    Attributes:
        certificate: The certificate, PEM.
        private_key: The key, PKCS#8 PEM. Kept out of `repr`.
        fingerprint: SHA-256 of the certificate as `openssl x509 -fingerprint` prints it.
    """

    certificate: bytes
    private_key: bytes = field(repr=False)
    fingerprint: str


def self_signed(hosts: Sequence[str], now: datetime) -> TlsPair:
    """Return a new ECDSA P-256 key and a certificate for hosts, valid for a year.

    Args:
        hosts: DNS names, which may begin with `*.`, and IP addresses; at least one.
        now: When the validity begins, less five minutes for clocks that are behind.

    Raises:
        CertificateError: No certificate can be for one of the hosts.
    """
    names = host_names(hosts)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(x509.OID_COMMON_NAME, host)
            for host in hosts[:1]
            if len(host) <= _LONGEST_COMMON_NAME
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1 + secrets.randbelow(2**128 - 1))
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + VALIDITY)
        # Without a subject, RFC 5280 wants the alternative names to be critical.
        .add_extension(x509.SubjectAlternativeName(names), critical=not list(subject))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.OID_SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return TlsPair(
        certificate.public_bytes(serialization.Encoding.PEM),
        _pkcs8(key),
        certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
    )


def host_names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    """Return what a certificate calls hosts.

    Raises:
        CertificateError: One is neither a DNS name nor an IP address.
    """
    return [_host_name(host) for host in hosts]


def rsa_key_pem(bits: int) -> bytes:
    """Return a new RSA key as PKCS#8 PEM. Takes about a second for 4096 bits."""
    return _pkcs8(rsa.generate_private_key(public_exponent=65537, key_size=bits))


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        if len(host) > _LONGEST_DNS_NAME or not _DNS_NAME.fullmatch(host):
            raise CertificateError(
                "not every host is a DNS name or an IP address",
                hint="such as shop.example.com, *.shop.example.com or 10.0.0.1",
            ) from None
        return x509.DNSName(host)


def _pkcs8(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
