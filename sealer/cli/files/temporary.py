"""Temporary files beside their targets; what a run that was killed left goes with the next run.

A run holds a shared lock on every folder in which it has temporary files; the system takes it away
when the run ends, however it ends. So where a folder can be locked for oneself alone, no run that
lives has a temporary file in it, and those that are there were left behind.
"""

import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from sealer.cli.files.ownership import Losses

_SUFFIX = ".sealer-tmp"
_UNGUARDED_SUFFIX = ".sealer-new"
_LEFT_BEHIND = re.compile(r"\..*\.[a-z0-9_]{8}\.sealer-tmp", re.DOTALL)
_LONGEST_PREFIX = 40
# Each locked folder is an open file; where a process may not have many, half is for all else.
_MOST_GUARDED = 512
_OPEN_FILES = "SC_OPEN_MAX"


class TemporaryFiles:
    """Makes the temporary files of a run. Used in a `with` block, by several threads if need be.

    Attributes:
        losses: What could not be kept of the files that are replaced.
    """

    def __init__(self) -> None:
        """Hold no lock yet."""
        self.losses = Losses()
        self._guards: dict[Path, int | None] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        """Return the temporary files."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the folders."""
        self.close()

    def close(self) -> None:
        """Let go of the folders. The files are removed or renamed by whoever made them."""
        for descriptor in filter(None, self._guards.values()):
            os.close(descriptor)
        self._guards.clear()

    def guard(self, folders: Iterable[Path]) -> None:
        """Lock folders before copies of this process write into them, so that they share it."""
        for folder in folders:
            self._is_guarded(folder)

    def make(self, target: Path) -> tuple[int, Path]:
        """Make a file beside another, for its owner only; return its descriptor and its path.

        Where the folder cannot be locked, the name is one that nobody takes for left behind.

        Raises:
            OSError: It cannot be made.
        """
        import tempfile

        suffix = _SUFFIX if self._is_guarded(target.parent) else _UNGUARDED_SUFFIX
        prefix = f".{target.name[:_LONGEST_PREFIX]}."
        descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=target.parent)
        return descriptor, Path(name)

    def _is_guarded(self, folder: Path) -> bool:
        with self._lock:
            if folder not in self._guards:
                is_full = len(self._guards) >= _most_guarded()
                self._guards[folder] = None if is_full else _guard(folder)
            return self._guards[folder] is not None


def _guard(folder: Path) -> int | None:
    """Lock a folder and remove what was left behind in it; None where it cannot be locked."""
    try:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        return None
    try:
        with suppress(OSError):  # another run is at work here
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove_left_behind(folder)
        # Never waited for: whoever started this run may hold the folder locked.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_left_behind(folder: Path) -> None:
    user = os.geteuid()
    with os.scandir(folder) as entries:
        left = [entry for entry in entries if _LEFT_BEHIND.fullmatch(entry.name)]
    for entry in left:
        with suppress(OSError):
            facts = entry.stat(follow_symlinks=False)
            # Root gives files away to the owners of their targets.
            if stat.S_ISREG(facts.st_mode) and user in (0, facts.st_uid):
                Path(entry.path).unlink()


def _most_guarded() -> int:
    allowed = os.sysconf(_OPEN_FILES) if _OPEN_FILES in os.sysconf_names else -1
    return min(_MOST_GUARDED, allowed // 2) if allowed > 0 else _MOST_GUARDED
