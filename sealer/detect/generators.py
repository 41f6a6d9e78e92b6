"""Literals of kustomize's secretGenerator in text that does not parse: templates, tabs, conflicts.

They are read by their indentation. Of several in brackets on one line the first is reported.
"""

import re
from collections.abc import Iterator, Sequence

from sealer.detect.detectors import Page
from sealer.detect.kustomize import split_literal
from sealer.detect.lines import Line, literal, read_lines
from sealer.detect.objects import shown_key, shown_name
from sealer.detect.rules import GENERATOR_LITERAL
from sealer.detect.sighting import Sighting
from sealer.detect.values import readable_length

_FIELD, _LITERALS = "secretgenerator", "literals"
# An item of a list in brackets: one string, or a plain text in which no mark could be misread.
# Linear: no part can begin as the one before it goes on.
_ITEM = re.compile(
    r"[ \t]*+(?P<said>\"(?:[^\"\\]|\\.)*+\"|'(?:[^']|'')*+'"
    r"|(?:\{\{[^{}\"',]*+\}\}|\$\{[^{}\"',]*+\}|[^,\"'\[\]{}])*+)[ \t]*+"
    r"(?:,|(?:\][ \t]*+(?:#.*)?)?\Z)"
)


def literals_in_text(page: Page) -> Iterator[Sighting]:
    """Report each literal under `secretGenerator` that can be read."""
    lines = list(read_lines(page.text, page.start, page.end))
    for n, line in enumerate(lines):
        if line.is_field(_FIELD):
            yield from _of_generators(_block(lines, n), page)


def _of_generators(lines: Sequence[Line], page: Page) -> Iterator[Sighting]:
    name, is_literal, column = "", False, 0
    for line in lines:
        if line.is_field(_LITERALS):
            is_literal, column = True, line.indent
            items, is_sure = _items(line.value)
            for each in items:
                for found in _literal(line, each, name, page):
                    yield found if is_sure else found._replace(key="")
        elif line.key is not None:
            is_literal = False
            name = shown_name(literal(line.value)) if line.is_field("name") else name
        elif is_literal and line.is_item and line.indent >= column:
            yield from _literal(line, line.text, name, page)


def _items(written: str) -> tuple[list[str], bool]:
    """Return the items of a list in brackets, and whether they surely begin where it says.

    Else what looks like a key may be a part of a value.
    """
    said, at, items = written.removeprefix("["), 0, []
    while at < len(said):
        item = _ITEM.match(said, at)
        if item is None:
            return said.removesuffix("]").split(","), False
        items.append(item["said"])
        at = item.end()
    return items, True


def _literal(line: Line, written: str, name: str, page: Page) -> Iterator[Sighting]:
    key, value = split_literal(literal(written.strip()))
    placeholders = page.settings.placeholders
    length = readable_length(value, is_base64=False, placeholders=placeholders)
    if length is not None:
        yield Sighting(GENERATOR_LITERAL, line.offset, shown_key(key), length, name=name)


def _block(lines: Sequence[Line], head: int) -> Sequence[Line]:
    """Return what stands below a line: what is indented deeper, and the items of its list."""
    column = lines[head].indent
    end = head + 1
    while end < len(lines) and lines[end].indent > column:
        end += 1
    return lines[head + 1 : end]
