"""The raw lines in which git tells which files differ (git-diff-tree(1), "Raw output format").

Names are bytes between NULs, since a file name may hold anything else.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

_REGULAR_MODES = ("100644", "100755")
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
    def is_regular(self) -> bool:
        """Whether it is a file that is there, and no symbolic link or submodule."""
        return self.mode in _REGULAR_MODES


def read_changes(output: IO[bytes]) -> Iterator[Entry]:
    """Yield what `diff-index` or `diff-tree --stdin` tells with `--raw -z`; a commit's id leads."""
    commit = ""
    fields = _fields(output)
    for field in fields:
        if field.startswith(b":"):
            yield _entry(field.decode(), os.fsdecode(next(fields)), commit)
        else:
            commit = field.decode()


def _entry(head: str, path: str, commit: str) -> Entry:
    """Read a raw line; that of a merge has a column for each parent."""
    fields = head.split()
    parents = len(head) - len(head.lstrip(":"))
    return Entry(path, fields[2 * parents + 1], fields[parents], fields[-1], commit)


def _fields(output: IO[bytes]) -> Iterator[bytes]:
    """Yield what stands between NULs, without holding all of it."""
    rest = b""
    while chunk := output.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
