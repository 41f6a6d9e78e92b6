"""What the hook looks at: files on disk, or the staged blobs of the index."""

import os
import stat
from collections.abc import Iterable, Iterator

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
    regular = [file for file in staged if file.is_regular]
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
