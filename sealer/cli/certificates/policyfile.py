"""`.sealer.yaml`, found upwards from a file or from the current folder."""

import os
import stat
from functools import cache
from pathlib import Path

from sealer.cli.files.inputs import read_input
from sealer.cli.report import about
from sealer.errors import PolicyError, Where
from sealer.policy import Policy, read_policy

NAME = ".sealer.yaml"
_ROOT = 0


class PolicyFiles:
    """Finds and reads policies; each file is read once a run."""

    def __init__(self) -> None:
        self._read = cache(_read)
        self._find = cache(_find)

    def around(self, path: Path | None) -> tuple[Path, Policy] | None:
        """Return the policy that counts for a file, and where it is; None when there is none.

        It is looked for upwards from the file, then upwards from the current folder, which is
        also what counts for standard input.

        Raises:
            PolicyError: It is there and cannot be used.
            ManyErrors: There are several faults in it.
        """
        here = Path.cwd()
        starts = (here,) if path is None else (path.resolve().parent, here)
        found = next((file for start in starts if (file := self._find(start))), None)
        return (found, self._read(found)) if found else None

    def cluster_of(self, path: Path | None) -> str:
        """Return the name of the cluster that the policy gives a file to; empty when none.

        Raises:
            PolicyError: The policy cannot be used.
            ManyErrors: There are several faults in it.
        """
        found = None if path is None else self.around(path)
        if path is None or found is None:
            return ""
        file, policy = found
        full = path.resolve()
        if file.parent not in full.parents:
            return ""
        owner = policy.owner_of(full.relative_to(file.parent).as_posix())
        return owner.name if owner else ""


def _find(start: Path) -> Path | None:
    return next(
        (file for folder in (start, *start.parents) if (file := folder / NAME).exists()), None
    )


def _read(file: Path) -> Policy:
    name = os.path.relpath(file)
    _check_owner(file, name)
    with about(name):
        return read_policy(read_input(name))


def _check_owner(file: Path, name: str) -> None:
    """Refuse a policy that anyone could have put there: it decides who can read what is sealed."""
    if not hasattr(os, "geteuid"):
        return
    folder = file.parent.stat()
    if folder.st_mode & stat.S_IWOTH and file.stat().st_uid not in (_ROOT, os.geteuid()):
        raise PolicyError(
            "the policy belongs to another user, in a folder that everyone may write to",
            where=Where(path=name),
            hint="move the work to a folder of your own",
        )
