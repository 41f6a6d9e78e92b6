"""Files that are written all or none: temporary files beside their targets, renamed at the end."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from sealer.cli.console import Console
from sealer.cli.errors import ChangedMeanwhileError
from sealer.cli.files.ownership import take_over
from sealer.cli.files.paths import is_file
from sealer.cli.files.streams import silence
from sealer.cli.files.temporary import TemporaryFiles
from sealer.errors import OutputError

_WORTH_THREADS = 8
_SYNCS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _Pending:
    """A finished temporary file and where it belongs.

    Attributes:
        temporary: The file.
        target: What it replaces or becomes.
        expected: SHA-256 of what has to stand in the target still; None where that does not
            matter. A digest, because a run may write thousands of files.
    """

    temporary: Path
    target: Path
    expected: bytes | None


class Outputs:
    """The files that a run writes. Used in a `with` block; without `commit` nothing happens.

    A link is written through. What is no regular file (a pipe, `/dev/stdout`) is written to as it
    is, after all others.
    """

    def __init__(
        self,
        *,
        is_private: bool = False,
        makes_folders: bool = False,
        temporaries: TemporaryFiles | None = None,
        console: Console | None = None,
    ) -> None:
        """Take how files are written.

        Args:
            is_private: They are for their owner only, whatever was there before.
            makes_folders: Folders that are missing are made.
            temporaries: Those of many outputs, which are one run. Their owner tells what was lost,
                and calls `sync_folders` for all, since it takes as long as writing a file.
            console: Where to tell what could not be kept of the files that are replaced.
        """
        self._is_private = is_private
        self._makes_folders = makes_folders
        self._temporaries = temporaries or TemporaryFiles()
        self._is_alone = temporaries is None
        self._console = console
        self._pending: list[_Pending] = []
        self._unsynced: list[_Pending] = []
        self._special: list[tuple[Path, bytes]] = []
        self._folders: list[Path] = []

    def __enter__(self) -> Self:
        """Return the outputs."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove whatever was not committed."""
        for pending in self._pending:
            pending.temporary.unlink(missing_ok=True)
        for folder in reversed(self._folders):
            with suppress(OSError):  # not empty: someone uses it
                folder.rmdir()
        if self._is_alone:
            self._temporaries.close()

    def write(self, target: Path, data: bytes, *, expected: bytes | None = None) -> None:
        """Prepare a file. One that holds the data already is not touched.

        Args:
            target: Where it goes. New files are for their owner only; others keep their mode, and
                owner and group where that is permitted.
            data: What it will hold.
            expected: Commit only if the target holds exactly this then.

        Raises:
            OutputError: It cannot be written.
        """
        with _told(target):
            before = target.stat() if target.exists() else None
            if before is not None and not stat.S_ISREG(before.st_mode):
                self._special.append((target, data))
                return
            # Nobody expects what is there already, so where it has to be something it is another.
            may_be_done = expected is None or expected == data
            if before is not None and not self._is_private and may_be_done and _holds(target, data):
                return
            real = Path(os.path.realpath(target))
            if self._makes_folders:
                self._make_folders(real.parent)
            descriptor, temporary = self._temporaries.make(real)
            digest = None if expected is None else sha256(expected).digest()
            pending = _Pending(temporary, real, digest)
            self._pending.append(pending)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                if before is not None:
                    self._replaces(real, before, descriptor)
                if os.fstat(descriptor).st_mode & stat.S_IRUSR:
                    self._unsynced.append(pending)
                else:  # it cannot be opened again
                    os.fsync(descriptor)

    def _replaces(self, target: Path, before: os.stat_result, descriptor: int) -> None:
        """Keep what can be kept of a file, and note what cannot."""
        losses = self._temporaries.losses
        if before.st_nlink > 1:
            losses.links.append(target)
        if not self._is_private and not take_over(descriptor, before):
            losses.owners.append(target)

    def commit(self) -> None:
        """Put every file in its place.

        Raises:
            ChangedMeanwhileError: A target is not what was read. Nothing was changed.
            OutputError: A file cannot be put in place. The hint says which already are.
        """
        _sync(self._unsynced)
        for pending in self._pending:
            _check_unchanged(pending)
        done: list[str] = []
        for pending in self._pending:
            with _told(pending.target, done):
                pending.temporary.replace(pending.target)
            done.append(str(pending.target))
        if self._is_alone:
            sync_folders({pending.target.parent for pending in self._pending})
            if self._console is not None:
                self._temporaries.losses.tell(self._console)
        self._pending.clear()
        self._unsynced.clear()
        self._folders.clear()
        for target, data in self._special:
            with _told(target, done), target.open("wb") as file:
                file.write(data)

    def _make_folders(self, folder: Path) -> None:
        missing: list[Path] = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            each.mkdir(0o700 if self._is_private else 0o777)
            self._folders.append(each)


class Comparison(Outputs):
    """Writes nothing.

    Attributes:
        differing: The files that would be written, because they are missing or hold other data.
    """

    def __init__(self) -> None:
        super().__init__()
        self.differing: list[Path] = []

    def write(self, target: Path, data: bytes, *, expected: bytes | None = None) -> None:
        """Compare a file with what it would hold."""
        if not _holds(target, data):
            self.differing.append(target)


def check_absent(target: Path, *, force: bool) -> None:
    """Refuse to replace a file with keys: what it alone can open would be lost.

    Raises:
        OutputError: The file exists, and force is not used.
    """
    if not force and is_file(target):
        raise OutputError(
            f"{target} exists", hint="choose another name, or replace it for good: --force"
        )


def write_standard_output(data: bytes) -> None:
    """Write to standard output.

    Raises:
        OutputError: Nobody reads any more, or there is no room.
    """
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        silence(sys.stdout)
        reason = error.strerror or type(error).__name__
        raise OutputError(f"cannot write to standard output: {reason}") from None


def _holds(file: Path, data: bytes) -> bool:
    """Tell whether a regular file holds exactly this, as far as it can be read."""
    with suppress(OSError):
        return file.is_file() and file.stat().st_size == len(data) and file.read_bytes() == data
    return False


def _sync(pending: Sequence[_Pending]) -> None:
    """Make what was written last through a power cut, before it takes the place of anything.

    Many files together take hardly longer than a few: the system writes them in one go.
    """
    if len(pending) < _WORTH_THREADS:
        for each in pending:
            _sync_file(each)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
        for _ in pool.map(_sync_file, pending):
            pass


def _sync_file(pending: _Pending) -> None:
    with _told(pending.target):
        descriptor = os.open(pending.temporary, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_unchanged(pending: _Pending) -> None:
    if pending.expected is None:
        return
    with _told(pending.target):
        is_same = (
            pending.target.exists()
            and sha256(pending.target.read_bytes()).digest() == pending.expected
        )
    if not is_same:
        raise ChangedMeanwhileError(
            f"{pending.target} was changed meanwhile; nothing was written",
            hint="run the command again",
        )


def sync_folders(folders: Iterable[Path]) -> None:
    """Make renames last through a power cut, where the system can."""
    for folder in folders:
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@contextmanager
def _told(target: Path, done: Sequence[str] = ()) -> Iterator[None]:
    """Turn an error of the system into one that names the file."""
    try:
        yield
    except OSError as error:
        hint = f"already written: {', '.join(done)}" if done else ""
        reason = error.strerror or type(error).__name__
        raise OutputError(f"cannot write {target}: {reason}", hint=hint) from None
