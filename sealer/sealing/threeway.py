"""Three versions of one SealedSecret to one, field by field.

A field is a string and the path of keys to it: an item, a label, the type, a template entry. What
one side changed is taken; what both changed differently is a conflict. A sealed value opens only
under its own identity, so an item that one side sealed is a conflict too where the other side
moved the object.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sealer.errors import SealerError
from sealer.manifest import Found, read_sealed_secret
from sealer.scope import Scope
from sealer.sealing.hints import SEALING_KEYS, read_hints, write_hints
from sealer.sealing.survey import manifest_of

Path = tuple[str, ...]
Fields = Mapping[Path, str]

ITEMS: Path = ("spec", "encryptedData")
HINTS: Path = ("metadata", "annotations", SEALING_KEYS)
_ANNOTATIONS: Path = ("metadata", "annotations")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a SealedSecret.

    Attributes:
        fields: Its strings by path, sealed values without line ends.
        others: The paths of all other values.
        manifest: The object as JSON values.
    """

    fields: Fields
    others: frozenset[Path]
    manifest: Mapping[str, object]

    @classmethod
    def of(cls, found: Found) -> "Version":
        """Read an object of a file whose document has no fault."""
        manifest = manifest_of(found)
        values = dict(_values(manifest, ()))
        fields = {path: text for path, text in values.items() if isinstance(text, str)}
        return cls(fields, frozenset(values.keys() - fields.keys()), manifest)

    @property
    def name(self) -> str:
        """What people call the object."""
        namespace, name = (self.fields.get(("metadata", key), "") for key in ("namespace", "name"))
        return f"{namespace}/{name}".removeprefix("/")

    @property
    def identity(self) -> tuple[str, ...]:
        """What its values are sealed for: the scope, and the names that it binds."""
        count = len(_ANNOTATIONS)
        annotations = {p[-1]: text for p, text in self.fields.items() if p[:count] == _ANNOTATIONS}
        scope = Scope.of(annotations)
        namespace, name = (self.fields.get(("metadata", key), "") for key in ("namespace", "name"))
        bound = {Scope.STRICT: (namespace, name), Scope.NAMESPACE_WIDE: (namespace,)}
        return (scope.value, *bound.get(scope, ()))

    @property
    def hints(self) -> dict[str, str]:
        """The short fingerprint of the key that sealed each item, as far as it is known."""
        try:
            return read_hints(read_sealed_secret(self.manifest, lenient=True))
        except SealerError:
            return {}


@dataclass(frozen=True, slots=True)
class Merged:
    """What comes of three versions.

    Attributes:
        ours: The fields, where there is a conflict those of our side.
        theirs: The fields, where there is a conflict those of their side.
        conflicts: Why a field needs a decision, by its path.
    """

    ours: Fields
    theirs: Fields
    conflicts: Mapping[Path, str]


def merge_versions(base: Version, ours: Version, theirs: Version) -> Merged:
    """Merge three versions of one object."""
    fields: dict[Path, str] = {}
    conflicts: dict[Path, str] = {}
    for path in sorted({*base.fields, *ours.fields, *theirs.fields} - {HINTS}):
        values = _Values(*(version.fields.get(path) for version in (base, ours, theirs)))
        if values.is_conflict:
            conflicts[path] = "was changed on both sides"
        elif _is_displaced(path, values, base, ours, theirs):
            conflicts[path] = "was sealed on one side for a place that the other side changed"
        elif values.chosen is not None:
            fields[path] = values.chosen
    fields |= _merged_hints(base, ours, theirs, fields)
    return Merged(
        fields | {path: ours.fields[path] for path in conflicts if path in ours.fields},
        fields | {path: theirs.fields[path] for path in conflicts if path in theirs.fields},
        conflicts,
    )


class _Values(NamedTuple):
    """A field in the three versions; None where it is not there."""

    base: str | None
    ours: str | None
    theirs: str | None

    @property
    def is_conflict(self) -> bool:
        return self.base not in (self.ours, self.theirs) and self.ours != self.theirs

    @property
    def chosen(self) -> str | None:
        return self.theirs if self.ours == self.base else self.ours


def _is_displaced(
    path: Path, values: _Values, base: Version, ours: Version, theirs: Version
) -> bool:
    """Tell whether one side sealed an item, and the other side moved the object."""
    if path[: len(ITEMS)] != ITEMS or values.ours == values.theirs:
        return False
    is_sealed_by_us = values.ours not in (None, values.base)
    is_sealed_by_them = values.theirs not in (None, values.base)
    return (is_sealed_by_us and theirs.identity != base.identity) or (
        is_sealed_by_them and ours.identity != base.identity
    )


def _merged_hints(base: Version, ours: Version, theirs: Version, fields: Fields) -> dict[Path, str]:
    """Return the note of sealing keys: of each item the one that fits, never a conflict."""
    values = _Values(*(version.fields.get(HINTS) for version in (base, ours, theirs)))
    if not values.is_conflict:
        return {} if values.chosen is None else {HINTS: values.chosen}
    if values.ours is None or values.theirs is None:  # one side took the note out
        return {}
    noted: dict[str, tuple[str, str]] = {}
    for version in (theirs, ours):
        for item, key in version.hints.items():
            text = fields.get((*ITEMS, item))
            if text is not None and text == version.fields.get((*ITEMS, item)):
                noted[item] = (text, key)
    return {HINTS: write_hints(noted)}


def _values(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _values(part, (*path, key))
    elif isinstance(value, str) and path[: len(ITEMS)] == ITEMS:
        yield path, value.translate({10: None, 13: None})
    else:
        yield path, value
