"""What `sealer git install` puts into one repository, and `sealer git uninstall` takes away.

    repository.py  the repository: its folders and its settings, through git itself
    programs.py    the programs of this installation, and how git is told to start them
    hooks.py       the hooks, and those that were there before
    settings.py    the diff and merge drivers in the repository's configuration
    attributes.py  which files they are for
    mergefile.py   lines are merged by git

Each part says what is missing, installs itself, and takes itself away.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from sealer.errors import OutputError


class Part(Protocol):
    """One thing that is installed."""

    def missing(self) -> list[str]:
        """Return what is not there or not up to date, a line each."""

    def check(self) -> None:
        """Refuse what cannot be installed, before anything is changed.

        Raises:
            InputError: It would go over something that others put there.
        """

    def install(self) -> None:
        """Put it in place; what is there already stays.

        Raises:
            OutputError: It cannot be written.
        """

    def uninstall(self) -> None:
        """Take away what `install` put there, and put back what was there before.

        Raises:
            OutputError: It cannot be written.
        """


def missing(parts: Sequence[Part]) -> list[str]:
    """Return what an installation lacks, a line each."""
    return [line for part in parts for line in part.missing()]


def install(parts: Sequence[Part]) -> None:
    """Install everything, or refuse before anything is changed.

    Raises:
        InputError: A part cannot be installed here.
        OutputError: Something cannot be written.
    """
    for part in parts:
        part.check()
    with _told():
        for part in parts:
            part.install()


def uninstall(parts: Sequence[Part]) -> None:
    """Take everything away, the last part first.

    Raises:
        OutputError: Something cannot be written.
    """
    with _told():
        for part in reversed(parts):
            part.uninstall()


@contextmanager
def _told() -> Iterator[None]:
    """Turn an error of the system into one that names the file."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot change {error.filename}: {error.strerror}") from None
