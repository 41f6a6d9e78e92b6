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
        self._is_all = is_all

    def contents(self) -> Generator[Content, None, None]:
        """Yield what is staged, deletions left out."""
        ask = self.repository.tracked_files if self._is_all else self.repository.staged_files
        staged, to_root = ask(), self.repository.to_root
        for file in staged:
            if file.is_unmerged:
                problem = "is unmerged: resolve the conflict, then add it"
                yield Content(to_root + file.path, problem=problem)
        found = self.repository.read_entries(staged)
        yield from self._contents(found, revision=INDEX, leading=to_root)

    def path_from_root(self, content: Content) -> str:
        """Return a path from the root, as git has it."""
        return posixpath.normpath(self.repository.prefix + content.path)

    def read_file(self, revision: str, path: str) -> bytes | None:
        """Return a file of the index by its path from the current folder; None without one."""
        return self.repository.read_file(revision, self.repository.prefix + path)

    def read_before(self, path: str) -> bytes | None:
        """Return a file of HEAD; None without one."""
        return self.read_file("HEAD", path)
