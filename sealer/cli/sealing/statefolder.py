"""The folder where programs keep what they know from earlier runs, and whether it can be trusted.

XDG base directories on Linux; the system's own places on macOS and Windows.
"""

import os
import stat
import sys
from pathlib import Path

from sealer.errors import SealerError

_NAME = "sealer"
_FOR_OWNER = 0o700
_OTHERS_WRITE = 0o022
_OTHERS_USE = 0o077


class StateError(SealerError):
    """What was kept from earlier runs cannot be used. Work goes on without it.

    Attributes:
        is_open: Other users can read or change it, or it is not ours.
    """

    def __init__(self, message: str, *, hint: str = "", is_open: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.is_open = is_open


def state_folder() -> Path:
    """Return the folder, which need not exist.

    Raises:
        StateError: There is no home folder.
    """
    given = os.environ.get("XDG_STATE_HOME", "")
    if Path(given).is_absolute():  # the standard: relative paths are ignored
        return Path(given) / _NAME
    try:
        home = Path.home()
    except RuntimeError:
        raise StateError("there is no home folder to keep digests in") from None
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / _NAME
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / _NAME
    return home / ".local" / "state" / _NAME


def private_file(name: str) -> Path:
    """Return a file of the state folder; both are made, for their owner only, when missing.

    Raises:
        StateError: It cannot be made, or others could read or change it.
    """
    folder = state_folder()
    file = folder / name
    try:
        folder.mkdir(mode=_FOR_OWNER, parents=True, exist_ok=True)
        _check(folder, folder.stat(), _OTHERS_WRITE)
        if not os.path.lexists(file):
            _create(file)
        status = file.lstat()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StateError(f"{file} cannot be used: {reason}") from None
    if not stat.S_ISREG(status.st_mode):
        raise StateError(f"{file} is no regular file", hint="move it away")
    _check(file, status, _OTHERS_USE)
    return file


def _create(file: Path) -> None:
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return  # another run was faster


def _check(path: Path, status: os.stat_result, forbidden: int) -> None:
    """Refuse what others could have written: it would decide which values count as unchanged."""
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid != os.geteuid():
        raise StateError(f"{path} belongs to another user", hint="remove it", is_open=True)
    if status.st_mode & forbidden:
        mode = "700" if stat.S_ISDIR(status.st_mode) else "600"
        raise StateError(
            f"{path} is open to other users", hint=f"chmod {mode} {path}", is_open=True
        )
