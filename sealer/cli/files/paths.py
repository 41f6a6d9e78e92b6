"""What a path leads to, as far as that can be told.

A path that nobody may look at leads nowhere here: whoever reads or writes it says why it cannot.
"""

from contextlib import suppress
from pathlib import Path


def is_folder(path: Path | str) -> bool:
    """Tell whether a path leads to a folder."""
    with suppress(OSError):
        return Path(path).is_dir()
    return False


def is_file(path: Path | str) -> bool:
    """Tell whether a path leads to a regular file."""
    with suppress(OSError):
        return Path(path).is_file()
    return False


def exists(path: Path | str) -> bool:
    """Tell whether a path leads anywhere."""
    with suppress(OSError):
        return Path(path).exists()
    return False
