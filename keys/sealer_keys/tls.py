"""A TLS server's certificate chain and private key: read from PEM, checked to belong together.

The reading follows Go's `tls.X509KeyPair`, by which `kubectl create secret tls` and most servers
in a cluster judge a pair. On top of that the order of the chain is checked (RFC 5246, 7.4.2).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from sealer_keys.errors import (
    CertificateError,
    KeyMismatchError,
    NoCertificateError,
    NoPrivateKeyError,
    PrivateKeyError,
)
from sealer_keys.pem import PemBlock, read_blocks, without_mark

TlsPrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
_SOON = timedelta(days=30)


def read_chain(data: bytes) -> list[x509.Certificate]:
    """Read the certificates of a PEM file, the server's own one first; other blocks are skipped.

    Raises:
        NoCertificateError: There is none; the hint says what there is instead.
        CertificateError: One is damaged, or the file begins with a byte-order mark, which servers
            do not read.
    """
    _refuse_mark(data, CertificateError)
    blocks = list(read_blocks(data))
    chain = [block for block in blocks if block.label == "CERTIFICATE"]
    if not chain:
        raise NoCertificateError("no certificate found", hint=_instead(data, blocks))
    return [_parse(block.der, number) for number, block in enumerate(chain, 1)]


def read_tls_key(data: bytes) -> TlsPrivateKey:
    """Read the first private key of a PEM file: PKCS#8, PKCS#1 or SEC 1, not encrypted.

    Raises:
        NoPrivateKeyError: There is none; the hint says what there is instead.
        PrivateKeyError: It is encrypted, damaged or of a kind that servers do not use, or the file
            begins with a byte-order mark, which they do not read.
    """
    _refuse_mark(data, PrivateKeyError)
    blocks = list(read_blocks(data))
    block = next((each for each in blocks if each.label.endswith("PRIVATE KEY")), None)
    if block is None:
        raise NoPrivateKeyError("no private key found", hint=_instead(data, blocks))
    if "ENCRYPTED" in block.label or any("ENCRYPTED" in line for line in block.headers):
        raise PrivateKeyError(
            "the private key is encrypted with a passphrase, and a server cannot ask for it",
            hint="decrypt it first: openssl pkey -in FILE",
        )
    if block.label == "OPENSSH PRIVATE KEY":
        raise PrivateKeyError(
            "this is a key in OpenSSH's own format, which TLS servers do not read",
            hint="write it as PKCS#8: ssh-keygen -p -m PKCS8 -f FILE",
        )
    try:
        key = load_der_private_key(block.der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PrivateKeyError("the private key is damaged or of an unknown kind") from error
    if not isinstance(key, TlsPrivateKey):
        raise PrivateKeyError("the private key is neither RSA, ECDSA nor Ed25519")
    return key


def check_tls_pair(chain: Sequence[x509.Certificate], key: TlsPrivateKey) -> None:
    """Refuse a chain whose first certificate is not the key's, or that is not in order.

    Raises:
        KeyMismatchError: The key belongs to another certificate.
        CertificateError: A certificate was not issued by the one behind it.
    """
    public_key = key.public_key()
    owners = [at for at, each in enumerate(chain, 1) if _is_for(each, public_key)]
    if not owners:
        raise KeyMismatchError(
            "the private key does not belong to the certificate",
            hint="name the key that the certificate was requested with",
        )
    if owners[0] != 1:
        raise CertificateError(
            f"the private key belongs to certificate {owners[0]} of the file, which has to be the "
            "first",
            hint="put the server's own certificate first, behind it the one that issued it, and "
            "so on",
        )
    for at in range(1, len(chain)):
        _check_issued(chain[at - 1], chain[at], at)


def validity_warnings(chain: Sequence[x509.Certificate], now: datetime) -> list[str]:
    """Return what should be known about the validity of a chain, a sentence each."""
    warnings = []
    for at, certificate in enumerate(chain, 1):
        name = "the certificate" if len(chain) == 1 else f"certificate {at} of the file"
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if end < now:
            warnings.append(f"{name} expired on {end:%Y-%m-%d}")
        elif end - now < _SOON:
            warnings.append(f"{name} expires on {end:%Y-%m-%d}, in {(end - now).days} days")
        if start > now:
            warnings.append(f"{name} is not valid before {start:%Y-%m-%d}")
    return warnings


def _parse(der: bytes, number: int) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise CertificateError(
            f"certificate {number} of the file is damaged or of an unknown kind"
        ) from error
    return certificate


def _is_for(certificate: x509.Certificate, public_key: object) -> bool:
    return certificate.public_key() == public_key


def _check_issued(issued: x509.Certificate, issuer: x509.Certificate, at: int) -> None:
    try:
        issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise CertificateError(
            f"certificate {at} of the file was not issued by certificate {at + 1}",
            hint="put the server's own certificate first, behind it the one that issued it, and "
            "so on; leave out what does not belong there",
        ) from error


def _refuse_mark(data: bytes, error: type[CertificateError] | type[PrivateKeyError]) -> None:
    if without_mark(data) is not data:
        raise error(
            "the file begins with a byte-order mark, and servers would find nothing in it",
            hint="save it as plain ASCII text",
        )


def _instead(data: bytes, blocks: Sequence[PemBlock]) -> str:
    if blocks:
        return f"the file holds {', '.join(dict.fromkeys(block.label for block in blocks))}"
    if not data.strip():
        return "the file is empty"
    if data.startswith(b"\x30"):
        return "the file is DER; servers read PEM: openssl x509 or openssl pkey, -inform DER"
    return "the file holds no whole PEM block"
