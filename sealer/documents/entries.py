"""Where an entry of a mapping begins and ends in the text, aliases and explicit keys included.

Nodes do not say this: an alias gives the node it points to, which stands elsewhere. What lies
between two nodes is blanks, comments and a few marks only, so that it can be read by hand.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sealer.documents.nodes import Mapping, Node, Scalar, is_merge_key, name_of
from sealer.errors import UnsafeEditError

_GAP = re.compile(r"(?:[ \t\r\n\x85\u2028\u2029\ufeff]++|#[^\r\n\x85\u2028\u2029]*+)*+")
_PROPERTIES = re.compile(r"(?:(?:&[-\w]+|!<[^>\s]*>|![^\s,\[\]{}]*)(?:\s++|#.*+|(?=[,\]}:]|\Z)))*")
_ALIAS = re.compile(r"\*[-\w]+", re.ASCII)
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=\r?\n|\Z)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value, as they are written.

    Attributes:
        key: The key; of an alias the node it points to.
        value: The value; of an alias the node it points to.
        start: Offset of the key, or of the `?` before it.
        key_end: Offset behind the key.
        colon: Offset of the colon; -1 where there is none.
        value_start: Offset of the value, its anchor and tag included.
        end: Offset behind the value. Of a block scalar, this is the start of a line.
        has_alias: Key or value is an alias.
    """

    key: Node
    value: Node
    start: int
    key_end: int
    colon: int
    value_start: int
    end: int
    has_alias: bool

    @property
    def name(self) -> str:
        """The key as Kubernetes names it; empty for `<<` and for what is no key."""
        try:
            return "" if is_merge_key(self.key) else name_of(self.key)
        except ValueError:
            return ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written where the value would stand."""
        return self.value_start == self.end


def entries(text: str, mapping: Mapping) -> Iterator[Entry]:
    """Yield the entries of a mapping in the order written.

    Raises:
        UnsafeEditError: They are written in a way that is not understood.
    """
    at = content_start(text, mapping) + mapping.flow
    for key, value in mapping.pairs:
        entry = _entry(text, at, key, value)
        yield entry
        at = entry.end


def content_start(text: str, node: Node) -> int:
    """Return where a node's own text begins, behind its anchor and tag."""
    match = _PROPERTIES.match(text, node.start, node.end)
    if match is None or match.end() == node.start:
        return node.start
    start = skip_gap(text, match.end())  # a comment may stand between
    return start if start < node.end else match.end()


def skip_gap(text: str, at: int) -> int:
    """Return the offset of the next character that is neither blank nor in a comment."""
    match = _GAP.match(text, at)
    return match.end() if match else at


def line_start(text: str, at: int) -> int:
    """Return the offset of the first character of a line."""
    return text.rfind("\n", 0, at) + 1


def rest_of_line(text: str, at: int) -> int | None:
    """Return the offset of the line's end; None if more than a comment stands before it."""
    match = _REST_OF_LINE.match(text, at)
    return match.end() if match else None


def begins_line(text: str, at: int) -> bool:
    """Tell whether there are only blanks before an offset in its line."""
    return not text[line_start(text, at) : at].strip(" \t")


def indent_of(text: str, at: int) -> str:
    """Return the blanks that lead to the same column in a line of its own."""
    before = text[line_start(text, at) : at]
    return before if not before.strip(" \t") else " " * len(before)


def _entry(text: str, at: int, key: Node, value: Node) -> Entry:
    start, key_start = _key_start(text, at, key)
    key_is_alias = key.start < at
    key_end = _alias_end(text, key_start) if key_is_alias else key.end
    after = skip_gap(text, key_end)
    colon = after if text.startswith(":", after) else -1
    value_is_alias = value.start < key_end
    if value_is_alias:
        value_start = skip_gap(text, colon + 1)
        end = _alias_end(text, value_start)
    elif isinstance(value, Scalar) and value.start == value.end:
        value_start = end = key_end if colon < 0 else colon + 1
    else:
        value_start, end = value.start, value.end
    is_alias = key_is_alias or value_is_alias
    return Entry(key, value, start, key_end, colon, value_start, end, is_alias)


def _key_start(text: str, at: int, key: Node) -> tuple[int, int]:
    """Return where an entry and where its key begins, behind a comma and a `?`."""
    at = skip_gap(text, at)
    if text.startswith(",", at):
        at = skip_gap(text, at + 1)
    start = at
    if text.startswith("?", at) and at != key.start:
        at = skip_gap(text, at + 1)
    return start, at


def _alias_end(text: str, at: int) -> int:
    match = _ALIAS.match(text, at)
    if match is None:
        raise UnsafeEditError("the mapping is written in a way that cannot be edited")
    return match.end()
