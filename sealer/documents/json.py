"""Concatenated JSON values to the same nodes that YAML gives.

YAML readers take most JSON, but not tabs between tokens, long keys or surrogate escapes; and a
stream of JSON values needs no separators. Comments are accepted nowhere: they are not JSON.
"""

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]

from sealer.documents.limits import MAXIMUM_DEPTH, MAXIMUM_NODES, UnreadableError
from sealer.documents.nodes import Mapping, Node, Scalar, Sequence

_BLANK = re.compile(r"[ \t\r\n]*")
# An escape may name one half of a pair; no encoding can write it.
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_WORD = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)


def parse_json(text: str, start: int, end: int) -> Iterator[Node]:
    """Yield every JSON value between two offsets.

    Raises:
        UnreadableError: The text is no JSON, or passes a limit.
    """
    reader = _Reader(text, end)
    at = reader.skip_blanks(start)
    while at < end:
        node = reader.value(at, 0)
        yield node
        at = reader.skip_blanks(node.end)


class _Reader:
    """Reads one value after the other; every method returns where it stopped or a node."""

    def __init__(self, text: str, end: int) -> None:
        self._text = text
        self._limit = end

    def skip_blanks(self, at: int) -> int:
        match = _BLANK.match(self._text, at, self._limit)
        return match.end() if match else at

    def value(self, at: int, depth: int) -> Node:
        if depth > MAXIMUM_DEPTH:
            raise UnreadableError(
                f"nested more than {MAXIMUM_DEPTH} levels deep", at, is_limit=True
            )
        match self._at(at):
            case "{":
                return self._mapping(at, depth)
            case "[":
                return self._sequence(at, depth)
            case '"':
                return self._string(at)
            case _:
                return self._word(at)

    def _at(self, at: int) -> str:
        return self._text[at] if at < self._limit else ""

    def _string(self, at: int) -> Scalar:
        try:
            text, end = scanstring(self._text, at + 1, True)  # noqa: FBT003 - not keyword
        except json.JSONDecodeError as error:
            raise UnreadableError("malformed string", error.pos) from None
        if end > self._limit:
            raise UnreadableError("malformed string", at)
        if not text.isascii() and _SURROGATE.search(text):
            raise UnreadableError("half of a surrogate pair is no character", at)
        return Scalar(at, end, text, '"')

    def _word(self, at: int) -> Scalar:
        match = _WORD.match(self._text, at, self._limit)
        if match is None:
            raise UnreadableError("a JSON value is expected here", at)
        return Scalar(at, match.end(), match[0])

    def _sequence(self, at: int, depth: int) -> Sequence:
        node = Sequence(at, flow=True)
        at = self.skip_blanks(at + 1)
        while self._at(at) != "]":
            item = self.value(at, depth + 1)
            node.items.append(item)
            _count(node, item.size)
            at = self._separator(item.end, "]")
        node.end = at + 1
        return node

    def _mapping(self, at: int, depth: int) -> Mapping:
        node = Mapping(at, flow=True)
        at = self.skip_blanks(at + 1)
        while self._at(at) != "}":
            if self._at(at) != '"':
                raise UnreadableError("a key in double quotes is expected here", at)
            key = self._string(at)
            at = self.skip_blanks(key.end)
            if self._at(at) != ":":
                raise UnreadableError("':' is expected here", at)
            value = self.value(self.skip_blanks(at + 1), depth + 1)
            node.pairs.append((key, value))
            _count(node, value.size + 1)
            at = self._separator(value.end, "}")
        node.end = at + 1
        return node

    def _separator(self, at: int, closing: str) -> int:
        """Return the offset of the next element or of the closing bracket."""
        at = self.skip_blanks(at)
        if self._at(at) == closing:
            return at
        if self._at(at) != ",":
            raise UnreadableError(f"',' or '{closing}' is expected here", at)
        at = self.skip_blanks(at + 1)
        if self._at(at) == closing:
            raise UnreadableError("another element is expected after ','", at)
        return at


def _count(node: Mapping | Sequence, size: int) -> None:
    node.size += size
    if node.size > MAXIMUM_NODES:
        raise UnreadableError(f"more than {MAXIMUM_NODES} nodes", node.start, is_limit=True)
