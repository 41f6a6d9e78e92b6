"""Contents: those of many files in one go, or of one by its name when it is asked for."""

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from subprocess import PIPE
from typing import IO

from sealer_hooks.git.command import Command, GitError, Running, temporary_file

_CHUNK = 1024 * 1024
# A name that does not exist comes back with a word behind it, and may hold anything itself.
_HEAD = re.compile(rb"[0-9a-f]{40,64} (blob|tree|commit|tag) ([0-9]+)\n")


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of a file.

    Attributes:
        data: Its first bytes.
        is_whole: These are all of them.
    """

    data: bytes
    is_whole: bool


def read_blobs(command: Command, ids: Iterable[str], limit: int) -> Iterator[Blob | None]:
    """Yield contents in the order of their ids; None for one that cannot be read.

    Args:
        command: Git.
        ids: Full object ids.
        limit: How many bytes of each to keep.
    """
    with temporary_file() as requests:
        count = 0
        for each in ids:
            requests.write(f"{each}\n".encode())
            count += 1
        if not count:
            return
        requests.seek(0)
        with command.start("cat-file", "--batch", "--buffer", stdin=requests) as git:
            for _ in range(count):
                yield _read_blob(git.stdout, limit)


class Reader:
    """One git process that is asked for files by their names, started with the first.

    Args:
        command: Git.
        limit: How many bytes of each file to keep.
    """

    def __init__(self, command: Command, limit: int) -> None:
        self._command = command
        self._limit = limit
        self._closing = ExitStack()
        self._git: Running | None = None

    def read(self, name: str) -> bytes | None:
        """Return a file by git's name for it, such as `COMMIT:PATH`; None if there is none.

        Raises:
            GitError: Git has met something so damaged that it has ended.
        """
        question = name.encode(errors="surrogateescape")
        if b"\n" in question:  # which would end the question
            answer = self._command.ask("cat-file", "blob", name)
            return None if answer is None else answer[: self._limit]
        if self._git is None:
            self._git = self._closing.enter_context(
                self._command.start("cat-file", "--batch", stdin=PIPE)
            )
        try:
            self._git.ask(question + b"\n")
        except OSError as error:
            raise GitError("git cat-file has ended unasked") from error
        blob = _read_blob(self._git.stdout, self._limit)
        return None if blob is None else blob.data

    def close(self) -> None:
        """End the process; another question starts it anew."""
        self._closing.close()
        self._git = None


def _read_blob(output: IO[bytes], limit: int) -> Blob | None:
    """Read one answer of `cat-file --batch`: `ID blob SIZE`, the bytes, a line end."""
    head = _HEAD.fullmatch(output.readline())
    if head is None:
        return None
    kind, size = head[1], int(head[2])
    data = output.read(min(size, limit))
    rest = size - len(data)
    while rest > 0 and (chunk := output.read(min(rest, _CHUNK))):
        rest -= len(chunk)
    is_complete = rest == 0 and output.read(1) == b"\n"
    return Blob(data, is_whole=size <= limit) if is_complete and kind == b"blob" else None
