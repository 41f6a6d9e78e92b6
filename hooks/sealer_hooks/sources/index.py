"""What git would commit: new and changed regular files of the index, never the work tree."""

from collections.abc import Iterator

from sealer_hooks.git import Repository
from sealer_hooks.sources.content import Content
from sealer_hooks.sources.objects import GitSource
from sealer_hooks.sources.source import INDEX


class IndexSource(GitSource):
    """What is staged in the repository around a folder.

    Raises:
        GitError: Git cannot be run, or answers with an error.
    """

    def __init__(self, folder: str) -> None:
        super().__init__(Repository(folder), INDEX)

    def contents(self) -> Iterator[Content]:
        """Yield what differs from HEAD, deletions left out."""
        staged = self.repository.staged_files()
        for file in staged:
            if file.is_unmerged:
                yield Content(file.path, problem="is unmerged: resolve the conflict, then add it")
        yield from self._read(staged, INDEX)
