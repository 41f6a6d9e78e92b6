"""Files on disk that differ between two revisions, as the pre-commit framework names them in CI.

`pre-commit run --from-ref A --to-ref B` calls the hook as at a commit, and tells the two by its
variables. A change cannot allow itself there either: what may pass is decided where it began.
"""

from collections.abc import Iterable

from sealer_hooks.sources.files import FileSource
from sealer_hooks.sources.objects import open_repository
from sealer_hooks.sources.revisions import between


class ChangedFileSource(FileSource):
    """Files that were named, and come from elsewhere.

    Args:
        paths: Their names.
        folder: The current folder.
        old: A name of what was there before.
        new: A name of what is there now.

    Raises:
        GitError: They name no commits; or git cannot be run.
    """

    is_incoming = True

    def __init__(self, paths: Iterable[str], folder: str, old: str, new: str) -> None:
        super().__init__(paths, folder)
        repository = open_repository(folder)
        self._repository = repository
        self._base = between(repository, old, new).policy_revision
        self.policy_revision = self._base

    def read_file(self, revision: str, path: str) -> bytes | None:
        """Return a file on disk, or of the base."""
        if self._base is None or revision != self._base:
            return super().read_file(revision, path)
        return self._in_git(revision, path)

    def read_before(self, path: str) -> bytes | None:
        """Return a file of the base; None when there is none."""
        return None if self._base is None else self._in_git(self._base, path)

    def read_policy_file(self, name: str) -> bytes | None:
        """Return a file at the root of the base; None when there is none."""
        if self._base is None or self._repository is None:
            return None
        return self._repository.read_file(self._base, name)
