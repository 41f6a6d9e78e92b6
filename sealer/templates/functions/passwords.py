"""Salted password hashes, and passwords derived from a master password.

The salt of a hash is made by the one who renders. Where it is derived from a key, the user and the
password, an unchanged input gives the same text again.
"""

import hashlib
import hmac
import struct
from collections.abc import Callable

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table

Salts = Callable[[bytes, bytes], bytes]
COST = 10
_STEPS = 20_000
_LONGEST = 72
_ALPHABET = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SEED = b"com.lyndir.masterpassword"
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"
_LETTERS = _VOWELS.upper() + _VOWELS + _CONSONANTS.upper() + _CONSONANTS
_CLASSES = {
    "V": _VOWELS.upper(),
    "C": _CONSONANTS.upper(),
    "v": _VOWELS,
    "c": _CONSONANTS,
    "A": _VOWELS.upper() + _CONSONANTS.upper(),
    "a": _LETTERS,
    "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": _LETTERS + "0123456789!@#$%^&*()",
}
_LONG = (
    "CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno "
    "CvcvnoCvccCvcv CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno "
    "CvccnoCvccCvcv CvccCvccnoCvcv CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno "
    "CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno"
)
# The shapes of the Master Password algorithm, by the name of their kind.
_SHAPES = {
    b"maximum": ("anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"),
    b"long": tuple(_LONG.split()),
    b"medium": ("CvcnoCvc", "CvcCvcno"),
    b"short": ("Cvcn",),
    b"basic": ("aaanaaan", "aannaaan", "aaannaaa"),
    b"pin": ("nnnn",),
}


def table(salts: Salts) -> Table:
    """Return the functions, with salts from somewhere.

    Args:
        salts: Returns 16 bytes for a user, who is empty where there is none, and a password.
    """

    def hashed(password: bytes) -> bytes:
        return _bcrypt(b"", password, salts)

    def entry(user: bytes, password: bytes) -> bytes:
        if b":" in user:
            return b"invalid username: " + user
        return user + b":" + _bcrypt(user, password, salts)

    return {
        "bcrypt": Function("string", hashed, steps=_STEPS),
        "htpasswd": Function("string string", entry, steps=_STEPS),
        "derivePassword": Function("uint32 string string string string", _derive, steps=_STEPS),
    }


def _bcrypt(user: bytes, password: bytes, salts: Salts) -> bytes:
    try:
        import bcrypt
    except ImportError:
        raise FunctionFault(
            "password hashes need the package bcrypt: install sealer[templates]"
        ) from None
    if len(password) > _LONGEST:
        said = f"bcrypt: password length exceeds {_LONGEST} bytes"
        return b"failed to encrypt string with bcrypt: " + said.encode()
    salt = b"$2a$%d$" % COST + _bcrypt_base64(salts(user, password))
    return bcrypt.hashpw(password, salt)


def _bcrypt_base64(data: bytes) -> bytes:
    """Return 16 bytes in the alphabet of bcrypt."""
    bits = int.from_bytes(data, "big") << 4
    return bytes(_ALPHABET[(bits >> shift) & 0x3F] for shift in range(126, -1, -6))


def _derive(counter: int, kind: bytes, password: bytes, user: bytes, site: bytes) -> bytes:
    shapes = _SHAPES.get(kind)
    if shapes is None:
        return b"cannot find password template " + kind
    salt = _SEED + struct.pack(">I", len(user)) + user
    key = hashlib.scrypt(password, salt=salt, n=32768, r=8, p=2, dklen=64, maxmem=2**27)
    message = _SEED + struct.pack(">I", len(site)) + site + struct.pack(">I", counter)
    seed = hmac.new(key, message, hashlib.sha256).digest()
    shape = shapes[seed[0] % len(shapes)]
    classes = (_CLASSES[sign] for sign in shape)
    return "".join(of[byte % len(of)] for of, byte in zip(classes, seed[1:], strict=False)).encode()
