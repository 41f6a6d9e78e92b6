"""What a push would bring: every file of every new commit, also those that a later one removes."""

from collections.abc import Iterable, Iterator

from sealer_hooks.git import GitError, Repository
from sealer_hooks.sources.content import Content
from sealer_hooks.sources.objects import GitSource

_FIELDS = 4  # githooks(5): local ref, local id, remote ref, remote id


class PushSource(GitSource):
    """What git tells its pre-push hook.

    Args:
        folder: Where the repository is.
        remote: The name of the remote; the address of one that has no name. May be empty.
        lines: Local ref and id, remote ref and id.

    Raises:
        GitError: Git cannot be run, or answers with an error.
    """

    def __init__(self, folder: str, remote: str, lines: Iterable[str]) -> None:
        super().__init__(Repository(folder), None)
        self._remote = remote
        self._lines = lines

    def contents(self) -> Iterator[Content]:
        """Yield the files of all pushed refs."""
        tips: list[tuple[str, str]] = []
        known: list[str] = []
        for line in self._lines:
            fields = line.split(" ")
            if len(fields) != _FIELDS:
                raise GitError(
                    "standard input holds no lines of a push", hint="git's pre-push has them"
                )
            local_ref, local_id, _, remote_id = fields
            if local_id.strip("0"):
                tips.append((local_ref, local_id))
            if remote_id.strip("0"):
                known.append(remote_id)
        commits = [tip for _, tip in tips if self.repository.is_commit(tip)]
        for ref, tip in tips:
            if tip not in commits:
                yield Content(ref, problem=f"cannot be examined: {tip} is no commit")
        if commits:
            known += self.repository.tracking_refs(self._remote) if self._remote else ()
            yield from self._read(self.repository.pushed_files(commits, known), commits[-1])
