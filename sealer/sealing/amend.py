"""Items of SealedSecrets in a file are replaced, added, removed and renamed, and nothing else.

The annotation that notes which key sealed each item is kept right where it stands, never added.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from sealer.documents import Stream
from sealer.documents.edit import Change, Drop, Put, Rename, edit
from sealer.errors import UnsafeEditError
from sealer.manifest.places import place
from sealer.sealing.hints import SEALING_KEYS, updated
from sealer.sealing.recovery import PlacedSealedSecret
from sealer_keys.fingerprint import Fingerprint

ITEMS = ("spec", "encryptedData")
_ANNOTATIONS = ("metadata", "annotations")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Amendment:
    """What to change in one SealedSecret.

    Attributes:
        placed: The object.
        values: New sealed texts by item key, those of new items too.
        key: The key that sealed them; None when unknown.
        removed: Item keys to take out.
        renamed: New item keys by the old ones. `values` goes by the new ones.
        others: Changes of other fields, by paths from the root of the object.
    """

    placed: PlacedSealedSecret
    values: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    key: Fingerprint | None = None
    removed: Collection[str] = ()
    renamed: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    others: Sequence[Change] = ()


def amend(stream: Stream, amendments: Sequence[Amendment]) -> bytes:
    """Return a file with its SealedSecrets amended; everything else in it stays byte for byte.

    Args:
        stream: The file.
        amendments: What to change, one for each object.

    Raises:
        UnsafeEditError: It cannot be done without touching something else, or an item that is to
            go is not there, or the new name of one is taken.
    """
    changes = [(one.placed.found.node, list(_changes(one))) for one in amendments]
    try:
        return edit(stream, changes)
    except UnsafeEditError as error:
        _name_object(error, stream, amendments)
        raise


def _name_object(error: UnsafeEditError, stream: Stream, amendments: Sequence[Amendment]) -> None:
    """Fill in which object an error is about: the last one that begins before its place."""
    places = (place(stream, one.placed.found) for one in amendments)
    before = [
        where
        for where in places
        if where.document == error.where.document and where.line <= error.where.line
    ]
    if before:
        nearest = max(before, key=lambda where: where.line)
        error.at(namespace=nearest.namespace, name=nearest.name)


def _changes(amendment: Amendment) -> Iterator[Change]:
    # What is new comes before what goes, so that a mapping is never emptied in between.
    moving = {*amendment.removed, *amendment.renamed}
    for item, text in sorted(amendment.values.items()):
        if item not in moving:
            yield _put(item, text)
    for item in sorted(amendment.removed):
        yield Drop((*ITEMS, item))
    for old, new in sorted(amendment.renamed.items()):
        yield Rename((*ITEMS, old), new)
    for item, text in sorted(amendment.values.items()):
        if item in moving:
            yield _put(item, text)
    yield from _hints(amendment)
    yield from amendment.others


def _put(item: str, text: str) -> Put:
    # Line ends in a sealed text do not count, wherever they stand (compat.md 1.3).
    return Put((*ITEMS, item), text, any_lines=True)


def _hints(amendment: Amendment) -> Iterator[Change]:
    before = amendment.placed.sealed.annotations.get(SEALING_KEYS)
    if before is None:
        return
    after = updated(
        before,
        values=amendment.values,
        key=amendment.key,
        removed=amendment.removed,
        renamed=amendment.renamed,
    )
    if after != before:
        yield Put((*_ANNOTATIONS, SEALING_KEYS), after)
