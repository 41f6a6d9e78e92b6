"""What stands behind base64, which hides a manifest from people only."""

import binascii
import re
from collections.abc import Iterator

_MOST_LAYERS = 3
# What a Secret with one value needs at the least, in base64.
_SHORTEST = 32
# The expressions are compiled when they are first needed, which in most runs is never. This one is
# linear: no part of it gives back what it has taken.
_BASE64 = rb"[A-Za-z0-9+/\s]++={0,2}\s*+"
_BLANKS = b" \t\r\n"
# A longer run of such characters than names, digests and words have.
_RUN = rb"(?P<line>[A-Za-z0-9+/]{%d,})(?:(?:\\n|\s)+[A-Za-z0-9+/]+)*" % _SHORTEST
_ALPHABET = bytes(
    65 if (chr(code).isascii() and chr(code).isalnum()) or code in b"+/" else 32
    for code in range(256)
)
_HEXADECIMAL = b"0123456789abcdef"
_ANY_RUN = b"A" * _SHORTEST


def unwrapped(data: bytes) -> bytes:
    """Return what a text holds in base64, up to three layers down; any other text as it is.

    In front of the first layer may stand what makes it a URL: `data:text/plain;base64,`.
    """
    written = data.partition(b";base64,")[2] if data.startswith(b"data:") else data
    inside = written
    for _ in range(_MOST_LAYERS):
        if len(inside) < _SHORTEST or not re.fullmatch(_BASE64, inside):
            break
        decoded = _decoded(inside)
        if decoded is None:
            break
        inside = decoded
    return data if inside is written else inside


def is_wrapped(text: str) -> bool:
    """Tell whether a text is base64 as a whole."""
    data = text.encode(errors="replace")
    return unwrapped(data) is not data


def encoded_texts(data: bytes) -> Iterator[bytes]:
    """Yield what the longer runs of base64 in a file hold, up to three layers down.

    Where there is none, as in most files, finding that out takes some microseconds.
    """
    if _ANY_RUN not in data.translate(_ALPHABET):
        return
    for run in re.finditer(_RUN, data):
        if not run["line"].translate(None, _HEXADECIMAL):
            continue  # the digest of an image: base64 of a text has other letters, too
        given = _whole_groups(run[0].replace(b"\\n", b"\n"))
        text = unwrapped(given)
        if text is not given:  # or whoever looks into what is yielded would look for ever
            yield text


def _decoded(data: bytes) -> bytes | None:
    """Decode base64 with or without padding; None for anything else."""
    compact = data.translate(None, _BLANKS).rstrip(b"=")
    try:
        return binascii.a2b_base64(compact + b"=" * (-len(compact) % 4))
    except binascii.Error:
        return None


def _whole_groups(run: bytes) -> bytes:
    """Return a run without what is too much at its end: the word behind it may have joined it."""
    compact = run.translate(None, _BLANKS)
    return compact[: len(compact) - (len(compact) % 4 == 1)]
