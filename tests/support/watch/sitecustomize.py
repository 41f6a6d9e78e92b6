"""Watches a Python program from inside: what it gives to others, and what it leaves on disks.

Python loads this module by its name when the folder is in PYTHONPATH. What holds one of the marks
of `SEALER_WATCH_MARKS` is noted in the file `SEALER_WATCH_LOG`: the command lines of programs that
are started, and files that are renamed or removed, which a look at the folder afterwards would
miss. Files in memory (on the device of /dev/shm) do not count.
"""

import os
import stat
import sys
from pathlib import Path

_MARKS = [mark.encode() for mark in os.environ.get("SEALER_WATCH_MARKS", "").split("\n") if mark]
_LOG = os.environ.get("SEALER_WATCH_LOG", "")
_STARTS = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system")
_MOVES = ("os.rename", "os.remove")
_MEMORY = "/dev/shm"  # noqa: S108 - only its device is looked at


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event in _STARTS:
        # The last argument is the environment, which holds the marks themselves.
        _note(event, repr(arguments[:-1] if len(arguments) > 1 else arguments).encode())
    elif event in _MOVES:
        name, *_, folder = arguments if event == "os.remove" else arguments[:3]
        path = Path(os.fsdecode(name))  # type: ignore[arg-type] # a path, for these events
        if folder != -1:  # the name is relative to an open folder
            path = Path(f"/proc/self/fd/{folder}") / path
        try:
            found = path.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_dev != Path(_MEMORY).stat().st_dev:
                _note(f"{event} {path}", path.read_bytes())
        except OSError:
            return


def _note(what: str, data: bytes) -> None:
    if any(mark in data for mark in _MARKS):
        with Path(_LOG).open("a") as log:
            log.write(what + "\n")


if _LOG:
    sys.addaudithook(_watch)
