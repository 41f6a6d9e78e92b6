"""Base64, base32 and digests."""

import base64
import hashlib
import zlib

from sealer.errors import EncodingError
from sealer.templates.function import Function, Table
from sealer.wire import decode_base64

_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
# How many of eight characters there are when so many bytes are written.
_BASE32_LENGTHS = frozenset((0, 2, 4, 5, 7))
_GROUP = 8
_SHORTEST = 2


def _from_base64(text: bytes) -> bytes:
    try:
        return decode_base64(text.decode("latin-1"))
    except EncodingError as error:
        return error.message.encode()


def _from_base32(text: bytes) -> bytes:
    """Return what base32 says, or Go's words about the first byte that is wrong."""
    text = text.replace(b"\r", b"").replace(b"\n", b"")
    for start in range(0, len(text), _GROUP):
        group = text[start : start + _GROUP]
        known = next((at for at, byte in enumerate(group) if byte not in _BASE32), len(group))
        if known < len(group):
            wrong = _wrong_padding(text, start, known)
            return base64.b32decode(text[: start + _GROUP]) if wrong is None else _wrong(wrong)
        if known < _GROUP:
            return _wrong(start)
    return base64.b32decode(text)


def _wrong_padding(text: bytes, start: int, known: int) -> int | None:
    """Return which byte is wrong in a group that does not go on to its end; None for a good one."""
    at = start + known
    rest = text[at:]
    if not rest.startswith(b"=") or known < _SHORTEST or len(rest) > _GROUP:
        return at
    if known + len(rest) < _GROUP:
        return len(text)
    other = next((n for n, byte in enumerate(rest[: _GROUP - known]) if byte != ord("=")), None)
    if other is not None:
        return at + other - 1
    return None if known in _BASE32_LENGTHS else at


def _wrong(at: int) -> bytes:
    return f"illegal base32 data at input byte {at}".encode()


def _digest(name: str) -> Function:
    return Function("string", lambda text: hashlib.new(name, text).hexdigest().encode())


TABLE: Table = {
    "b64enc": Function("string", base64.b64encode),
    "b64dec": Function("string", _from_base64),
    "b32enc": Function("string", base64.b32encode),
    "b32dec": Function("string", _from_base32),
    "sha1sum": _digest("sha1"),
    "sha256sum": _digest("sha256"),
    "sha512sum": _digest("sha512"),
    "adler32sum": Function("string", lambda text: str(zlib.adler32(text)).encode()),
}
