"""`.sealer.yaml`, found upwards from a file or from the current folder."""

import os
import stat
from functools import cache
from pathlib import Path

from sealer.cli.files.inputs import read_input, unreadable
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
        policy, relative = self.judging(path)
        owner = policy.owner_of(relative) if relative else None
        return owner.name if owner else ""

    def judging(self, path: Path | None) -> tuple[Policy, str]:
        """Return the policy that counts for a file, and the path that its patterns have to match.

        Where there is no policy, it is an empty one. The path is empty for standard input, and for
        a file that is not below the policy.

        Raises:
            PolicyError: The policy cannot be used.
            ManyErrors: There are several faults in it.
        """
        found = self.around(path)
        if found is None:
            return Policy(), ""
        file, policy = found
        full = path.resolve() if path else file
        is_below = path is not None and file.parent in full.parents
        return policy, full.relative_to(file.parent).as_posix() if is_below else ""


def _find(start: Path) -> Path | None:
    return next(
        (file for folder in (start, *start.parents) if _is_there(file := folder / NAME)), None
    )


def _is_there(file: Path) -> bool:
    """Tell whether a folder has a policy; a link that leads nowhere is one that cannot be read."""
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _unusable(file, error, "nobody knows which keys are pinned there") from None
    return True


def _read(file: Path) -> Policy:
    name = os.path.relpath(file)
    try:
        _check_file(file, name)
    except OSError as error:
        hint = f"it is a link to {file.readlink()}: mend or remove it" if file.is_symlink() else ""
        raise _unusable(file, error, hint) from None
    with about(name):
        return read_policy(read_input(name))


def _unusable(file: Path, error: OSError, hint: str) -> PolicyError:
    fault = unreadable(os.path.relpath(file), error)
    return PolicyError(fault.message, where=fault.where, hint=hint)


def _check_file(file: Path, name: str) -> None:
    """Refuse what is no file, and what anyone could have put there: it decides who reads values."""
    status = file.stat()
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "no file"
        raise PolicyError(f"the policy is {what}", where=Where(path=name), hint="it is a YAML file")
    if not hasattr(os, "geteuid"):
        return
    owners = {status.st_uid, file.lstat().st_uid}  # of the file, and of a link to it
    if file.parent.stat().st_mode & stat.S_IWOTH and owners - {_ROOT, os.geteuid()}:
        raise PolicyError(
            "the policy belongs to another user, in a folder that everyone may write to",
            where=Where(path=name),
            hint="move the work to a folder of your own",
        )
