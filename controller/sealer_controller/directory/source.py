"""Read the SealedSecrets of a folder, such as a checked-out git repository.

Every `.yaml`, `.yml` and `.json` file below the folder is looked at; what is not a SealedSecret is
none of our business. What cannot be read is reported, and what it may hold counts as unknown, so
that nothing is taken for deleted because of a typing error. Links are never followed out.
"""

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sealer.errors import RetryableError
from sealer_controller.directory.files import Folder, explained, open_folder, printable
from sealer_controller.directory.parse import Content, SourceObject, parse
from sealer_controller.directory.status import Problem
from sealer_controller.objects import Key

__all__ = ["Snapshot", "Source"]

_ENDINGS = (".yaml", ".yml", ".json")
_SKIPPED = ".git"
_MAXIMUM_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the folder holds at one moment.

    Attributes:
        objects: The SealedSecrets; of several with one name the first by path.
        problems: What somebody has to look at, by path.
        unread: Files and folders whose content is not, or not wholly, known.
    """

    objects: Mapping[Key, SourceObject]
    problems: tuple[Problem, ...]
    unread: frozenset[str]

    def may_hold(self, source: str) -> bool:
        """Tell whether an object that was last seen in this file may still be there.

        Args:
            source: The file; empty when it is not known where the object was seen.
        """
        if not source:
            return bool(self.unread)
        folders = map(str, PurePosixPath(source).parents)
        return source in self.unread or any(folder in self.unread for folder in folders)


class Source:
    """Reads a folder again and again, and each file only when it has changed.

    Args:
        path: The folder; it may be a link, and lead elsewhere each time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._cache: dict[str, tuple[object, Content]] = {}

    def read(self, known: Collection[str] = ()) -> Snapshot:
        """Return what the folder holds now.

        Args:
            known: Files that held a SealedSecret when they were last read.

        Raises:
            RetryableError: The folder does not exist or cannot be read.
        """
        with explained(self.path):
            root = Path(os.path.realpath(self.path, strict=True))
            with open_folder(root) as folder:
                folder.names()  # one that cannot be listed must not look empty
                walk = _Walk(root, self._cache, frozenset(known))
                contents = dict(walk.contents(folder, PurePosixPath()))
        self._cache = walk.cache
        return _snapshot(contents)


class _Walk:
    """One way through the folder."""

    def __init__(
        self, root: Path, before: Mapping[str, tuple[object, Content]], known: frozenset[str]
    ) -> None:
        self.cache: dict[str, tuple[object, Content]] = {}
        self._root = root
        self._before = before
        self._known = known

    def contents(self, folder: Folder, path: PurePosixPath) -> Iterator[tuple[str, Content]]:
        """Yield every file, and every folder that cannot be read, with what it holds."""
        if len(path.parts) > _MAXIMUM_DEPTH:
            yield (
                printable(path),
                _unread(printable(path), f"more than {_MAXIMUM_DEPTH} folders deep"),
            )
            return
        try:
            for name in folder.names():
                if name != _SKIPPED:
                    yield from self._contents_of(folder, name, path / name)
        except OSError as error:
            yield printable(path), _unread(printable(path), error.strerror)

    def _contents_of(
        self, folder: Folder, name: str, path: PurePosixPath
    ) -> Iterator[tuple[str, Content]]:
        source = printable(path)
        try:
            found = folder.look(name)
            if stat.S_ISDIR(found.st_mode):
                with folder.enter(name) as inner:
                    yield from self.contents(inner, path)
            elif stat.S_ISLNK(found.st_mode):
                if self._leads_out(folder.path / name):
                    yield source, _unread(source, "a link out of the source is not followed")
            elif name.endswith(_ENDINGS):
                yield source, self._file(folder, name, source, found)
        except FileNotFoundError:  # removed while we looked
            return
        except OSError as error:
            yield source, _unread(source, error.strerror)

    def _file(self, folder: Folder, name: str, source: str, found: os.stat_result) -> Content:
        is_known = source in self._known
        state = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, is_known)
        state_before, content = self._before.get(source, (None, Content()))
        if state_before != state:
            content = parse(folder.read(name)[0], source, is_known=is_known)
        self.cache[source] = (state, content)
        return content

    def _leads_out(self, link: Path) -> bool:
        """Tell whether something that would have been read is missed; links inside are no loss."""
        # Unlike Path.resolve, it bears with links that go round in circles.
        target = Path(os.path.realpath(link))
        if target.is_relative_to(self._root):
            return False
        return link.name.endswith(_ENDINGS) or target.is_dir()


def _unread(source: str, why: str | None) -> Content:
    content = Content()
    content.refuse(source, RetryableError(why or "cannot be read"))
    return content


def _snapshot(contents: Mapping[str, Content]) -> Snapshot:
    objects: dict[Key, SourceObject] = {}
    problems: list[Problem] = []
    for source, content in sorted(contents.items()):
        problems += content.problems
        for each in content.objects:
            first = objects.setdefault(each.key, each)
            if first is not each:
                problems.append(
                    Problem(source, f"{each.key} stands in {first.source} too, which counts")
                )
    unread = frozenset(source for source, content in contents.items() if not content.is_complete)
    return Snapshot(objects, tuple(problems), unread)
