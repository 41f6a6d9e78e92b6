"""Which of several changes can be made on a text at once, and how; the rest waits its turn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sealer.documents.changes import Change, Drop, Put, Rename
from sealer.documents.insert import insert_entries, insert_entry
from sealer.documents.nodes import Mapping
from sealer.documents.patch import Patch
from sealer.documents.remove import remove_entry
from sealer.documents.rewrite import rewrite_key, rewrite_value
from sealer.documents.sheet import Sheet, Spot, locate
from sealer.errors import UnsafeEditError

_Located = list[tuple[Change, Spot]]


@dataclass(frozen=True, slots=True)
class Step:
    """Changes that are made together.

    Attributes:
        patches: What they do to the text.
        replaced: The scalars that they replace, by the node's `id`; where there are any, the step
            changes nothing else.
        left: The changes that are not among them.
    """

    patches: list[Patch]
    replaced: frozenset[int]
    left: list[Change]


def plan(sheet: Sheet, mapping: Mapping, changes: Sequence[Change]) -> Step:
    """Return the next step of changes that are independent of each other.

    What is new comes before what goes, so that a mapping is never emptied in between.

    Raises:
        UnsafeEditError: One cannot be made.
    """
    located = [(change, locate(sheet, mapping, change.path)) for change in changes]
    replaced, added, renamed, dropped = _sorted_by_kind(located)
    if replaced:
        patches = [patch for each in replaced for patch in _replace(sheet, *each)]
        ids = frozenset(id(spot.entry.value) for _, spot in replaced if spot.entry is not None)
        return Step(patches, ids, _changes(added + renamed + dropped))
    if added:
        return _add(sheet, added, renamed + dropped)
    if renamed:
        return Step([_rename(sheet, *each) for each in renamed], frozenset(), _changes(dropped))
    return _drop(sheet, dropped)


def _sorted_by_kind(located: _Located) -> tuple[_Located, _Located, _Located, _Located]:
    kinds: tuple[_Located, _Located, _Located, _Located] = ([], [], [], [])
    for change, spot in located:
        is_there = spot.entry is not None and not spot.rest
        if isinstance(change, Put):
            kinds[not is_there].append((change, spot))
        elif not is_there:
            raise UnsafeEditError(f"there is no {change.path[-1]}")
        else:
            kinds[2 if isinstance(change, Rename) else 3].append((change, spot))
    return kinds


def _changes(located: Iterable[tuple[Change, Spot]]) -> list[Change]:
    return [change for change, _ in located]


def _replace(sheet: Sheet, change: Change, spot: Spot) -> Iterable[Patch]:
    if spot.entry is None or not isinstance(change, Put):
        raise TypeError("only what is there can be replaced")
    return rewrite_value(sheet, spot.mapping, spot.entry, change.value, any_lines=change.any_lines)


def _rename(sheet: Sheet, change: Change, spot: Spot) -> Patch:
    if spot.entry is None or not isinstance(change, Rename):
        raise TypeError("only what is there can be renamed")
    if change.name in spot.mapping.fields():
        raise UnsafeEditError(f"{change.name} is there already")
    return rewrite_key(sheet, spot.entry, change.name)


def _add(sheet: Sheet, added: _Located, others: _Located) -> Step:
    """Add to one mapping: several entries where it has some, else the first one alone."""
    first, spot = added[0]
    together = [each for each in added if _is_beside(sheet, spot, each[1])]
    if together:
        values = {
            change.path[-1]: change.value for change, _ in together if isinstance(change, Put)
        }
        patches = list(insert_entries(sheet, spot.mapping, values))
    else:
        together = added[:1]
        patches = list(insert_entry(sheet, spot, first.value)) if isinstance(first, Put) else []
    done = {id(change) for change, _ in together}
    left = [each for each in added if id(each[0]) not in done]
    return Step(patches, frozenset(), _changes(left + others))


def _is_beside(sheet: Sheet, first: Spot, spot: Spot) -> bool:
    """Tell whether an entry is all that is missing, in the same mapping, which has some."""
    is_alone = spot.entry is None and len(spot.rest) == 1
    return is_alone and spot.mapping is first.mapping and bool(sheet.entries(spot.mapping))


def _drop(sheet: Sheet, dropped: _Located) -> Step:
    """Drop from one mapping what has neighbours that stay: how an entry goes depends on them."""
    mapping = dropped[0][1].mapping
    patches: list[Patch] = []
    left: list[Change] = []
    last = -2
    for change, spot in sorted(dropped, key=_offset):
        at = sheet.index(mapping, spot.entry) if spot.mapping is mapping and spot.entry else -1
        if spot.entry is None or not isinstance(change, Drop) or at <= last + 1:
            left.append(change)
        else:
            patches += remove_entry(sheet, spot, spot.entry)
            last = at
    return Step(patches, frozenset(), left)


def _offset(located: tuple[Change, Spot]) -> int:
    entry = located[1].entry
    return entry.start if entry is not None else 0
