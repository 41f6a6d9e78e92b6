"""Manifests of all commits of a repository, the ones that nothing shows any more included."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO

from sealer.cli.files.git import NoGitError
from sealer.cli.files.ignored import work_tree_of
from sealer.cli.files.inputs import MANIFEST_SUFFIXES, MAXIMUM_SIZE
from sealer.errors import InputError, Where

_CHUNK = 1024 * 1024
# What is not there is not fetched, and what was replaced is read as it was committed.
_HARMLESS = ("-c", "protocol.allow=never", "--no-pager", "--no-replace-objects")


@dataclass(frozen=True, slots=True)
class Version:
    """A file as some commit has it.

    Attributes:
        path: One of its names, relative to the repository.
        blob: The id of its content.
        data: Its content.
    """

    path: str
    blob: str
    data: bytes


@dataclass(slots=True)
class History:
    """The history of one repository.

    Attributes:
        root: Its work tree.
        missing: Contents that the repository does not have, or that are too large to read.
    """

    root: Path
    missing: list[str] = field(default_factory=list)

    @property
    def is_shallow(self) -> bool:
        """Whether older commits are left out of this clone."""
        done = self._run("rev-parse", "--is-shallow-repository")
        return done.strip() == b"true"

    def versions(self) -> Iterator[Version]:
        """Yield every version of every manifest that a branch, tag or other ref leads to.

        Raises:
            InputError: git is missing, or cannot read the repository.
        """
        names = self._names()
        with self._started("cat-file", "--batch") as (ask, answers):
            for blob, path in names.items():
                ask.write(blob.encode() + b"\n")
                ask.flush()
                data = self._answer(answers)
                if data is None:
                    self.missing.append(f"{path} ({blob[:12]})")
                else:
                    yield Version(path, blob, data)

    def _names(self) -> dict[str, str]:
        """Return the contents of manifests by their ids, with one of their names."""
        listed = self._run("rev-list", "--objects", "--all", "--missing=print").splitlines()
        absent = sum(line.startswith(b"?") for line in listed)
        if absent:
            self.missing.append(f"{absent} objects of a partial clone, whatever they are")
        names: dict[str, str] = {}
        for line in listed:
            blob, _, name = line.partition(b" ")
            path = os.fsdecode(name)
            if PurePath(path).suffix.lower() in MANIFEST_SUFFIXES:
                names.setdefault(blob.decode(), path)
        return names

    def _answer(self, answers: IO[bytes]) -> bytes | None:
        """Return the next content; None when it is missing, too large, or no file."""
        header = answers.readline().split()
        if len(header) != 3:  # noqa: PLR2004 - id, type and size; else "ID missing"
            if not header:
                raise self._unreadable("git ended early")
            return None
        size = int(header[2])
        if size <= MAXIMUM_SIZE:
            data = answers.read(size + 1)[:-1]  # a line end follows
            if len(data) != size:
                raise self._unreadable("git ended early")
            return data if header[1] == b"blob" else b""
        left = size + 1
        while left and (part := answers.read(min(_CHUNK, left))):
            left -= len(part)
        return None

    def _run(self, *command: str) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and nothing of the repository
                self._command(*command),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                env=_environment(),
            )
        except OSError:
            raise NoGitError().at(path=str(self.root)) from None
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise self._unreadable(lines[-1] if lines else "git failed without a word")
        return done.stdout

    @contextmanager
    def _started(self, *command: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        with ExitStack() as stack:
            process = stack.enter_context(
                subprocess.Popen(  # noqa: S603 - as above
                    self._command(*command),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=_environment(),
                )
            )
            stack.callback(process.kill)
            assert process.stdin is not None  # noqa: S101 - asked for above
            assert process.stdout is not None  # noqa: S101 - as above
            yield process.stdin, process.stdout

    def _command(self, *command: str) -> list[str]:
        return ["git", f"--git-dir={self.root / '.git'}", *_HARMLESS, *command]

    def _unreadable(self, why: str) -> InputError:
        where = Where(path=str(self.root))
        return InputError(f"the history cannot be read: {why}", where=where)


def histories_of(paths: Sequence[str]) -> list[History]:
    """Return the history of every repository that a path lies in.

    Raises:
        InputError: A path lies in none.
    """
    roots: dict[Path, None] = {}
    for path in paths:
        root = work_tree_of(Path(path))
        if root is None:
            raise InputError(
                "there is no history: it lies in no git work tree", where=Where(path=path)
            )
        roots[root] = None
    return [History(root) for root in roots]


def _environment() -> dict[str, str]:
    """Return the environment without what would point git at another repository."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
