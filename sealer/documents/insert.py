"""A new entry comes into a mapping, written like its neighbours: indent, quotes, blanks."""

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from sealer.documents.entries import (
    Entry,
    begins_line,
    content_start,
    indent_of,
    line_start,
    rest_of_line,
    skip_gap,
)
from sealer.documents.nodes import Mapping, Scalar, is_merge_key, walk
from sealer.documents.patch import Patch
from sealer.documents.quoting import quoted
from sealer.documents.rewrite import value_style
from sealer.documents.sheet import Sheet, Spot
from sealer.errors import UnsafeEditError

_COLON = re.compile(r"[ \t]*:[ \t]*")
_DEFAULT_STEP = "  "
_New = tuple[tuple[str, ...], str]  # the keys that are missing, and the value


@dataclass(frozen=True, slots=True)
class _Look:
    """How entries are written.

    Attributes:
        key: The quotes of keys.
        value: The quotes of values.
        colon: The colon and the blanks around it.
        gap: What follows a comma on one line.
        newline: The line end; empty where entries stand on one line.
        indent: The blanks before an entry in a line of its own.
        step: What one level more adds to them.
        has_braces: Mappings are written with braces.
        is_json: It is JSON.
    """

    key: str
    value: str
    colon: str
    gap: str
    newline: str
    indent: str
    step: str
    has_braces: bool
    is_json: bool

    def entry(self, path: tuple[str, ...], value: str) -> str:
        """Return an entry: a string, or mappings around it for a path of several keys."""
        name = quoted(path[0], self.key, is_json=self.is_json)
        if len(path) == 1:
            return name + self.colon + quoted(value, self.value, is_json=self.is_json)
        inner = self.deeper.entry(path[1:], value)
        if self.has_braces:
            return name + self.colon + self.braced(inner)
        return f"{name}:{self.newline}{self.indent}{self.step}{inner}"

    def braced(self, inner: str) -> str:
        """Return a mapping of one entry in braces."""
        if not self.newline:
            return "{" + inner + "}"
        return f"{{{self.newline}{self.indent}{self.step}{inner}{self.newline}{self.indent}}}"

    @property
    def deeper(self) -> "_Look":
        """The look of the entries one level down."""
        return replace(self, indent=self.indent + self.step)


def insert_entry(sheet: Sheet, spot: Spot, value: str) -> Iterator[Patch]:
    """Yield what puts a new entry where a path leads to, with the mappings that are missing.

    Among sorted entries it comes to its place, else behind the last one.

    Raises:
        UnsafeEditError: It cannot be done without touching something else.
    """
    mapping, path = spot.mapping, spot.rest
    if spot.entry is not None:
        yield from _fill(sheet, mapping, spot.entry, path, value)
    elif sheet.entries(mapping):
        yield from _into(sheet, mapping, [(path, value)])
    elif spot.holder is not None:
        yield from _fill(sheet, *spot.holder, path, value)
    else:
        start = content_start(sheet.text, mapping)
        _check_blank(sheet.text, start + 1, mapping.end - 1)
        look = _look(sheet, mapping, [])
        yield Patch(start, mapping.end, look.braced(look.entry(path, value)))


def insert_entries(sheet: Sheet, mapping: Mapping, values: dict[str, str]) -> Iterator[Patch]:
    """Yield what puts new entries into a mapping that has some, each to its place.

    Raises:
        UnsafeEditError: It cannot be done without touching something else.
    """
    return _into(sheet, mapping, [((name,), value) for name, value in values.items()])


def _into(sheet: Sheet, mapping: Mapping, new: list[_New]) -> Iterator[Patch]:
    every = sheet.entries(mapping)
    look = _look(sheet, mapping, every)
    for index, group in _by_index(every, new).items():
        texts = [look.entry(*each) for each in group]
        if mapping.flow:
            yield from _into_flow(sheet.text, look, every, index, texts)
        else:
            yield _into_block(sheet.text, look, every, index, texts)


def _by_index(every: list[Entry], new: list[_New]) -> dict[int, list[_New]]:
    """Return where entries belong; never before `<<`, which what follows it overrides."""
    merged = max((at + 1 for at, one in enumerate(every) if is_merge_key(one.key)), default=0)
    names = [entry.name for entry in every[merged:]]
    if any(first > second for first, second in pairwise(names)):
        return {len(every): new}
    groups: dict[int, list[_New]] = {}
    for each in sorted(new):
        groups.setdefault(merged + bisect(names, each[0][0]), []).append(each)
    return groups


def _into_block(text: str, look: _Look, every: list[Entry], index: int, texts: list[str]) -> Patch:
    new = (look.newline + look.indent).join(texts)
    if index == 0:
        first = every[0].start
        if not begins_line(text, first):
            return Patch(first, first, new + look.newline + look.indent)
        at = _above_comments(text, line_start(text, first))
        return Patch(at, at, look.indent + new + look.newline)
    at = every[index - 1].end
    if text[at - 1] == "\n":
        return Patch(at, at, look.indent + new + look.newline)
    end = rest_of_line(text, at)
    if end is None:
        raise _crowded(every[index - 1])
    return Patch(end, end, look.newline + look.indent + new)


def _above_comments(text: str, at: int) -> int:
    """Return the start of the comment lines right above a line: they belong to it."""
    while at:
        above = line_start(text, at - 1)
        if not text[above:at].lstrip(" \t").startswith("#"):
            break
        at = above
    return at


def _into_flow(
    text: str, look: _Look, every: list[Entry], index: int, texts: list[str]
) -> Iterator[Patch]:
    between = "," + (look.newline + look.indent if look.newline else look.gap)
    new = between.join(texts)
    if index == 0:
        yield Patch(every[0].start, every[0].start, new + between)
        return
    end = every[index - 1].end
    comma = skip_gap(text, end)
    has_comma = text.startswith(",", comma)
    line_end = rest_of_line(text, comma + 1 if has_comma else end)
    if not look.newline or line_end is None or text[end:line_end].strip(" \t") in ("", ","):
        yield Patch(end, end, between + new)
        return
    # A comment behind the entry before stays with it.
    if not has_comma:
        yield Patch(end, end, ",")
    yield Patch(line_end, line_end, look.newline + look.indent + new + "," * has_comma)


def _fill(
    sheet: Sheet, parent: Mapping, entry: Entry, path: tuple[str, ...], value: str
) -> Iterator[Patch]:
    """Yield what makes a mapping with one entry of `{}` or of nothing."""
    text = sheet.text
    sheet.check_own(entry)
    if entry.colon < 0:
        raise UnsafeEditError(f"{entry.name} is a key without a colon: unsafe to edit")
    start = entry.end if entry.is_empty else content_start(text, entry.value)
    if isinstance(entry.value, Mapping):
        _check_blank(text, start + 1, entry.end - 1)
    look = _look(sheet, parent, sheet.entries(parent))
    if not parent.flow and not text[entry.colon + 1 : start].strip():
        end = rest_of_line(text, entry.end)
        if end is None:
            raise _crowded(entry)
        yield Patch(entry.colon + 1, entry.end)
        new = look.deeper.entry(path, value)
        yield Patch(end, end, look.newline + look.deeper.indent + new)
        return
    look = replace(look, has_braces=True, newline=look.newline if parent.flow else "")
    blank = " " if entry.is_empty else ""
    yield Patch(start, entry.end, blank + look.braced(look.deeper.entry(path, value)))


def _check_blank(text: str, start: int, end: int) -> None:
    if text[start:end].strip():
        raise UnsafeEditError("a comment stands in an empty mapping: unsafe to edit")


def _crowded(entry: Entry) -> UnsafeEditError:
    return UnsafeEditError(f"{entry.name} shares its line with something else: unsafe to edit")


def _look(sheet: Sheet, mapping: Mapping, every: list[Entry]) -> _Look:
    text = sheet.text
    models = [entry for entry in every if not is_merge_key(entry.key) and not entry.has_alias]
    model = next((entry for entry in models if isinstance(entry.value, Scalar)), None)
    model = model or (models[0] if models else None)
    colon, is_tight = ": ", False
    if model is not None and not model.is_empty:
        written = _COLON.fullmatch(text, model.key_end, model.value_start)
        colon = written[0] if written else colon
        is_tight = colon.endswith(":")
    key = model.key.style if model is not None and isinstance(model.key, Scalar) else ""
    is_spread = not mapping.flow or (bool(every) and begins_line(text, every[0].start))
    return _Look(
        key=key if key in ("'", '"') else "",
        value=value_style(sheet, mapping),
        colon=colon,
        gap=_gap(text, every, is_tight=is_tight),
        newline=sheet.newline if is_spread else "",
        indent=indent_of(text, every[0].start) if every else "",
        step=_step(sheet),
        has_braces=mapping.flow,
        is_json=sheet.is_json,
    )


def _gap(text: str, every: list[Entry], *, is_tight: bool) -> str:
    """Return what stands between a comma and the next entry."""
    if len(every) > 1:
        between = text[every[0].end : every[1].start]
        if not between.strip(", \t"):
            return between.partition(",")[2]
    return "" if is_tight else " "


def _step(sheet: Sheet) -> str:
    """Return how much deeper than its key the entries of a mapping stand in this document."""
    text = sheet.text
    for node in walk(sheet.root):
        if not isinstance(node, Mapping):
            continue
        for entry in sheet.entries(node):
            inner = entry.value
            if not isinstance(inner, Mapping) or entry.has_alias or not inner.pairs:
                continue
            first = sheet.entries(inner)[0].start
            outer, deeper = indent_of(text, entry.start), indent_of(text, first)
            if begins_line(text, first) and len(deeper) > len(outer):
                return deeper[len(outer) :]
    return _DEFAULT_STEP
