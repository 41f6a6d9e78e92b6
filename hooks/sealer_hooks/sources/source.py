"""What all sources have in common: contents, their neighbours, and where the policy is."""

from collections.abc import Iterator

from sealer_hooks.sources.content import Content

# What git calls the index where it takes a revision: `:0:path` is the file staged there.
INDEX = ":0"
WORK_TREE = ""


class Source:
    """Contents that are judged by one policy.

    Attributes:
        policy_revision: Where policy and baseline are: the work tree, the index, or the id of a
            commit. None when there is nowhere to read them from, so that nothing is allowed.
    """

    policy_revision: str | None

    def contents(self) -> Iterator[Content]:
        """Yield the files to look at, one by one.

        Raises:
            GitError: Git answers with an error.
        """
        raise NotImplementedError

    def read_file(self, revision: str, path: str) -> bytes | None:
        """Return a file of a revision; None when there is none.

        Args:
            revision: A content's, or the policy's.
            path: As contents give it: relative to the current folder.

        Raises:
            GitError: Git answers with an error.
        """
        raise NotImplementedError

    def read_policy_file(self, name: str) -> bytes | None:
        """Return a file at the repository's root, such as `.sealer.yaml`, as the policy has it.

        Raises:
            GitError: Git answers with an error.
        """
        raise NotImplementedError

    def blob_of(self, content: Content) -> str:
        """Return git's id of a content, whether or not git holds it."""
        return content.blob
