"""What sources have in common whose contents git holds."""

from collections.abc import Iterable, Iterator

from sealer_hooks.git import Repository, StagedFile
from sealer_hooks.sources import content as limits
from sealer_hooks.sources.content import Content
from sealer_hooks.sources.source import Source


class GitSource(Source):
    """Contents of a repository.

    Args:
        repository: The repository.
        policy_revision: Where the policy is.
    """

    def __init__(self, repository: Repository, policy_revision: str | None) -> None:
        self.repository = repository
        self.policy_revision = policy_revision

    def read_file(self, revision: str, path: str) -> bytes | None:
        """Return a file of a commit or of the index; None when there is none."""
        return self.repository.read_file(revision, path)

    def read_policy_file(self, name: str) -> bytes | None:
        """Return a file at the root of the policy's revision; None when there is none."""
        if self.policy_revision is None:
            return None
        return self.repository.read_file(self.policy_revision, name)

    def _read(self, files: Iterable[StagedFile], revision: str) -> Iterator[Content]:
        regular = [file for file in files if file.is_regular]
        blobs = self.repository.read_blobs([file.blob for file in regular], limits.LONGEST_SCAN)
        for file, blob in zip(regular, blobs, strict=True):
            if blob is None:
                problem = f"cannot be read: its git object {file.blob} is missing or damaged"
                yield Content(file.path, problem=problem, blob=file.blob)
            else:
                yield Content(
                    file.path,
                    blob.data,
                    is_whole=blob.is_whole,
                    blob=file.blob,
                    revision=revision,
                )
