"""What the hook looks at: files on disk, the staged blobs of the index, or what a push brings."""

import os
import stat
from collections.abc import Iterable, Iterator

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from sealer_hooks.git import Repository, StagedFile

# What is larger is looked at this far, for signs of a Secret only.
LONGEST_SCAN = 16 * 1024 * 1024


class Content:
    """One file to look at. A plain class: `dataclasses` takes longer to import than most scans.

    Attributes:
        path: The file, relative to the current folder.
        data: Its first bytes, at most `LONGEST_SCAN`.
        is_whole: These are all of them.
        problem: Why it cannot be read; empty when it can.
    """

    __slots__ = ("data", "is_whole", "path", "problem")

    def __init__(
        self, path: str, data: bytes = b"", *, is_whole: bool = True, problem: str = ""
    ) -> None:
        self.path = path
        self.data = data
        self.is_whole = is_whole
        self.problem = problem


def read_files(paths: Iterable[str]) -> Iterator[Content]:
    """Yield files as they are on disk."""
    for path in paths:
        try:
            yield _read_file(path)
        except OSError as error:
            yield Content(path, problem=f"cannot be read: {os.strerror(error.errno or 0)}")
        except ValueError:  # a NUL byte, which no file name can hold
            yield Content(path, problem="cannot be read: this is no file name")


def read_index(folder: str) -> Iterator[Content]:
    """Yield what is staged in the repository around a folder: new and changed regular files.

    Raises:
        GitError: Git cannot be run, or answers with an error.
    """
    from sealer_hooks.git import Repository

    repository = Repository(folder)
    staged = repository.staged_files()
    for file in staged:
        if file.is_unmerged:
            yield Content(file.path, problem="is unmerged: resolve the conflict, then add it")
    yield from _read_blobs(repository, staged)


def read_push(folder: str, remote: str, lines: Iterable[str]) -> Iterator[Content]:
    """Yield every new file of every pushed commit, also those that a later commit removes.

    Args:
        folder: Where the repository is.
        remote: The name of the remote; the address of one that has no name. May be empty.
        lines: What git tells its pre-push hook: local ref and id, remote ref and id.

    Raises:
        GitError: Git cannot be run, or answers with an error.
    """
    from sealer_hooks.git import GitError, Repository

    tips: list[tuple[str, str]] = []
    known: list[str] = []
    for line in lines:
        fields = line.split(" ")
        if len(fields) != 4:  # noqa: PLR2004 - what githooks(5) says
            raise GitError(
                "standard input holds no lines of a push", hint="git's pre-push has them"
            )
        local_ref, local_id, _, remote_id = fields
        if local_id.strip("0"):
            tips.append((local_ref, local_id))
        if remote_id.strip("0"):
            known.append(remote_id)
    if not tips:
        return
    repository = Repository(folder)
    commits = [tip for _, tip in tips if repository.is_commit(tip)]
    for ref, tip in tips:
        if tip not in commits:
            yield Content(ref, problem=f"cannot be examined: {tip} is no commit")
    if commits:
        known += repository.tracking_refs(remote) if remote else ()
        yield from _read_blobs(repository, repository.pushed_files(commits, known))


def _read_blobs(repository: "Repository", files: "list[StagedFile]") -> Iterator[Content]:
    regular = [file for file in files if file.is_regular]
    blobs = repository.read_blobs([file.blob for file in regular], LONGEST_SCAN)
    for file, blob in zip(regular, blobs, strict=True):
        if blob is None:
            problem = f"cannot be read: its git object {file.blob} is missing or damaged"
            yield Content(file.path, problem=problem)
        else:
            yield Content(file.path, blob.data, is_whole=blob.is_whole)


def _read_file(path: str) -> Content:
    # Asked before it is opened: opening a pipe would wait for a writer.
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - pathlib is slow to import
        return Content(path, problem="is no regular file")
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        data = file.read(LONGEST_SCAN + 1)
    return Content(path, data[:LONGEST_SCAN], is_whole=len(data) <= LONGEST_SCAN)
