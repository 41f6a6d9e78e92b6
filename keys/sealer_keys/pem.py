"""PEM files hold keys and certificates as text; this module takes them apart.

The reading follows Go's `encoding/pem`, which the original uses: a block starts in the first
column, text around blocks is skipped, and so is a block that is cut or not base64. On top of that
a byte-order mark is obeyed, because PowerShell's `>` writes UTF-16 (compat.md 1.5).
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sealer_keys.marks import BYTE_ORDER_MARKS

_BLOCK = re.compile(
    rb"^-----BEGIN (?P<label>[^\r\n]+?)-----[ \t]*\r?\n"
    rb"(?P<body>.*?)"
    rb"^-----END (?P=label)-----[ \t]*\r?$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class PemBlock:
    """One `-----BEGIN LABEL-----` block.

    Attributes:
        label: Such as `CERTIFICATE` or `RSA PRIVATE KEY`.
        headers: The `Name: value` lines in front of the data.
        der: The decoded data.
    """

    label: str
    headers: tuple[str, ...]
    der: bytes

    @property
    def text(self) -> bytes:
        """The block as PEM again: without headers, 64 characters a line (RFC 7468)."""
        body = base64.b64encode(self.der)
        lines = [body[at : at + 64] for at in range(0, len(body), 64)]
        label = self.label.encode()
        return b"\n".join((b"-----BEGIN %b-----" % label, *lines, b"-----END %b-----\n" % label))


def read_blocks(data: bytes) -> Iterator[PemBlock]:
    """Yield every whole PEM block of `data`, in order."""
    for match in _BLOCK.finditer(without_mark(data)):
        headers, body = _split_headers(match["body"])
        try:
            der = base64.b64decode(b"".join(body.split()), validate=True)
        except binascii.Error:
            continue
        yield PemBlock(match["label"].decode("ascii", "replace"), headers, der)


def without_mark(data: bytes) -> bytes:
    """Return the text as UTF-8 without a byte-order mark; without a mark, `data` as it is."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace").encode()
    return data


def _split_headers(body: bytes) -> tuple[tuple[str, ...], bytes]:
    lines = body.splitlines()
    count = next((at for at, line in enumerate(lines) if b":" not in line), len(lines))
    headers = tuple(line.decode("ascii", "replace").strip() for line in lines[:count])
    return headers, b"\n".join(lines[count:])
