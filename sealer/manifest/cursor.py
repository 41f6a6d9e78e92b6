"""A place inside a decoded object that may be anything, and the way that leads to it.

Readers of other people's kinds use it: what is missing or of another type is simply not there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sealer.manifest.fields import Path


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place.

    Attributes:
        value: What stands there as JSON values; None when there is nothing.
        path: The keys that lead there; a position in a list is its number, counted from 0.
    """

    value: object
    path: Path = ()

    def at(self, *keys: str) -> "Cursor":
        """Return the place that keys of mappings lead to from here."""
        value = self.value
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return Cursor(value, (*self.path, *keys))

    def each(self, *keys: str) -> Iterator["Cursor"]:
        """Yield the places in the list that keys lead to."""
        there = self.at(*keys)
        if isinstance(there.value, list):
            for position, value in enumerate(there.value):
                yield Cursor(value, (*there.path, str(position)))

    def fields(self, *keys: str) -> Mapping[str, object]:
        """Return the mapping that keys lead to; an empty one when there is none."""
        value = self.at(*keys).value
        return value if isinstance(value, Mapping) else {}

    def text(self, *keys: str) -> str:
        """Return the string that keys lead to; the empty string when there is none."""
        value = self.at(*keys).value
        return value if isinstance(value, str) else ""

    def is_true(self, *keys: str) -> bool:
        """Tell whether keys lead to `true`."""
        return self.at(*keys).value is True

    def has(self, *keys: str) -> bool:
        """Tell whether keys lead to anything."""
        return self.at(*keys).value is not None
