"""Files as they are on disk. The pre-commit framework names them, after putting changes aside."""

import functools
import os
import stat
from collections.abc import Generator, Iterable

from sealer_hooks.sources.content import LONGEST_SCAN, Content
from sealer_hooks.sources.source import INDEX, WORK_TREE, Source, UnreadableError

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from sealer_hooks.git import Repository
    from sealer_hooks.sources.attributes import Attributes


class FileSource(Source):
    """Files that were named.

    Args:
        paths: Their names.
        folder: The current folder.
    """

    def __init__(self, paths: Iterable[str], folder: str = "") -> None:
        self._paths = paths
        self._folder = folder
        self.policy_revision = WORK_TREE
        self.newest = [WORK_TREE]
        self.root = _root(folder)
        self._repository: Repository | None = None
        self._last = ("", "")  # a path, and the same from the root

    def close(self) -> None:
        """End git, if it was asked."""
        if self._repository is not None:
            self._repository.close()

    def contents(self) -> Generator[Content, None, None]:
        """Yield the files; one that cannot be read has a problem."""
        for path in self._paths:
            yield self._read_link(path) or _read_file(path)

    def _read_link(self, path: str) -> Content | None:
        """Return a symbolic link of the work tree, which git stores as one; others are followed."""
        if not os.path.islink(path) or not self._has_repository:  # noqa: PTH114 - pathlib is slow
            return None
        if self.path_from_root(Content(path)).startswith("../"):
            return None
        return Content(path, os.fsencode(os.readlink(path)), is_link=True)  # noqa: PTH115 - as above

    def read_file(self, revision: str, path: str) -> bytes | None:  # noqa: ARG002 - there is one
        """Return a file on disk; None when it cannot be read."""
        content = _read_file(path)
        return None if content.problem else content.data

    def read_neighbour(self, content: Content, path: str) -> bytes | None:
        """Return a file on disk, unless git knows the content, and the file only as untracked.

        Such a file is not brought in by a commit, and often ignored because it holds values.
        """
        data = self.read_file(WORK_TREE, path)
        if data is None or self._in_git(INDEX, content.path) is None:
            return data
        if self._in_git(INDEX, path) is None:
            return None
        return self.as_stored(Content(path, data)).data

    def as_stored(self, content: Content) -> Content:
        """Return what the index has where a filter, such as git-crypt, gives the disk another form.

        Only a file that attributes give a filter is asked for; none is run.
        """
        folder = os.path.dirname(self.path_from_root(content))  # noqa: PTH120 - pathlib is slow
        if content.revision or not self._attributes.may_filter(folder):
            return content
        data = self._in_git(INDEX, content.path)
        if data is None or self._repository is None:
            return content
        if not self._repository.is_filtered(self.path_from_root(content)):
            return content
        return Content(content.path, data, is_whole=len(data) < LONGEST_SCAN, revision=INDEX)

    @functools.cached_property
    def _has_repository(self) -> bool:
        return os.path.lexists(os.path.join(self.root, ".git"))  # noqa: PTH118 - as above

    @functools.cached_property
    def _attributes(self) -> "Attributes":
        from sealer_hooks.sources.attributes import Attributes

        return Attributes(self.root)

    def read_before(self, path: str) -> bytes | None:
        """Return a file of HEAD; None without one, or without a repository."""
        return self._in_git("HEAD", path)

    def read_policy_file(self, name: str) -> bytes | None:
        """Return a file at the root of the work tree, or of the current folder without one."""
        return read_policy_file(os.path.join(self.root, name))  # noqa: PTH118 - pathlib is slow

    def path_from_root(self, content: Content) -> str:
        """Return a path from the root, through `..` where it leads out."""
        # Asked several times about a file before the next one comes.
        if self._last[0] != content.path:
            path = os.path.join(self._folder, content.path)  # noqa: PTH118 - pathlib is slow to import
            from_root = os.path.relpath(path, self.root or ".").replace(os.sep, "/")
            self._last = content.path, from_root
        return self._last[1]

    def path_of(self, path: str) -> str:
        """Return a path from the root as it is reached from the current folder."""
        if self._folder == self.root:
            return path
        return os.path.relpath(os.path.join(self.root, path), self._folder)  # noqa: PTH118 - as above

    def _in_git(self, revision: str, path: str) -> bytes | None:
        from sealer_hooks.git import GitError
        from sealer_hooks.sources.objects import open_repository

        try:
            repository = self._repository or open_repository(self._folder)
        except GitError:  # there is no repository, or none yet
            return None
        self._repository = repository
        return repository.read_file(revision, self.path_from_root(Content(path)))

    def blobs_of(self, content: Content) -> list[str]:
        """Return the id that git has given a file on disk, or all that it may give it.

        Whether git will hold the line ends of the disk is a matter of its configuration.
        """
        from sealer_hooks.baseline import blob_id, forms_of

        staged, forms = self._in_git(INDEX, content.path), forms_of(content.data)
        kept = [staged] if staged in forms else forms
        return [blob_id(form, self._id_length) for form in kept]

    @functools.cached_property
    def _id_length(self) -> int:
        return self._repository.id_length if self._repository else 40


def _root(folder: str) -> str:
    """Return the folder at or above one that holds `.git`; without any, that folder."""
    here = folder
    while not os.path.lexists(os.path.join(here, ".git")):  # noqa: PTH118 - pathlib is slow
        above = os.path.dirname(here)  # noqa: PTH120 - pathlib is slow to import
        if above == here:
            return folder
        here = above
    return here


def read_policy_file(path: str) -> bytes | None:
    """Return a policy or baseline on disk; None when there is none.

    Raises:
        UnreadableError: It is there, and cannot be read.
    """
    content = _read_file(path)
    if content.is_whole and not content.problem:
        return content.data
    if not os.path.lexists(path):
        return None
    raise UnreadableError(content.problem or "is larger than any honest one")


def _read_file(path: str) -> Content:
    try:
        # Asked before it is opened: opening a pipe would wait for a writer.
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - pathlib is slow to import
            return Content(path, problem="is no regular file")
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            data = file.read(LONGEST_SCAN + 1)
    except OSError as error:
        return Content(path, problem=f"cannot be read: {os.strerror(error.errno or 0)}")
    except ValueError:  # a NUL byte, which no file name can hold
        return Content(path, problem="cannot be read: this is no file name")
    return Content(path, data[:LONGEST_SCAN], is_whole=len(data) <= LONGEST_SCAN)
