"""A private folder in memory, for what must never come to a disk; it is always removed.

Linux has file systems in memory: the runtime folder of the session, and `/dev/shm`. What a run
that was killed left there is removed by the next one. Elsewhere there is no such folder that every
user has; there the folder is on disk, files are overwritten before they are removed, and that is
said aloud.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sealer.cli.console import Console
from sealer.errors import OutputError

_PREFIX = "sealer-edit-"
_UNLOCKED_PREFIX = "new-"
_LOCK = ".lock"
_IN_MEMORY = frozenset(("tmpfs", "ramfs"))
_MOUNTS = Path("/proc/self/mounts")


@contextmanager
def private_folder(console: Console) -> Iterator[Path]:
    """Make a folder that only its owner can enter, and remove it with everything in it.

    Raises:
        OutputError: This is Linux, and there is no folder in memory that may be written to.
    """
    parent = memory_folder()
    if parent is None and sys.platform == "linux":
        raise OutputError(
            "there is no folder in memory to edit in, and plaintext does not go to disk",
            hint="mount a tmpfs and name it in XDG_RUNTIME_DIR",
        )
    if parent is None:
        console.warn(
            "this system has no folder in memory: while you edit, the text is in a file on disk",
            hint="it is for you alone, and is overwritten and removed when the editor ends",
        )
    else:
        _remove_left_behind(parent)
    folder = Path(tempfile.mkdtemp(prefix=_UNLOCKED_PREFIX, dir=parent))
    lock = _locked(folder)
    # Under a name that others look for only now, or they might take it for left behind.
    folder = folder.rename(folder.with_name(_PREFIX + folder.name))
    try:
        yield folder
    finally:
        if parent is None:
            _overwrite(folder)
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def memory_folder() -> Path | None:
    """Return a folder in memory that may be written to."""
    candidates = [os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm", tempfile.gettempdir()]  # noqa: S108 - checked below, and mkdtemp makes a folder of its own
    for name in candidates:
        folder = Path(name)
        is_usable = folder.is_absolute() and folder.is_dir() and os.access(folder, os.W_OK)
        if is_usable and _file_system(folder) in _IN_MEMORY:
            return folder
    return None


def _file_system(folder: Path) -> str:
    """Return the type of the file system that a folder is on; empty where that is not known."""
    try:
        lines = _MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    real = folder.resolve()
    found, kind = Path(), ""
    for line in lines:
        _, name, file_system, *_ = line.split(" ")
        mount = Path(name.encode().decode("unicode_escape"))  # a blank is written \040
        is_around = mount == real or mount in real.parents
        if is_around and len(mount.parts) >= len(found.parts):  # a later mount hides an earlier one
            found, kind = mount, file_system
    return kind


def _locked(folder: Path) -> int | None:
    """Mark a folder as in use for as long as this process lives, where the system can."""
    try:
        import fcntl
    except ImportError:
        return None
    descriptor = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _remove_left_behind(parent: Path) -> None:
    """Remove the folders of runs that were killed: those that nobody holds the lock of."""
    import fcntl

    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            descriptor = os.open(folder / _LOCK, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)


def _overwrite(folder: Path) -> None:
    for file in folder.rglob("*"):
        with suppress(OSError):
            if file.is_file() and not file.is_symlink():
                with file.open("r+b") as opened:
                    opened.write(b"\0" * file.stat().st_size)
                    opened.flush()
                    os.fsync(opened.fileno())
