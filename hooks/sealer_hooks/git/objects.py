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
                try:
                    yield read_blob(git.stdout, limit)
                except EOFError:
                    yield None


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
        if b"\n" in question or question.endswith(b"\r"):  # git takes either for its end
            return self._read_alone(name)
        if self._git is None:
            self._git = self._closing.enter_context(
                self._command.start("cat-file", "--batch", stdin=PIPE)
            )
        try:
            self._git.ask(question + b"\n")
            blob = read_blob(self._git.stdout, self._limit)
        except (OSError, EOFError) as error:
            hint = "git fsck tells what is damaged"
            raise GitError("git cat-file has ended before it answered", hint=hint) from error
        return None if blob is None else blob.data

    def _read_alone(self, name: str) -> bytes | None:
        """Ask a process of its own, which is told the name as an argument."""
        with self._command.start("cat-file", "blob", name) as git:
            data = git.stdout.read(self._limit)
        # Of a larger file, git complains that nobody reads the rest.
        return None if git.status and len(data) < self._limit else data

    def close(self) -> None:
        """End the process; another question starts it anew."""
        self._closing.close()
        self._git = None


def read_blob(output: IO[bytes], limit: int) -> Blob | None:
    """Read one answer of `cat-file --batch`: `ID blob SIZE`, the bytes, a line end.

    Args:
        output: What git prints.
        limit: How many bytes to keep.

    Returns:
        The content; None for what is missing, or no file.

    Raises:
        EOFError: Git has ended before that.
    """
    line = output.readline()
    head = _HEAD.fullmatch(line)
    if head is None:
        if line.endswith(b"\n"):
            return None
        raise EOFError
    size = int(head[2])
    data = output.read(min(size, limit))
    rest = size - len(data)
    while rest > 0 and (chunk := output.read(min(rest, _CHUNK))):
        rest -= len(chunk)
    if output.read(1) != b"\n":
        raise EOFError
    return Blob(data, is_whole=size <= limit) if head[1] == b"blob" else None
