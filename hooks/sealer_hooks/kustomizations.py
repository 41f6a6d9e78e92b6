"""Kustomizations that did not change, but make a Secret of a file that did.

A file with values has no sign of a Secret in it. What makes one of it is a `secretGenerator` in a
kustomization beside it or above it, which may have been there for long.
"""

import posixpath
from collections.abc import Callable, Iterator

from sealer_hooks.sources import KUSTOMIZATIONS, Content

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from sealer_hooks.sources import Source

_SIGN = b"ecretGenerator"

Lookup = Callable[[str], bytes | None]


class Kustomizations:
    """Those that name what was examined.

    Args:
        source: Where all of it is.
    """

    def __init__(self, source: "Source") -> None:
        self._source = source
        self._in_folder: dict[str, list[str]] = {}
        self._above_folder: dict[str, list[str]] = {}
        self._examined: dict[str, set[str]] = {}

    def note(self, content: Content) -> None:
        """Remember a file that was examined, if there is a kustomization that may name it."""
        if self._above(posixpath.dirname(content.path)):
            path = posixpath.normpath(content.path)
            self._examined.setdefault(content.revision, set()).add(path)

    def affected(self) -> Iterator[tuple[Content, Lookup]]:
        """Yield each such kustomization, and what gives it the examined files and no others."""
        for revision, paths in self._examined.items():
            places = {place for path in paths for place in self._above(posixpath.dirname(path))}
            for place in sorted(places - paths):
                data = self._source.read_file(revision, place)
                if data and _SIGN in data:
                    content = Content(place, data, revision=revision)
                    yield content, self._lookup(content, paths)

    def _lookup(self, content: Content, paths: set[str]) -> Lookup:
        read = self._source.read_neighbour
        return lambda path: read(content, path) if path in paths else None

    def _above(self, folder: str) -> list[str]:
        """Return the kustomizations in a folder and above it."""
        if folder not in self._above_folder:
            self._above_folder[folder] = [
                place for each in _upwards(folder) for place in self._in(each)
            ]
        return self._above_folder[folder]

    def _in(self, folder: str) -> list[str]:
        """Return the kustomizations that a folder holds by now."""
        if folder not in self._in_folder:
            places = [posixpath.join(folder, name) for name in KUSTOMIZATIONS]
            revisions = self._source.newest
            self._in_folder[folder] = [
                place
                for place in places
                if any(self._source.has_kustomization(each, place) for each in revisions)
            ]
        return self._in_folder[folder]


def _upwards(folder: str) -> Iterator[str]:
    """Yield a folder and those above it, up to the current one or the root."""
    while True:
        yield folder
        above = posixpath.dirname(folder)
        if above == folder:
            return
        folder = above
