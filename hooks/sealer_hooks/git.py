"""The one module that runs git, in repositories that nobody trusts.

Two rules hold for every call. Nothing that the repository configures may run: no file system
monitor, hook, filter, text converter, pager or transport. And names are bytes between NULs, since a
file name may hold anything else.
"""

import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO

from sealer.errors import SealerError

_REGULAR_MODES = ("100644", "100755")
_CHUNK = 1024 * 1024
_OPTIONS = (
    *("--no-pager", "--no-replace-objects", "--literal-pathspecs"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=" + os.devnull),
    *("-c", "core.alternateRefsCommand="),
)
_ENVIRONMENT = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_GRAFT_FILE": os.devnull,
    # A missing object of a partial clone is not fetched: a remote may name a program to run.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}


class GitError(SealerError):
    """Git cannot be run here, or answers with an error. Mend what it says."""


@dataclass(frozen=True, slots=True)
class StagedFile:
    """An entry of the index that differs from HEAD, or of a commit that differs from its parents.

    Attributes:
        path: Relative to the current folder; undecodable bytes as surrogates.
        mode: Git's file mode, such as `100644`.
        blob: The id of its content.
        status: Git's letter for the kind of change.
    """

    path: str
    mode: str
    blob: str
    status: str

    @property
    def is_unmerged(self) -> bool:
        """Whether it has a conflict, so that git will not commit it."""
        return self.status == "U"

    @property
    def is_regular(self) -> bool:
        """Whether it is a file, and no symbolic link or submodule."""
        return self.mode in _REGULAR_MODES


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of a file.

    Attributes:
        data: Its first bytes.
        is_whole: These are all of them.
    """

    data: bytes
    is_whole: bool


class Repository:
    """The repository around a folder; git finds it as it does for any command.

    Args:
        folder: The current folder. The environment that git gives its hooks (`GIT_DIR`,
            `GIT_INDEX_FILE`, quarantine) applies.

    Raises:
        GitError: Git cannot be run, or this is no repository.
    """

    def __init__(self, folder: str) -> None:
        try:
            from git.cmd import Git
            from git.exc import GitCommandNotFound
        except ImportError as error:
            raise GitError(
                "git cannot be run", hint="install git, and put it on the PATH"
            ) from error
        self._git = Git(folder)
        self._not_found = GitCommandNotFound
        self._to_root = os.fsdecode(self._run("rev-parse", "--show-cdup").rstrip(b"\n"))

    def staged_files(self) -> list[StagedFile]:
        """Return what `git commit` would bring into the repository, deletions left out.

        Raises:
            GitError: The index or HEAD cannot be read.
        """
        output = self._run(
            "diff-index",
            *("--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--diff-filter=d"),
            *("--ita-invisible-in-index", "--no-ext-diff", "--no-textconv", "--no-relative"),
            self._head(),
            "--",
        )
        fields = iter(output.split(b"\0")[:-1])
        return [self._staged_file(head, path) for head, path in zip(fields, fields, strict=True)]

    def pushed_files(self, tips: Sequence[str], known: Sequence[str]) -> list[StagedFile]:
        """Return the files of every commit that a push would bring, those removed again included.

        A merge counts with the files that none of its parents has.

        Args:
            tips: Ids of commits that are pushed.
            known: Ids of what the other side has; one that is unknown here says nothing.

        Raises:
            GitError: A tip or something it needs is missing.
        """
        wanted = "".join([f"{tip}\n" for tip in tips] + [f"^{each}\n" for each in known])
        commits = self._run("rev-list", "--ignore-missing", "--stdin", stdin=wanted.encode())
        output = self._run(
            *("diff-tree", "--stdin", "-r", "-c", "--root", "--raw", "-z", "--no-commit-id"),
            *("--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv", "--no-relative"),
            stdin=commits,
        )
        fields = iter(output.split(b"\0")[:-1])
        every = (_pushed_file(head, path) for head, path in zip(fields, fields, strict=True))
        return list({(file.path, file.blob): file for file in every if file.status != "D"}.values())

    def read_file(self, revision: str, path: str) -> bytes | None:
        """Return a file of a commit, or of the index, whose name is `:0`; None if there is none.

        Args:
            revision: The commit's id.
            path: From the root.
        """
        status, output = self._call("cat-file", "blob", f"{revision}:{path}")
        return output if status == 0 else None

    def is_commit(self, name: str) -> bool:
        """Tell whether a name leads to a commit, through tags or not."""
        status, _ = self._call("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return status == 0

    def tracking_refs(self, remote: str) -> list[str]:
        """Return the ids of what is known of a remote's branches."""
        prefix = f"refs/remotes/{remote}/"
        output = os.fsdecode(self._run("for-each-ref", "--format=%(objectname) %(refname)"))
        lines = (line.split(" ", 1) for line in output.splitlines())
        return [name for name, ref in lines if ref.startswith(prefix)]

    def read_blobs(self, ids: Sequence[str], limit: int) -> Iterator[Blob | None]:
        """Yield contents in the order of their ids; None for one that cannot be read.

        Args:
            ids: Full object ids.
            limit: How many bytes of each to keep.
        """
        if not ids:
            return
        with self._cat_file(ids) as output:
            for _ in ids:
                yield _read_blob(output, limit)

    def _head(self) -> str:
        """Return what the index is compared with: HEAD, or nothing before the first commit."""
        status, _ = self._call("rev-parse", "--verify", "--quiet", "HEAD")
        if status == 0:
            return "HEAD"
        return os.fsdecode(self._run("hash-object", "-t", "tree", "--stdin").strip())

    def _staged_file(self, head: bytes, path: bytes) -> StagedFile:
        _, mode, _, blob, status = head.decode().split()
        return StagedFile(self._to_root + os.fsdecode(path), mode, blob, status)

    def _run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            status, output = self._call(*arguments, istream=given if stdin else None)
        if status != 0:
            raise GitError(f"git {arguments[0]} failed: {self._complaint}")
        return output

    def _call(self, *arguments: str, istream: BinaryIO | None = None) -> tuple[int, bytes]:
        try:
            status, output, complaint = self._git.execute(
                self._command(*arguments),
                istream=istream,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                env=_ENVIRONMENT,
            )
        except self._not_found as error:
            raise GitError(
                "git cannot be run", hint="install git, and put it on the PATH"
            ) from error
        self._complaint = str(complaint).strip().partition("\n")[0]
        return status, output

    def _command(self, *arguments: str) -> list[str]:
        return [self._git.GIT_PYTHON_GIT_EXECUTABLE or "git", *_OPTIONS, *arguments]

    @contextmanager
    def _cat_file(self, ids: Sequence[str]) -> Iterator[IO[bytes]]:
        """Give the output of one `cat-file --batch` for all ids."""
        with tempfile.TemporaryFile() as requests:
            requests.write("".join(f"{each}\n" for each in ids).encode())
            requests.seek(0)
            # When this object goes, it ends the process. Its status is of no interest: what git
            # has not delivered is known to be missing.
            running = self._git.execute(
                self._command("cat-file", "--batch", "--buffer"),
                istream=requests,
                as_process=True,
                env=_ENVIRONMENT,
            )
        output: IO[bytes] = running.stdout
        complaints: IO[bytes] = running.stderr
        # Complaints about damaged objects must not fill the pipe and stop git.
        drain = threading.Thread(target=complaints.read, daemon=True)
        drain.start()
        try:
            yield output
        finally:
            output.close()
            drain.join()
            complaints.close()


def _pushed_file(head: bytes, path: bytes) -> StagedFile:
    """Read a raw line of a commit, or of a merge, which has a column for each parent."""
    fields = head.decode().split()
    parents = len(fields[0]) - len(fields[0].lstrip(":"))
    mode, blob, status = fields[parents], fields[2 * parents + 1], fields[-1]
    return StagedFile(os.fsdecode(path), mode, blob, "D" if set(status) == {"D"} else status)


def _read_blob(output: IO[bytes], limit: int) -> Blob | None:
    """Read one answer of `cat-file --batch`: `ID blob SIZE`, the bytes, a line end."""
    head = output.readline().split()
    if len(head) != 3 or head[1] != b"blob":  # noqa: PLR2004 - missing, or git has given up
        return None
    size = int(head[2])
    data = output.read(min(size, limit))
    rest = size - len(data)
    while rest > 0 and len(data) == limit:
        chunk = output.read(min(rest, _CHUNK))
        if not chunk:
            return None
        rest -= len(chunk)
    is_complete = output.read(1) == b"\n"
    return Blob(data, is_whole=size <= limit) if is_complete else None
