"""RSA keys that anybody can make again: their primes come from a phrase that stands here.

Whoever reads this file knows the private keys, so they can protect nothing: that is the point.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import shake_256
from math import gcd, prod

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

EXPONENT = 65537
NOTICE = "TEST ONLY: every key is made from a phrase that is public, and protects nothing."
# The git hook knows a private key when it sees one, and lets pass what says why.
_HEADER = f"# sealer:allow SH018 {NOTICE}\n"
# 24 rounds with fixed bases: the candidates come out of a hash, nobody chose them to deceive.
_BASES = (
    *(2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37),
    *(41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89),
)
_SMALL_PRIMES = [n for n in range(3, 10_000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]
_PRODUCT = prod(_SMALL_PRIMES)


@dataclass(frozen=True)
class VectorKey:
    """A key of the vectors.

    Attributes:
        name: What the vectors call it.
        p: The first prime.
        q: The second prime.
    """

    name: str
    p: int
    q: int

    @property
    def modulus(self) -> int:
        """The product of the primes."""
        return self.p * self.q

    @property
    def size(self) -> int:
        """The size of the modulus in bytes."""
        return (self.modulus.bit_length() + 7) // 8

    @property
    def pem(self) -> str:
        """The private key as PKCS#1, below a line that says what it is."""
        d = rsa.rsa_recover_private_exponent(EXPONENT, self.p, self.q)
        key = rsa.RSAPrivateNumbers(
            p=self.p,
            q=self.q,
            d=d,
            dmp1=rsa.rsa_crt_dmp1(d, self.p),
            dmq1=rsa.rsa_crt_dmq1(d, self.q),
            iqmp=rsa.rsa_crt_iqmp(self.p, self.q),
            public_numbers=rsa.RSAPublicNumbers(EXPONENT, self.modulus),
        ).private_key()
        text = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        return _HEADER + text.decode()


@cache
def derive_key(name: str, bits: int) -> VectorKey:
    """Return the key of that name, the same every time."""
    return VectorKey(name, _prime(f"{name} p", bits // 2), _prime(f"{name} q", bits // 2))


def derived(phrase: str, size: int) -> bytes:
    """Return bytes that look random and are the same every time."""
    return shake_256(f"sealer format vectors, test only: {phrase}".encode()).digest(size)


def _prime(phrase: str, bits: int) -> int:
    """Return the first suitable prime from the place that the phrase gives."""
    # With both upper bits set the product of two has exactly twice the bits.
    candidate = int.from_bytes(derived(phrase, bits // 8)) | 3 << (bits - 2) | 1
    while not _is_suitable(candidate):
        candidate += 2
    return candidate


def _is_suitable(candidate: int) -> bool:
    return (
        gcd(candidate, _PRODUCT) == 1
        and gcd(candidate - 1, EXPONENT) == 1
        and all(_passes(candidate, base) for base in _BASES)
    )


def _passes(candidate: int, base: int) -> bool:
    """Do one round of the Miller-Rabin test."""
    odd, twos = candidate - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    power = pow(base, odd, candidate)
    if power in (1, candidate - 1):
        return True
    for _ in range(twos - 1):
        power = pow(power, 2, candidate)
        if power == candidate - 1:
            return True
    return False
