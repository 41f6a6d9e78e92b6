"""Values that nobody has to think up: passwords, keys and certificates, from a short description.

    alnum:32        32 letters and digits
    hex:32          32 hexadecimal digits: 16 random bytes
    base64:32       32 random bytes, written as 44 characters of base64
    uuid            a random UUID
    ssh-ed25519     an OpenSSH private key under KEY, the public key under KEY.pub
    rsa:4096        an RSA private key of 4096 bits, PKCS#8 PEM
    tls:HOST[,HOST] a self-signed certificate under KEY.crt and its key under KEY.key

What can be guessed in reasonable time is refused: a value has at least 64 random bits.
"""

import base64
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sealer.cli.errors import WrongUsageError
from sealer.sensitive import SecretBytes

Randomness = Callable[[int], bytes]
_ALPHABET = string.ascii_letters + string.digits
_DEFAULT_LENGTH = 32
_LONGEST = 4096
_MOST_DIGITS = 9
# The least that make 64 random bits.
_LEAST_LETTERS, _LEAST_DIGITS, _LEAST_BYTES = 11, 16, 8
_DEFAULT_BITS, _LEAST_BITS, _MOST_BITS = 4096, 2048, 16384
SPECS = "alnum:32, hex:32, base64:32, uuid, ssh-ed25519, rsa:4096, tls:HOST[,HOST]"


@dataclass(frozen=True, slots=True)
class Made:
    """What a generator made.

    Attributes:
        values: The values by key.
        public: What of it people need to know and may see; empty if nothing is.
    """

    values: Mapping[str, SecretBytes]
    public: str = ""


@dataclass(frozen=True, slots=True)
class Generator:
    """Makes the values of one or two items.

    Attributes:
        keys: The keys of the items.
        make: Takes a source of random bytes, such as `os.urandom`, and the time.
    """

    keys: tuple[str, ...]
    make: Callable[[Randomness, datetime], Made]


def parse_generator(key: str, spec: str) -> Generator:
    """Return the generator that a description asks for.

    Args:
        key: The item's key, or what its keys begin with.
        spec: As above; a number that is left out is the one shown there.

    Raises:
        WrongUsageError: There is no such generator, or its argument is out of bounds. The message
            does not repeat the description, which may be a value typed by mistake.
    """
    kind, separator, argument = spec.partition(":")
    parse = _KINDS.get(kind)
    if parse is None or (separator and not argument):
        raise WrongUsageError(
            f"--generate {key}=…: there is no such generator", hint=f"it is one of {SPECS}"
        )
    return parse(key, argument)


def alphanumeric(length: int, random: Randomness) -> bytes:
    """Return that many letters and digits, each as likely as any other."""
    # Bytes beyond the last whole alphabet would make the first letters likelier.
    usable = 256 - 256 % len(_ALPHABET)
    text = ""
    while len(text) < length:
        text += "".join(
            _ALPHABET[byte % len(_ALPHABET)] for byte in random(length) if byte < usable
        )
    return text[:length].encode()


def _alnum(key: str, argument: str) -> Generator:
    length = _number(key, argument, _DEFAULT_LENGTH, _LEAST_LETTERS, _LONGEST)
    return _single(key, lambda random: alphanumeric(length, random))


def _hex(key: str, argument: str) -> Generator:
    length = _number(key, argument, _DEFAULT_LENGTH, _LEAST_DIGITS, _LONGEST)
    return _single(key, lambda random: random((length + 1) // 2).hex()[:length].encode())


def _base64(key: str, argument: str) -> Generator:
    length = _number(key, argument, _DEFAULT_LENGTH, _LEAST_BYTES, _LONGEST)
    return _single(key, lambda random: base64.b64encode(random(length)))


def _uuid(key: str, argument: str) -> Generator:
    from uuid import UUID

    _refuse_argument(key, argument)
    return _single(key, lambda random: str(UUID(bytes=random(16), version=4)).encode())


def _rsa(key: str, argument: str) -> Generator:
    bits = _number(key, argument, _DEFAULT_BITS, _LEAST_BITS, _MOST_BITS)

    def make(_: Randomness) -> bytes:
        from sealer_keys.self_signed import rsa_key_pem

        return rsa_key_pem(bits)

    return _single(key, make)


def _ssh(key: str, argument: str) -> Generator:
    _refuse_argument(key, argument)
    public_key = f"{key}.pub"

    def make(random: Randomness, _: datetime) -> Made:
        from sealer_keys.ssh import ed25519_key

        private, public = ed25519_key(random)
        values = {key: SecretBytes(private), public_key: SecretBytes(public)}
        return Made(values, f"the public key of {key}: {public.decode().strip()}")

    return Generator((key, public_key), make)


def _tls(key: str, argument: str) -> Generator:
    from sealer_keys.errors import CertificateError
    from sealer_keys.self_signed import host_names, self_signed

    hosts = argument.split(",")
    try:
        host_names(hosts)
    except CertificateError as error:
        raise WrongUsageError(f"--generate {key}=tls:…: {error.message}", hint=error.hint) from None
    certificate_key, private_key = f"{key}.crt", f"{key}.key"

    def make(_: Randomness, now: datetime) -> Made:
        pair = self_signed(hosts, now)
        values = {
            certificate_key: SecretBytes(pair.certificate),
            private_key: SecretBytes(pair.private_key),
        }
        return Made(values, f"{certificate_key} vouches for itself: SHA-256 {pair.fingerprint}")

    return Generator((certificate_key, private_key), make)


_KINDS: dict[str, Callable[[str, str], Generator]] = {
    "alnum": _alnum,
    "hex": _hex,
    "base64": _base64,
    "uuid": _uuid,
    "ssh-ed25519": _ssh,
    "rsa": _rsa,
    "tls": _tls,
}


def _single(key: str, make: Callable[[Randomness], bytes]) -> Generator:
    return Generator((key,), lambda random, _: Made({key: SecretBytes(make(random))}))


def _number(key: str, argument: str, default: int, least: int, most: int) -> int:
    if not argument:
        return default
    # `isdecimal` takes any script's digits, and long texts take `int` long.
    is_number = argument.isascii() and argument.isdecimal() and len(argument) <= _MOST_DIGITS
    number = int(argument) if is_number else 0
    if not least <= number <= most:
        raise WrongUsageError(f"--generate {key}=…: the number must be from {least} to {most}")
    return number


def _refuse_argument(key: str, argument: str) -> None:
    if argument:
        raise WrongUsageError(
            f"--generate {key}=…: this generator takes nothing behind its name",
            hint=f"it is one of {SPECS}",
        )
