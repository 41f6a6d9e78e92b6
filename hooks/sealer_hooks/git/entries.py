"""The raw lines in which git tells which files differ (git-diff-tree(1), "Raw output format").

Names are bytes between NULs, since a file name may hold anything else.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

_REGULAR_MODES = ("100644", "100755")
_LINK_MODE = "120000"
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that the index or a commit brings.

    Attributes:
        path: From the root; undecodable bytes as surrogates.
        blob: The id of its content.
        mode: Git's file mode, such as `100644`.
        status: Git's letter for the kind of change; one per parent in a merge.
        commit: The commit that brings it; empty for the index.
    """

    path: str
    blob: str
    mode: str = "100644"
    status: str = "A"
    commit: str = ""

    @property
    def is_unmerged(self) -> bool:
        """Whether it has a conflict, so that git will not commit it."""
        return self.status == "U"

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link; its content is where it leads."""
        return self.mode == _LINK_MODE

    @property
    def is_regular(self) -> bool:
        """Whether it is a file that is there, and no symbolic link or submodule."""
        return self.mode in _REGULAR_MODES


def read_changes(output: IO[bytes]) -> Iterator[Entry]:
    """Yield what `diff-index` or `diff-tree --stdin` tells with `--raw -z`; a commit's id leads.

    A file that only becomes executable, or is so no more, brings nothing and is left out.
    """
    commit = ""
    found = fields(output)
    for field in found:
        if field.startswith(b":"):
            columns, path = field.decode().split(), next(found)
            if not _is_only_mode(columns):
                yield _entry(columns, os.fsdecode(path), commit)
        else:
            commit = field.decode()


def _entry(columns: list[str], path: str, commit: str) -> Entry:
    """Read a raw line: a mode of each parent and one, their ids likewise, and the status."""
    parents = _parents(columns)
    return Entry(path, columns[2 * parents + 1], columns[parents], columns[-1], commit)


def _is_only_mode(columns: list[str]) -> bool:
    """Tell whether a parent has the same content at this path, as a regular file as well."""
    parents = _parents(columns)
    modes, blobs = columns[:parents], columns[parents + 1 : -2]
    blob = columns[2 * parents + 1]
    before = zip(modes, blobs, strict=True)
    return blob.strip("0") != "" and any(
        old == blob and mode.lstrip(":") in _REGULAR_MODES for mode, old in before
    )


def _parents(columns: list[str]) -> int:
    """Return with how many parents a file was compared; a merge has several."""
    return (len(columns) - 3) // 2


def fields(output: IO[bytes]) -> Iterator[bytes]:
    """Yield what stands between NULs, without holding all of it."""
    rest = b""
    while chunk := output.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
