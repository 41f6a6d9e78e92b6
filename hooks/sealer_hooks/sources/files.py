"""Files as they are on disk. The pre-commit framework names them, after putting changes aside."""

import os
import stat
from collections.abc import Iterable, Iterator

from sealer_hooks.sources.content import LONGEST_SCAN, Content
from sealer_hooks.sources.source import WORK_TREE, Source


class FileSource(Source):
    """Files that were named.

    Args:
        paths: Their names.
        folder: The current folder.
    """

    def __init__(self, paths: Iterable[str], folder: str = "") -> None:
        self._paths = paths
        self._folder = folder
        self.policy_revision = WORK_TREE

    def contents(self) -> Iterator[Content]:
        """Yield the files; one that cannot be read has a problem."""
        for path in self._paths:
            try:
                yield _read_file(path)
            except OSError as error:
                yield Content(path, problem=f"cannot be read: {os.strerror(error.errno or 0)}")
            except ValueError:  # a NUL byte, which no file name can hold
                yield Content(path, problem="cannot be read: this is no file name")

    def read_file(self, revision: str, path: str) -> bytes | None:  # noqa: ARG002 - there is one
        """Return a file on disk; None when it cannot be read."""
        try:
            content = _read_file(path)
        except (OSError, ValueError):
            return None
        return None if content.problem else content.data

    def read_policy_file(self, name: str) -> bytes | None:
        """Return a file at the root of the work tree, or of the current folder without one."""
        return self.read_file(WORK_TREE, os.path.join(_root(self._folder), name))  # noqa: PTH118 - pathlib is slow to import


def _root(folder: str) -> str:
    """Return the folder at or above one that holds `.git`; without any, that folder."""
    here = folder
    while not os.path.lexists(os.path.join(here, ".git")):  # noqa: PTH118 - pathlib is slow
        above = os.path.dirname(here)  # noqa: PTH120 - pathlib is slow to import
        if above == here:
            return folder
        here = above
    return here


def _read_file(path: str) -> Content:
    # Asked before it is opened: opening a pipe would wait for a writer.
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - pathlib is slow to import
        return Content(path, problem="is no regular file")
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        data = file.read(LONGEST_SCAN + 1)
    return Content(path, data[:LONGEST_SCAN], is_whole=len(data) <= LONGEST_SCAN)
