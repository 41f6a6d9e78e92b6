"""What git would commit: new and changed regular files of the index, never the work tree."""

import posixpath
from collections.abc import Generator

from sealer_hooks.git import Repository
from sealer_hooks.sources.content import Content
from sealer_hooks.sources.objects import GitSource
from sealer_hooks.sources.source import INDEX


class IndexSource(GitSource):
    """What is staged.

    Args:
        repository: The repository.
        is_all: Take all files of the index, and not only those that differ from HEAD.
    """

    def __init__(self, repository: Repository, *, is_all: bool = False) -> None:
        super().__init__(repository, INDEX)
        self.newest = [INDEX]
        self.is_below = bool(repository.prefix)
        self._is_all = is_all

    def contents(self) -> Generator[Content, None, None]:
        """Yield what is staged, deletions left out."""
        ask = self.repository.tracked_files if self._is_all else self.repository.staged_files
        staged = ask()
        for file in staged:
            if file.is_unmerged:
                yield Content(file.path, problem="is unmerged: resolve the conflict, then add it")
        yield from self._contents(self.repository.read_entries(staged), revision=INDEX)

    def path_from_here(self, path: str) -> str:
        """Return the path by which a file of the work tree is reached."""
        prefix = self.repository.prefix
        return posixpath.relpath(path, prefix) if prefix else path

    def read_before(self, path: str) -> bytes | None:
        """Return a file of HEAD; None without one."""
        return self.read_file("HEAD", path)
