"""Lines are merged by git itself: `git merge-file`, with the user's style of conflicts."""

from pathlib import Path
from tempfile import TemporaryDirectory

from sealer.errors import InputError
from sealer.sealing.merge import MergedLines

_MOST_CONFLICTS = 127  # what `git merge-file` exits with; above is a failure
_NAMES = ("ours", "base", "theirs")


class MergeFile:
    """Merges three versions of a file line by line."""

    def __init__(self, marker_size: int) -> None:
        """Take how many characters a conflict marker has."""
        self._marker_size = marker_size

    def __call__(self, base: bytes, ours: bytes, theirs: bytes) -> MergedLines:
        """Merge. What git does not take for text is left as our side has it, and is not clean.

        Raises:
            InputError: Git cannot be run.
        """
        from git import Git
        from git.exc import GitCommandNotFound

        with TemporaryDirectory(prefix="sealer-merge-") as folder:
            for name, data in zip(_NAMES, (ours, base, theirs), strict=True):
                (Path(folder) / name).write_bytes(data)
            labels = [part for name in _NAMES for part in ("-L", name)]
            size = f"--marker-size={self._marker_size}"
            files = [str(Path(folder) / name) for name in _NAMES]
            try:
                status, output, _ = Git().execute(
                    ["git", "merge-file", "-p", size, *labels, *files],
                    with_extended_output=True,
                    with_exceptions=False,
                    stdout_as_string=False,
                    strip_newline_in_stdout=False,
                )
            except GitCommandNotFound:
                raise InputError("git is not installed", hint="install it") from None
        if not 0 <= status <= _MOST_CONFLICTS or not isinstance(output, bytes):
            return MergedLines(ours, is_clean=False)
        return MergedLines(output, is_clean=status == 0)
