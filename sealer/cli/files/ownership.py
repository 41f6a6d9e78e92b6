"""A file that takes the place of another gets its mode, owner and group, as far as is permitted."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from sealer.cli.console import Console, counted

_PERMISSIONS = 0o777
_OTHERS = 0o007
_ALL_BUT_GROUP = 0o707


@dataclass(slots=True)
class Losses:
    """What could not be kept of the files that were replaced.

    Attributes:
        owners: Files that belong to somebody else now.
        links: Files with other names, which still lead to what was there before.
    """

    owners: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)

    def add(self, others: "Losses") -> None:
        """Take in those of other files."""
        self.owners += others.owners
        self.links += others.links

    def taken(self) -> "Losses":
        """Return what was noted since the last time."""
        taken = Losses(self.owners, self.links)
        self.owners, self.links = [], []
        return taken

    def tell(self, console: Console) -> None:
        """Warn of each kind once."""
        if self.owners:
            console.warn(
                f"{_named(self.owners)}: owner or group could not be kept",
                hint="it is yours now; chown and chmod put it right",
            )
        if self.links:
            console.warn(
                f"{_named(self.links)}: other names (hard links) keep the old content",
                hint="link them anew: ln -f",
            )


def _named(files: list[Path]) -> str:
    more = f" and {counted(len(files) - 1, 'other file')}" if len(files) > 1 else ""
    return f"{files[0]}{more}"


def take_over(descriptor: int, before: os.stat_result) -> bool:
    """Give an open file the mode, owner and group of the one that it replaces.

    Never its setuid and setgid bits: the content is another one. A group that cannot be kept is
    replaced by one that may do no more than everybody.

    Returns:
        Whether owner and group are the same.
    """
    if not hasattr(os, "fchown"):
        return True
    mode = before.st_mode & _PERMISSIONS
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) == (before.st_uid, before.st_gid):
        is_kept = True
    else:
        is_kept = _gave(descriptor, before.st_uid, before.st_gid)
    if not is_kept and mine.st_gid != before.st_gid and not _gave(descriptor, -1, before.st_gid):
        mode = mode & _ALL_BUT_GROUP | (mode & _OTHERS) << 3
    os.fchmod(descriptor, mode)
    return is_kept


def _gave(descriptor: int, owner: int, group: int) -> bool:
    try:
        os.fchown(descriptor, owner, group)
    except OSError:
        return False
    return True
