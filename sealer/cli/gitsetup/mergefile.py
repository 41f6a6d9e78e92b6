"""Lines are merged by git itself: `git merge-file`, with the user's style of conflicts."""

from pathlib import Path
from tempfile import TemporaryDirectory

from sealer.cli.editing.memory import memory_folder
from sealer.cli.files.git import run_git
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
            NoGitError: Git cannot be run.
        """
        # What is merged may hold readable values: in memory, where there is such a folder.
        with TemporaryDirectory(prefix="sealer-merge-", dir=memory_folder()) as folder:
            for name, data in zip(_NAMES, (ours, base, theirs), strict=True):
                (Path(folder) / name).write_bytes(data)
            labels = [part for name in _NAMES for part in ("-L", name)]
            size = f"--marker-size={self._marker_size}"
            files = [str(Path(folder) / name) for name in _NAMES]
            done = run_git("merge-file", "-p", size, *labels, *files)
        if not 0 <= done.status <= _MOST_CONFLICTS:
            return MergedLines(ours, is_clean=False)
        return MergedLines(done.output, is_clean=done.status == 0)
