"""A scalar is replaced by another string, and a key by another name, in the style they had."""

import re
from collections.abc import Iterator

from sealer.documents.entries import Entry, content_start
from sealer.documents.nodes import Mapping, Scalar
from sealer.documents.patch import Patch
from sealer.documents.quoting import quoted
from sealer.documents.sheet import Sheet
from sealer.errors import UnsafeEditError

_HEADER = re.compile(r"[|>]([-+0-9]*)[^\r\n]*")
_QUOTES = ("'", '"')


def rewrite_value(
    sheet: Sheet, mapping: Mapping, entry: Entry, value: str, *, any_lines: bool = False
) -> Iterator[Patch]:
    """Yield what puts a string in the place of an entry's value.

    With `any_lines`, a block scalar keeps its header, and with it the line ends behind the value.

    Raises:
        UnsafeEditError: The value is no scalar, is shared with another place, or has a tag.
    """
    sheet.check_own(entry)
    node = entry.value
    if not isinstance(node, Scalar):
        raise UnsafeEditError(f"{entry.name} is a mapping or a list and no single value")
    if node.style in ("|", ">"):
        yield from _in_block(sheet.text, node, value, any_lines=any_lines)
        return
    start = content_start(sheet.text, node)
    if entry.is_empty or start == node.end:
        if entry.colon < 0:
            raise UnsafeEditError(f"{entry.name} is a key without a colon: unsafe to edit")
        new = " " + quoted(value, value_style(sheet, mapping), is_json=sheet.is_json)
        yield Patch(entry.end, entry.end, new)
    else:
        yield Patch(start, node.end, quoted(value, node.style, is_json=sheet.is_json))


def rewrite_key(sheet: Sheet, entry: Entry, name: str) -> Patch:
    """Return what gives an entry another name.

    Raises:
        UnsafeEditError: The key is shared with another place, has a tag, or is a block.
    """
    sheet.check_own(entry)
    key = entry.key
    if not isinstance(key, Scalar) or key.style in ("|", ">"):
        raise UnsafeEditError(f"the key {entry.name} is written as a block: unsafe to edit")
    start = content_start(sheet.text, key)
    return Patch(start, key.end, quoted(name, key.style, is_json=sheet.is_json))


def value_style(sheet: Sheet, mapping: Mapping) -> str:
    """Return the quotes that most probably suit a new value: those of the first one there."""
    for entry in sheet.entries(mapping):
        if isinstance(entry.value, Scalar) and not entry.is_empty and not entry.has_alias:
            return entry.value.style if entry.value.style in _QUOTES else ""
    return ""


def _in_block(text: str, node: Scalar, value: str, *, any_lines: bool) -> Iterator[Patch]:
    """Yield what puts one line in the place of a literal or folded block, its header kept."""
    start = content_start(text, node)
    header = _HEADER.match(text, start, node.end)
    if header is None:
        raise UnsafeEditError("the block is written in a way that cannot be edited")
    body = text[header.end() : node.end]
    end = header.end() + len(body.rstrip())
    has_indicator = any(character.isdigit() for character in header[1])
    fits = value.isprintable() and value == value.strip() != ""
    if fits and body.strip() and not has_indicator:
        if header[1] != "-" and not any_lines:  # without it, the value would get a line end
            yield Patch(header.start(1), header.end(1), "-")
        first = header.end() + len(body) - len(body.lstrip())
        yield Patch(first, end, value)
    else:
        yield Patch(start, header.end(1), quoted(value))
        yield Patch(header.end(), max(end, header.end()))
