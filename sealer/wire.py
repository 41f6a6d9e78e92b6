"""The bytes of one sealed value: how they are written as base64 and taken apart.

    | 2 bytes      | L bytes                | n + 16 bytes                         |
    | L, big end.  | RSA part: content key  | AES-GCM part: n bytes and their tag  |

The first byte tells the format: an RSA length never reaches 0x80, so a second format can begin
there. Parsing stops at the frame; opening the parts is `sealer.envelope`'s. Source: compat.md 1.1.
"""

import base64
import binascii
from typing import NamedTuple, NewType

from sealer.errors import EncodingError, FrameError

SealedText = NewType("SealedText", str)

LENGTH_SIZE = 2
TAG_SIZE = 16
SECOND_FORMAT = 0x80
_LINE_ENDS = b"\r\n"
_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


class SealedParts(NamedTuple):
    """A sealed value, taken apart and not yet opened.

    Attributes:
        wrapped_key: The content key under RSA-OAEP, as many bytes as the modulus has.
        ciphertext: The AES-GCM output, tag included.
    """

    wrapped_key: bytes
    ciphertext: bytes


def frame(parts: SealedParts) -> SealedText:
    """Return a sealed value as the base64 text that stands under `encryptedData`."""
    blob = len(parts.wrapped_key).to_bytes(LENGTH_SIZE) + parts.wrapped_key + parts.ciphertext
    return SealedText(base64.b64encode(blob).decode())


def split(text: str) -> SealedParts:
    """Take a sealed value apart.

    Raises:
        EncodingError: It is not base64.
        FrameError: The bytes are no sealed value.
    """
    blob = decode_base64(text)
    if len(blob) < LENGTH_SIZE:
        raise FrameError(f"a sealed value has more than {len(blob)} bytes")
    if blob[0] >= SECOND_FORMAT:
        raise FrameError("the value is in a newer format that this version does not know")
    end = LENGTH_SIZE + int.from_bytes(blob[:LENGTH_SIZE])
    if len(blob) < end + TAG_SIZE:
        raise FrameError(
            f"the value is cut or was never sealed: {len(blob)} bytes, and its first two "
            f"declare at least {end + TAG_SIZE}"
        )
    return SealedParts(blob[LENGTH_SIZE:end], blob[end:])


def decode_base64(text: str) -> bytes:
    """Decode base64 exactly as Go's `base64.StdEncoding` does, which Kubernetes uses.

    CR and LF are skipped, other blanks are not; padding is mandatory; the unused bits of the last
    character are ignored (compat.md 1.3).

    Raises:
        EncodingError: It is not base64; the offset counts UTF-8 bytes as Go's decoder does.
    """
    data = text.encode("utf-8", "surrogatepass")
    compact = data.translate(None, _LINE_ENDS)
    if len(compact) % 4 == 0 and not compact.startswith(b"="):
        try:
            return binascii.a2b_base64(compact, strict_mode=True)
        except binascii.Error:
            pass  # the slow way below says where
    raise EncodingError(_first_fault(data))


def _first_fault(data: bytes) -> int:
    """Return the offset that Go's decoder reports for text that is not base64."""
    in_group = 0
    for at, byte in enumerate(data):
        if byte in _LINE_ENDS:
            continue
        if byte == ord("="):
            return at if in_group < 2 else _padding_fault(data, at, in_group)  # noqa: PLR2004
        if byte not in _ALPHABET:
            return at
        in_group = (in_group + 1) % 4
    return len(data) - in_group


def _padding_fault(data: bytes, at: int, in_group: int) -> int:
    """Return the faulty offset, given a padding character at `at` in a place where one may be."""
    after = _skip_line_ends(data, at + 1)
    if in_group == 2:  # noqa: PLR2004 - two characters of four need two padding characters
        if after == len(data):
            return len(data)
        if data[after] != ord("="):
            return after - 1
        after = _skip_line_ends(data, after + 1)
    return after


def _skip_line_ends(data: bytes, at: int) -> int:
    while at < len(data) and data[at] in _LINE_ENDS:
        at += 1
    return at
