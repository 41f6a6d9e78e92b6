"""What sources have in common whose contents git holds."""

from collections.abc import Iterable, Iterator

from sealer_hooks.git import Blob, Entry, Repository
from sealer_hooks.sources import content as limits
from sealer_hooks.sources.content import Content
from sealer_hooks.sources.source import Source

_PARTIAL = (
    "this clone is partial, and the contents of {} files were not fetched; "
    "git fetch --refetch --no-filter fetches them"
)


def open_repository(folder: str) -> Repository:
    """Return the repository around a folder.

    Raises:
        GitError: Git cannot be run, or this is no repository.
    """
    return Repository(folder, limits.LONGEST_SCAN)


class GitSource(Source):
    """Contents of a repository.

    Args:
        repository: The repository.
        policy_revision: Where the policy is.
    """

    def __init__(self, repository: Repository, policy_revision: str | None) -> None:
        self.repository = repository
        self.policy_revision = policy_revision
        self.root = repository.to_root or "."

    def close(self) -> None:
        """End git."""
        self.repository.close()

    def read_file(self, revision: str, path: str) -> bytes | None:
        """Return a file of a commit; None when there is none."""
        return self.repository.read_file(revision, path)

    def read_policy_file(self, name: str) -> bytes | None:
        """Return a file at the root of the policy's revision; None when there is none."""
        if self.policy_revision is None:
            return None
        return self.repository.read_file(self.policy_revision, name)

    def _contents(
        self, found: Iterable[tuple[Entry, Blob | None]], *, revision: str = "", ref: str = ""
    ) -> Iterator[Content]:
        """Yield what was read.

        Args:
            found: Entries with their blobs.
            revision: Where their neighbours are; by default in the commit of each.
            ref: The ref that alone keeps them, if one does.
        """
        missing = 0
        for entry, blob in found:
            path = entry.path
            if blob is None and self.repository.is_partial:
                missing += 1
            elif blob is None:
                problem = f"cannot be read: its git object {entry.blob} is missing or damaged"
                yield Content(path, problem=problem, blob=entry.blob)
            else:
                yield Content(
                    path,
                    blob.data,
                    is_whole=blob.is_whole,
                    blob=entry.blob,
                    revision=revision or entry.commit,
                    ref=ref,
                    is_link=entry.is_link,
                )
        if missing:
            yield Content(".git", problem=_PARTIAL.format(missing))
