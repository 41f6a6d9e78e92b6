"""Entries of a live Secret that are commented out: the old password, kept for now.

Structure decides what is an entry and what is prose: the comment is `key: value` where the entries
of the section stand, and the value is one word or quoted. A bare address is a link.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from sealer.detect.blocks import metadata_of, sections_of_secrets
from sealer.detect.detectors import Page
from sealer.detect.lines import Line, is_block_header, literal, read_lines
from sealer.detect.objects import shown_key
from sealer.detect.rules import COMMENTED_OUT_SECRET
from sealer.detect.sighting import Sighting
from sealer.detect.values import readable_length

_DOCUMENT = re.compile(r"^---(?=\s|\Z)", re.MULTILINE)
# Linear: no part of it gives back what it has taken.
_COMMENT = re.compile(
    r"^(?P<margin>[ \t]*+)\#++[ \t]*+(?P<key>[\"']?[-.\w]++[\"']?):"
    r"(?P<value>[ \t][^\r\n]*+)?(?=\r?$)",
    re.MULTILINE,
)
_MORE = re.compile(r"\n[ \t]*+\#++[ \t]*+(?P<said>[^\s:][^\s:]*+)[ \t\r]*+(?=\n|\Z)")
_LINK = re.compile(r"[a-z][a-z0-9+.-]*+://[^@\s]*+")
_WORD = re.compile(r"[^\W_]")
_SECTIONS = ("data", "stringdata")
# How far a sign of a comment moves what stands behind it.
_SHIFTS = (1, 2)


def entries_in_comments(page: Page) -> Iterator[Sighting]:
    """Report each entry of a section of a Secret that is commented out and can be read."""
    starts = [page.start, *(each.start() for each in _DOCUMENT.finditer(page.text, page.start))]
    for start, end in zip(starts, [*starts[1:], page.end], strict=True):
        if page.text.find("ecret", start, end) >= 0 and _COMMENT.search(page.text, start, end):
            yield from _in_document(page, start, end)


def _in_document(page: Page, start: int, end: int) -> Iterator[Sighting]:
    lines = list(read_lines(page.text, start, end))
    for one, heads in sections_of_secrets(lines, page.text):
        first = lines[one.first].offset
        last = lines[one.last].offset if one.last < len(lines) else end
        parts = lines[one.first : one.last]
        namespace, name = (metadata_of(parts, each, one.column) for each in ("namespace", "name"))
        commented: tuple[str, int] | None = None
        for comment in _COMMENT.finditer(page.text, first, last):
            sign, column = _columns(comment)
            key = comment["key"].strip("\"'")
            is_head = key.lower() in _SECTIONS and not (comment["value"] or "").strip()
            if is_head and sign == one.column and column - sign in _SHIFTS:
                commented = (key.lower(), column)
                continue
            section = _section_around(lines, heads, comment.start(), sign, column)
            if section is None and commented is not None and column > commented[1]:
                section = commented[0]
            if section is None:
                commented = None
                continue
            said = _said(page.text, comment)
            length = said and readable_length(
                said, is_base64=section == "data", placeholders=page.settings.placeholders
            )
            if length:
                at = comment.start("key")
                yield Sighting(
                    COMMENTED_OUT_SECRET, at, shown_key(key), length, namespace, name,
                    end=comment.end(),
                )  # fmt: skip


def _columns(comment: re.Match[str]) -> tuple[int, int]:
    before = comment.string[comment.start() : comment.start("key")]
    return len(comment["margin"].expandtabs()), len(before.expandtabs())


def _section_around(
    lines: Sequence[Line], heads: Sequence[tuple[int, int]], at: int, sign: int, column: int
) -> str | None:
    """Return the name of the section of which a comment is an entry, by place and column."""
    n = bisect_left(heads, at, key=lambda each: lines[each[0]].offset) - 1
    if n < 0:
        return None
    head, last = heads[n]
    if last < len(lines) and lines[last].offset < at:
        return None
    if last == head + 1:
        is_entry = sign > lines[head].indent
    else:
        column_of_entries = lines[head + 1].indent
        is_shifted = sign < column_of_entries and column - column_of_entries in _SHIFTS
        is_entry = sign == column_of_entries or is_shifted
    return (lines[head].key or "").lower() if is_entry else None


def _said(text: str, comment: re.Match[str]) -> str:
    """Return the value that a comment holds; the empty text where it is prose, or a link."""
    written = (comment["value"] or "").strip()
    if is_block_header(written):
        more = _MORE.match(text, comment.end() + (text.startswith("\r", comment.end())))
        return more["said"] if more else ""
    said = literal(written)
    is_quoted = written[:1] in ("'", '"')
    is_prose = not is_quoted and (any(map(str.isspace, said)) or said[:1] in ("<", "[", "("))
    return "" if is_prose or _LINK.fullmatch(said) or not _WORD.search(said) else said
