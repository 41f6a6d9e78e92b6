"""An entry goes out of a mapping, with its line or its comma; comments of their own lines stay."""

from collections.abc import Iterator

from sealer.documents.entries import (
    Entry,
    begins_line,
    content_start,
    line_start,
    rest_of_line,
    skip_gap,
)
from sealer.documents.nodes import Mapping
from sealer.documents.patch import Patch
from sealer.documents.sheet import Sheet, Spot
from sealer.errors import UnsafeEditError


def remove_entry(sheet: Sheet, spot: Spot, entry: Entry) -> Iterator[Patch]:
    """Yield what takes an entry out. A mapping that loses its last one becomes `{}`.

    Raises:
        UnsafeEditError: It is needed elsewhere, or shares its line with something else.
    """
    sheet.check_removable(entry)
    every = sheet.entries(spot.mapping)
    index = sheet.index(spot.mapping, entry)
    if len(every) == 1:
        yield from _last(sheet, spot, entry)
    elif spot.mapping.flow:
        yield from _in_flow(sheet.text, every, index)
    else:
        yield from _in_block(sheet.text, every, index)


def _last(sheet: Sheet, spot: Spot, entry: Entry) -> Iterator[Patch]:
    text, mapping = sheet.text, spot.mapping
    if mapping.flow:
        start = content_start(text, mapping)
        before, after = text[start + 1 : entry.start], text[entry.end : mapping.end - 1]
        if "#" in before + after:
            comma = _comma(text, entry)
            yield Patch(entry.start, entry.end if comma < 0 else comma + 1)
        else:
            yield Patch(start, mapping.end, "{}")
    elif spot.holder is not None and begins_line(text, entry.start):
        at = _behind_properties(text, mapping, spot.holder[1])
        yield Patch(at, at, " {}")
        yield _lines(text, entry)
    else:
        yield Patch(entry.start, entry.end, "{}" + ("\n" if text[entry.end - 1] == "\n" else ""))


def _behind_properties(text: str, mapping: Mapping, holder: Entry) -> int:
    """Return where `{}` belongs: behind the colon, or behind the anchor after it."""
    if text.startswith("&", mapping.start):
        return mapping.start + len(text[mapping.start : mapping.end].split(None, 1)[0])
    return holder.colon + 1


def _in_block(text: str, every: list[Entry], index: int) -> Iterator[Patch]:
    entry = every[index]
    if begins_line(text, entry.start):
        yield _lines(text, entry)
        return
    # The first entry of a mapping in a list shares its line with the dash.
    following = every[index + 1].start if index + 1 < len(every) else entry.start
    if following <= entry.end:
        raise UnsafeEditError(f"{entry.name} shares its line with something else: unsafe to edit")
    if "#" in text[entry.end : following]:
        raise UnsafeEditError(
            f"a comment stands between {entry.name} and what follows: unsafe to edit"
        )
    yield Patch(entry.start, following)


def _lines(text: str, entry: Entry) -> Patch:
    """Return what takes out the lines of an entry, the comment behind its value included."""
    start = line_start(text, entry.start)
    if text[entry.end - 1] == "\n":
        return Patch(start, entry.end)
    end = rest_of_line(text, entry.end)
    if end is None:
        raise UnsafeEditError(f"{entry.name} shares its line with something else: unsafe to edit")
    after = text.find("\n", end)
    return Patch(start, len(text) if after < 0 else after + 1)


def _in_flow(text: str, every: list[Entry], index: int) -> Iterator[Patch]:
    entry = every[index]
    comma = _comma(text, entry)
    is_last = index == len(every) - 1
    end = entry.end if comma < 0 else comma + 1
    line_end = rest_of_line(text, end)
    if is_last and "#" not in text[every[index - 1].end : entry.start]:
        yield Patch(every[index - 1].end, entry.end)
    elif begins_line(text, entry.start) and line_end is not None:
        after = text.find("\n", line_end)
        yield Patch(line_start(text, entry.start), after + 1)
    elif is_last:
        yield Patch(entry.start, end)
    elif "#" in text[end : every[index + 1].start]:
        raise UnsafeEditError(f"a comment stands behind {entry.name}: unsafe to edit")
    else:
        yield Patch(entry.start, every[index + 1].start)


def _comma(text: str, entry: Entry) -> int:
    """Return the offset of the comma behind an entry, or -1."""
    at = skip_gap(text, entry.end)
    return at if text.startswith(",", at) else -1
