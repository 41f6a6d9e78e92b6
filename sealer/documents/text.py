"""Bytes to characters and back: encodings, byte-order marks, lines and columns."""

from bisect import bisect_right
from functools import cached_property

from sealer.errors import DocumentError, Where
from sealer_keys.marks import BYTE_ORDER_MARKS


class SourceText:
    """The characters of a file, and how to turn them into bytes again.

    Attributes:
        text: The characters without a byte-order mark, line ends as they are in the file.
        encoding: How the bytes were encoded.
        mark: The byte-order mark in front of them, or nothing.
    """

    def __init__(self, text: str, encoding: str = "utf-8", mark: bytes = b"") -> None:
        self.text = text
        self.encoding = encoding
        self.mark = mark

    def encode(self, text: str) -> bytes:
        """Return other text as bytes in this file's encoding, mark included."""
        return self.mark + text.encode(self.encoding)

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column, both counted from 1, of a character offset."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts


def decode_text(data: bytes) -> SourceText:
    """Decode a file: UTF-8, or UTF-16 or UTF-32 where a byte-order mark or NUL bytes say so.

    Raises:
        DocumentError: The bytes are in none of these encodings; the place is that of the fault.
    """
    mark, encoding = _detect(data)
    try:
        return SourceText(data[len(mark) :].decode(encoding), encoding, mark)
    except UnicodeDecodeError as error:
        good = data[len(mark) : len(mark) + error.start].decode(encoding, "ignore")
        line, column = SourceText(good).position(len(good))
        raise DocumentError(
            f"the file is not {encoding.upper()} text",
            where=Where(line=line, column=column),
            hint="save it as UTF-8",
        ) from None


def _detect(data: bytes) -> tuple[bytes, str]:
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return mark, encoding
    # Manifests begin with an ASCII character, so NUL bytes beside it tell the width (RFC 4627).
    head = data[:4].ljust(4, b"x")
    for pattern, encoding in (
        ((1, 0, 0, 0), "utf-32-le"),
        ((0, 0, 0, 1), "utf-32-be"),
        ((1, 0, 1, 0), "utf-16-le"),
        ((0, 1, 0, 1), "utf-16-be"),
    ):
        if tuple(int(byte != 0) for byte in head) == pattern and len(data) % 2 == 0:
            return b"", encoding
    return b"", "utf-8"
