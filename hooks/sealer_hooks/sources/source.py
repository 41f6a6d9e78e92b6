"""What all sources have in common: contents, their neighbours, and where the policy is."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence

from sealer_hooks.sources.content import Content

# What git calls the index where it takes a revision: `:0:path` is the file staged there.
INDEX = ":0"
WORK_TREE = ""
# How kustomize's own files are named, which make Secrets of others.
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class UnreadableError(Exception):
    """A policy file is there and cannot be read, which is not the same as none. Says why.

    It never leaves this package: the common root of errors takes a clean run too long to import.
    """


class Source(ABC):
    """Contents that are judged by one policy.

    Attributes:
        policy_revision: Where policy and baseline are: the work tree, the index, or the id of a
            commit. None when there is nowhere to read them from, so that nothing is allowed.
        newest: The revisions in which what is examined ends.
        is_incoming: They come to the policy's revision from elsewhere, so that what they allow
            themselves is told.
        root: The folder of the repository, from the current one or absolute.
        is_below: The contents have paths that people do not reach from the current folder.
    """

    policy_revision: str | None
    newest: Sequence[str] = ()
    is_incoming = False
    root = "."
    is_below = False

    def close(self) -> None:  # noqa: B027 - most sources hold nothing
        """Let go of what the contents are read with; whoever has them all, calls it."""

    @abstractmethod
    def contents(self) -> Generator[Content, None, None]:
        """Yield the files to look at, one by one.

        Raises:
            GitError: Git answers with an error.
        """

    @abstractmethod
    def read_file(self, revision: str, path: str) -> bytes | None:
        """Return a file of a revision; None when there is none.

        Args:
            revision: A content's, or the policy's.
            path: As contents give it: relative to the current folder.

        Raises:
            GitError: Git answers with an error.
        """

    def has_kustomization(self, revision: str, path: str) -> bool:
        """Tell whether a revision has a file, which is a kustomization by its name.

        Raises:
            GitError: Git answers with an error.
        """
        return self.read_file(revision, path) is not None

    def read_neighbour(self, content: Content, path: str) -> bytes | None:
        """Return a file that a content names, of the same revision; None when it has none.

        Raises:
            GitError: Git answers with an error.
        """
        return self.read_file(content.revision, path)

    def read_before(self, path: str) -> bytes | None:  # noqa: ARG002 - some sources know
        """Return a file as it was before what is examined; None when there was none.

        Args:
            path: As contents give it: relative to the current folder.

        Raises:
            GitError: Git answers with an error.
        """
        return None

    @abstractmethod
    def read_policy_file(self, name: str) -> bytes | None:
        """Return a file at the repository's root, such as `.sealer.yaml`, as the policy has it.

        Raises:
            GitError: Git answers with an error.
            UnreadableError: The file is there, and cannot be read.
        """

    def path_from_root(self, content: Content) -> str:
        """Return the path of a content from the repository's root, with `/` between folders."""
        return content.path

    def as_stored(self, content: Content) -> Content:
        """Return a content as git holds it, where the disk has another form of it."""
        return content

    def path_from_here(self, path: str) -> str:
        """Return the path of a content as people reach it from the current folder."""
        return path

    def path_of(self, path: str) -> str:
        """Return a path from the root as the contents would have it."""
        return path

    def is_final(self, content: Content) -> bool:  # noqa: ARG002 - some sources ask
        """Tell whether a content is what its path holds in the end, and was not changed again."""
        return True

    def blobs_of(self, content: Content) -> Sequence[str]:
        """Return git's id of a content; several, where it is not known what git will hold."""
        return [content.blob]
