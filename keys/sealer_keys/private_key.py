"""A private key opens what its certificate sealed. It is read here and shown nowhere."""

from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sealer_keys.certificate import MINIMUM_BITS, Certificate
from sealer_keys.errors import KeyMismatchError, NoPrivateKeyError, PrivateKeyError
from sealer_keys.fingerprint import Fingerprint, fingerprint
from sealer_keys.pem import PemBlock, read_blocks, without_mark

_READABLE = ("RSA PRIVATE KEY", "PRIVATE KEY")
_PROBE = b"sealer"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key that is known to work, and what is known about it.

    Attributes:
        private_key: Opens values. Kept out of `repr`.
        certificate: What the public half is handed out as; None for a bare private key.
        order_time: Newer keys seal and are tried first: notBefore, or the creation of the key's
            Secret (compat.md 1.6).
        origin: Where it came from, for messages: a file or Secret name.
        may_seal: Whether new values may be sealed with it; a compromised key only opens.
    """

    private_key: RSAPrivateKey = field(repr=False)
    certificate: Certificate | None
    order_time: datetime
    origin: str = ""
    may_seal: bool = True

    @property
    def fingerprint(self) -> Fingerprint:
        """The public key's name."""
        if self.certificate is not None:
            return self.certificate.fingerprint
        return fingerprint(self.private_key.public_key())


def load_private_key(data: bytes, *, thorough: bool = False) -> RSAPrivateKey:
    """Read the first private key of a PEM file: PKCS#1 or PKCS#8.

    Args:
        data: The file, in UTF-8 or, with a byte-order mark, UTF-16 or UTF-32.
        thorough: Prove the primes as well (a quarter of a second); for keys seen the first time.
            Otherwise one encryption and decryption shows that the key works (3 ms).

    Raises:
        NoPrivateKeyError: There is no private key in it; the hint says what there is instead.
        PrivateKeyError: It is encrypted, damaged, not RSA, or too short.
    """
    block = _first_block(data)
    pem = block.text
    try:
        key = serialization.load_pem_private_key(
            pem, password=None, unsafe_skip_rsa_key_validation=not thorough
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PrivateKeyError(
            "the private key is damaged or of an unknown kind", hint="restore it from a backup"
        ) from error
    if not isinstance(key, RSAPrivateKey):
        raise PrivateKeyError("private key is not an RSA key")
    if key.key_size < MINIMUM_BITS:
        raise PrivateKeyError(f"RSA key of {key.key_size} bits is too short")
    _check_works(key)
    return key


def check_pair(private_key: RSAPrivateKey, certificate: Certificate) -> None:
    """Refuse a private key that does not belong to the certificate.

    Raises:
        KeyMismatchError: The public halves differ.
    """
    if private_key.public_key().public_numbers() != certificate.public_key.public_numbers():
        raise KeyMismatchError(
            f"the private key does not belong to certificate {certificate.fingerprint}",
            hint="tls.key and tls.crt of one key belong together",
        )


def private_key_pem(private_key: RSAPrivateKey) -> bytes:
    """Return the key as PKCS#1 PEM, unencrypted, as key Secrets hold it (compat.md 1.4)."""
    return private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _first_block(data: bytes) -> PemBlock:
    labels: list[str] = []
    for block in read_blocks(data):
        if "ENCRYPTED" in block.label or any("ENCRYPTED" in line for line in block.headers):
            raise PrivateKeyError(
                "the private key is encrypted with a passphrase",
                hint="decrypt it first: openssl rsa -in FILE",
            )
        if block.label in _READABLE:
            return block
        if "PRIVATE KEY" in block.label:
            raise PrivateKeyError("private key is not an RSA key", hint=f"found {block.label}")
        labels.append(block.label)
    if labels:
        hint = f"the file holds {', '.join(dict.fromkeys(labels))} and no private key"
    elif without_mark(data).strip():
        hint = "a private key begins with -----BEGIN RSA PRIVATE KEY----- or PRIVATE KEY"
    else:
        hint = "the file is empty"
    raise NoPrivateKeyError("no private key found", hint=hint)


def _check_works(key: RSAPrivateKey) -> None:
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    try:
        works = key.decrypt(key.public_key().encrypt(_PROBE, oaep), oaep) == _PROBE
    except ValueError:
        works = False
    if not works:
        raise PrivateKeyError("the private key is damaged: it does not open what it sealed")
