"""Make a sealing key pair that the original controller accepts as its own (compat.md 1.4)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sealer_keys.certificate import MINIMUM_BITS, load_certificate
from sealer_keys.errors import PrivateKeyError
from sealer_keys.private_key import KeyPair

DEFAULT_BITS = 4096
MAXIMUM_BITS = 16384
DEFAULT_VALIDITY = timedelta(days=3650)
# keyUsage with encipherOnly alone is what the original writes. `x509.KeyUsage` refuses the
# combination (RFC 5280 defines it only together with keyAgreement), so the bytes are given.
_ENCIPHER_ONLY = x509.UnrecognizedExtension(x509.OID_KEY_USAGE, bytes.fromhex("03020001"))


@dataclass(frozen=True, slots=True)
class KeyOptions:
    """What a new key looks like.

    Attributes:
        bits: Size of the RSA modulus.
        validity: How long the certificate may seal.
        common_name: Subject and issuer; both are empty sequences without it.
    """

    bits: int = DEFAULT_BITS
    validity: timedelta = DEFAULT_VALIDITY
    common_name: str = ""


def generate_key_pair(now: datetime, options: KeyOptions | None = None) -> KeyPair:
    """Return a new RSA key and its self-signed certificate, valid from `now`.

    Takes about a second for 4096 bits.

    Raises:
        PrivateKeyError: The size is out of range.
    """
    options = options or KeyOptions()
    if not MINIMUM_BITS <= options.bits <= MAXIMUM_BITS:
        raise PrivateKeyError(
            f"a key of {options.bits} bits cannot be made",
            hint=f"between {MINIMUM_BITS} and {MAXIMUM_BITS} bits are possible; 4096 is usual",
        )
    key = rsa.generate_private_key(public_exponent=65537, key_size=options.bits)
    der = _self_sign(key, now, options).public_bytes(serialization.Encoding.DER)
    return KeyPair(key, load_certificate(der), order_time=now)


def _self_sign(key: rsa.RSAPrivateKey, now: datetime, options: KeyOptions) -> x509.Certificate:
    attributes = []
    if options.common_name:
        attributes.append(x509.NameAttribute(x509.OID_COMMON_NAME, options.common_name))
    name = x509.Name(attributes)
    public_key = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(1 + secrets.randbelow(2**128 - 1))
        .not_valid_before(now)
        .not_valid_after(now + options.validity)
        .add_extension(_ENCIPHER_ONLY, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    return builder.sign(key, hashes.SHA256())
