"""Secrets in text that does not parse, found by indentation: templates, tabs, conflict markers.

It takes what no YAML reader takes, and is cautious: a value that is more than a template's
reference is reported.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from sealer.detect.actions import is_reference, literal_variables
from sealer.detect.braces import is_in_program, says_text
from sealer.detect.detectors import Page
from sealer.detect.kinds import kinds_in
from sealer.detect.lines import Line, is_block_header, is_last_in_line, literal, read_lines
from sealer.detect.objects import CORE_GROUPS, is_of_group, shown_key, shown_name
from sealer.detect.rules import SECRET_IN_TEXT, is_documentation
from sealer.detect.sighting import Doubt, Sighting
from sealer.detect.sops import is_token
from sealer.detect.values import readable_length

_KINDS = ("secret", "secretlist")
_SECTIONS = ("data", "stringdata")
# What may follow an empty section of a Secret.
_FIELDS = (*_SECTIONS, "apiversion", "kind", "metadata", "type", "immutable")
_LOST = "a Secret, indented so that its data cannot be found"
# In how many objects a line stands on average, at the most; in an honest file it is one or two.
_MOST_NESTED = 100
_SOPS = re.compile(r"^sops:", re.MULTILINE)
# The last ones open braces or a raw string; what is in them stands on lines of its own.
_NOTHING = ("", "~", "null", "Null", "NULL", "{}", "[]", "{", "`", "'''")


def secrets_in_blocks(page: Page) -> Iterator[Sighting | Doubt]:
    """Report the values of every Secret written as an indented block.

    A value that stands in another one's is reported once.

    Args:
        page: The document that does not parse.
    """
    text, start, end = page.text, page.start, page.end
    literals = literal_variables(text, start, end)
    lines = list(read_lines(text, start, end))
    has_sections = any(line.is_field(*_SECTIONS) for line in lines)
    is_sops = _SOPS.search(text[start:end]) is not None
    objects = _objects(lines)
    if objects is None:
        yield Doubt(start, "objects in objects, too many to be examined")
        return
    is_covered = bytearray(len(lines))
    with_heads = zip(objects, _heads_of(lines, objects), strict=True)
    for one, own in sorted(with_heads, key=lambda each: (each[0].column, each[0].first)):
        parts = lines[one.first : one.last]
        if not _is_secret(lines, one, text) or not _is_core(parts):
            continue
        heads = [at - one.first for at in own if not is_covered[at]]
        is_code = is_in_program(page.path, lines, one.kinds[0])
        namespace, name = (metadata_of(parts, field, one.column) for field in ("namespace", "name"))
        for head in heads:
            at = one.first + head
            if is_covered[at]:
                continue
            length = len(_below(lines, at))
            is_covered[at + 1 : at + 1 + length] = b"\1" * length
            for found in _section(page, parts, head, literals, is_sops=is_sops):
                if not is_code or says_text(text[found.offset : found.end]):
                    yield found._replace(namespace=namespace, name=name)
        is_lost = not heads and has_sections and len(objects) == 1
        is_cut_off = any(_is_cut_off(lines, one.first + head) for head in heads)
        if (is_lost or is_cut_off) and not is_documentation(page.path):  # prose is as it likes
            yield Doubt(lines[one.kinds[0]].offset, _LOST)


def sections_of_secrets(
    lines: Sequence[Line], text: str
) -> Iterator[tuple["_Object", list[tuple[int, int]]]]:
    """Yield each Secret among lines, and of each of its sections the first line and the end."""
    objects = _objects(lines) or []
    for one, own in zip(objects, _heads_of(lines, objects), strict=True):
        if _is_secret(lines, one, text) and _is_core(lines[one.first : one.last]):
            yield one, [(head, head + 1 + len(_below(lines, head))) for head in own]


class _Object(NamedTuple):
    """Lines that may belong to one object.

    Attributes:
        first: The first of them.
        last: Behind the last of them.
        kinds: Which of them say its kind: branches of a template may differ, or a key be doubled.
        column: The column of its fields.
    """

    first: int
    last: int
    kinds: tuple[int, ...]
    column: int


def _objects(lines: Sequence[Line]) -> list[_Object] | None:
    """Return the objects, those in others too; None where they are nested beyond all measure."""
    found: list[_Object] = []
    steps, at = 0, 0
    while at < len(lines):
        if not lines[at].is_field("kind"):
            at += 1
            continue
        end = at + 1
        while end < len(lines) and _goes_on(lines[end], lines[at].indent):
            end += 1
        kinds = tuple(n for n in range(at, end) if lines[n].is_field("kind"))
        first, last = _extent(lines, at, end)
        found.append(_Object(first, last, kinds, lines[at].indent))
        steps += last - first
        if steps > _MOST_NESTED * len(lines):
            return None
        at = end
    return found


def _goes_on(line: Line, column: int) -> bool:
    """Tell whether a line says the kind of the same object once more, and nothing in between."""
    return line.indent == column and not line.is_item and line.is_field("kind", "apiversion")


def _heads_of(lines: Sequence[Line], objects: Sequence[_Object]) -> list[list[int]]:
    """Return the sections of each object; one in an object in another is the inner one's."""
    heads = [n for n, line in enumerate(lines) if line.is_field(*_SECTIONS)]
    owners: dict[int, int] = {}
    for n, one in enumerate(objects):
        for head in heads[bisect_left(heads, one.first) : bisect_left(heads, one.last)]:
            if head not in owners or objects[owners[head]].column < one.column:
                owners[head] = n
    found: list[list[int]] = [[] for _ in objects]
    for head, n in sorted(owners.items()):
        found[n].append(head)
    return found


def _is_secret(lines: Sequence[Line], one: _Object, text: str) -> bool:
    return any(_names_secret(lines[kind], text) for kind in one.kinds)


def _names_secret(line: Line, text: str) -> bool:
    if literal(line.value).strip().lower() in _KINDS:
        return is_last_in_line(line.value)
    end = text.find("\n", line.offset)
    written = text[line.offset : end if end >= 0 else len(text)]
    if "{{" not in written and "{%" not in written:
        return False
    return not kinds_in(written.partition(":")[2]).isdisjoint(_KINDS)


def _is_core(lines: Sequence[Line]) -> bool:
    versions = [literal(line.value) for line in lines if line.is_field("apiversion")]
    return not versions or any(is_of_group(version, CORE_GROUPS) for version in versions)


def _extent(lines: Sequence[Line], kind: int, end: int) -> tuple[int, int]:
    """Return the first line that can belong to the object of a `kind`, and the end.

    Args:
        lines: All lines.
        kind: The line that says its kind.
        end: Behind the last that does.
    """
    column = lines[kind].indent
    first, last = kind, end
    while (
        first > 0 and not _begins_item(lines[first], column) and _belongs(lines[first - 1], column)
    ):
        first -= 1
    while (
        last < len(lines)
        and _belongs(lines[last], column)
        and not _begins_item(lines[last], column)
    ):
        last += 1
    return first, last


def _belongs(line: Line, column: int) -> bool:
    if line.indent == column:
        return not line.is_fence and not line.is_field("kind")
    return _is_below(line, column)


def _begins_item(line: Line, column: int) -> bool:
    return line.is_item and line.indent == column


def _section(
    page: Page, lines: Sequence[Line], head: int, literals: Collection[str], *, is_sops: bool
) -> Iterator[Sighting]:
    """Report each readable value under `data` or `stringData`."""
    is_base64 = lines[head].is_field("data")
    block = _below(lines, head)
    starts = [n for n in range(len(block)) if _starts_entry(block, n)]
    entries = [(n, block[n].value, shown_key(block[n].key or "")) for n in starts]
    # In a program, a call or type may stand before the brace that opens the section.
    inline = lines[head].value
    inline = "" if inline.endswith("{") and ":" not in inline else inline
    # What stands between the section's own line and its first entry belongs to no key.
    for (n, value, key), (following, *_) in pairwise(
        [(-1, inline, ""), *entries, (len(block), "", "")]
    ):
        written = _whole(value, block[n + 1 : following])
        length = readable_length(
            written, is_base64=is_base64, placeholders=page.settings.placeholders
        )
        if literals and "{{" in written and not is_reference(written, literals):
            length = len(written.encode(errors="replace"))
        if length is not None and not (is_sops and is_token(written)):
            first = block[n] if n >= 0 else lines[head]
            last = block[following - 1] if following else first
            end = last.offset + len(last.text)
            yield Sighting(SECRET_IN_TEXT, first.offset, key, length, end=end)


def _is_cut_off(lines: Sequence[Line], head: int) -> bool:
    """Tell whether a section is empty because something stands between it and its entries."""
    if lines[head].value or _below(lines, head):
        return False
    # Behind the last line stands the section's own once more, which cuts off nothing.
    follower, *rest = [*lines[head + 1 : head + 3], lines[head]]
    if follower.is_fence:
        return bool(rest) and rest[0].indent > lines[head].indent
    return not follower.is_field(*_FIELDS)


def metadata_of(lines: Sequence[Line], field: str, column: int) -> str:
    """Return the name or namespace, if it is plain to see; the object's own before others'."""
    heads = [n for n, line in enumerate(lines) if line.is_field("metadata")]
    heads.sort(key=lambda head: lines[head].indent != column)
    for below in _below(lines, heads[0]) if heads else ():
        if below.is_field(field):
            return shown_name(literal(below.value))
    return ""


def _below(lines: Sequence[Line], head: int) -> Sequence[Line]:
    """Return the lines that follow a line and are indented deeper, or begin nothing else."""
    column = lines[head].indent
    last = head + 1
    while last < len(lines) and _is_below(lines[last], column):
        last += 1
    return lines[head + 1 : last]


def _is_below(line: Line, column: int) -> bool:
    return line.indent > column or (line.key is None and not line.is_fence)


def _starts_entry(block: Sequence[Line], n: int) -> bool:
    """Tell whether a line of a section begins an entry; the others continue a value.

    Behind a block scalar without deeper lines nothing is taken for a key: it may be its content.
    """
    line, before = block[n], block[n - 1]
    if line.key is None or line.indent > block[0].indent:
        return False
    is_content = before.indent == line.indent and is_block_header(before.value)
    return n == 0 or not is_content


def _whole(value: str, rest: Sequence[Line]) -> str:
    """Return a value with the lines that continue it."""
    said = literal(value)
    begins = [] if is_block_header(value) or said in _NOTHING else [said]
    return "\n".join((*begins, *(line.text for line in rest)))
