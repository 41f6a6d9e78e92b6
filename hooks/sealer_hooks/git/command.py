"""Runs git, in repositories that nobody trusts.

Two rules hold for every call. Nothing that the repository configures may run: no file system
monitor, hook, filter, text converter, pager or transport. And nothing that it stores may stand in
for the real history: no replaced objects, grafts or commit graph.
"""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, cast

from sealer.errors import SealerError

_CHUNK = 1024 * 1024
_INSTALL = "install git, and put it on the PATH"
_OPTIONS = (
    *("--no-pager", "--no-replace-objects", "--literal-pathspecs"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=" + os.devnull),
    *("-c", "core.commitGraph=false"),
    # It would stand before what git has to say, where a repository has grafts or none are wanted.
    *("-c", "advice.graftFileDeprecated=false"),
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


@dataclass(slots=True)
class Running:
    """A git process.

    Attributes:
        stdout: What it answers.
        stdin: Where it is asked; None when the questions were given at its start.
        status: Its exit status, once it has ended.
        complaint: The first line of what it said besides, once it has ended.
    """

    stdout: IO[bytes]
    stdin: IO[bytes] | None
    status: int | None = None
    complaint: str = ""

    def ask(self, question: bytes) -> None:
        """Write a question to a process that was started for that.

        Raises:
            OSError: It has ended.
        """
        if self.stdin is None:
            raise OSError("its questions were given at its start")
        self.stdin.write(question)
        self.stdin.flush()


class Command:
    """Git, for the repository around a folder, which git finds as it does for any command.

    Args:
        folder: The current folder. The environment that git gives its hooks (`GIT_DIR`,
            `GIT_INDEX_FILE`, quarantine) applies.

    Raises:
        GitError: Git cannot be run.
    """

    def __init__(self, folder: str) -> None:
        try:
            from git.cmd import Git
        except ImportError as error:
            raise GitError("git cannot be run", hint=_INSTALL) from error
        self._git = Git(folder)

    def ask(self, *arguments: str) -> bytes | None:
        """Return what git answers; None when it answers no by its exit status."""
        with self.start(*arguments) as running:
            answer = running.stdout.read()
        return None if running.status else answer

    def run(self, *arguments: str) -> bytes:
        """Return what git answers.

        Raises:
            GitError: It answers with an error.
        """
        with ExitStack() as closing:
            return self.spool(closing, *arguments).read()

    def spool(
        self, closing: ExitStack, *arguments: str, stdin: IO[bytes] | None = None
    ) -> IO[bytes]:
        """Return what git answers in a temporary file: of a long history it is too much to hold.

        Args:
            closing: Ends the file's life.
            arguments: The command.
            stdin: What it reads.

        Raises:
            GitError: It answers with an error.
        """
        answer = closing.enter_context(temporary_file())
        with self.start(*arguments, stdin=stdin) as running:
            while chunk := running.stdout.read(_CHUNK):
                answer.write(chunk)
        if running.status:
            raise GitError(f"git {arguments[0]} failed: {running.complaint}")
        answer.seek(0)
        return answer

    @contextmanager
    def start(self, *arguments: str, stdin: IO[bytes] | int | None = None) -> Iterator[Running]:
        """Give a git process to talk to; it is ended with the block, if it has not ended itself.

        Args:
            arguments: The command.
            stdin: A file with what it reads, `subprocess.PIPE` to ask it as it goes, or None.
        """
        from git.exc import GitCommandNotFound

        command = [self._git.GIT_PYTHON_GIT_EXECUTABLE or "git", *_OPTIONS, *arguments]
        try:
            source = cast("BinaryIO | int | None", stdin)
            started = self._git.execute(command, source, as_process=True, env=_ENVIRONMENT)
        except GitCommandNotFound as error:
            raise GitError("git cannot be run", hint=_INSTALL) from error
        process: Any = started.proc  # which is there as long as nobody ends it
        complaints: list[bytes] = []
        # Many complaints must not fill the pipe and stop git. The thread has a descriptor of its
        # own: nobody closes it meanwhile, so that its number could come to stand for another file.
        pipe = os.dup(process.stderr.fileno())
        drain = threading.Thread(target=_drain, args=(pipe, complaints), daemon=True)
        drain.start()
        running = Running(process.stdout, process.stdin)
        try:
            yield running
        except BaseException:
            process.kill()  # it may be busy for long before it notices that nobody listens
            raise
        finally:
            if process.stdin:
                with suppress(BrokenPipeError):  # it has ended before it read its question
                    process.stdin.close()
            process.stdout.close()
            running.status = process.wait()
            drain.join()
            process.stderr.close()
            running.complaint = os.fsdecode(b"".join(complaints)).strip().partition("\n")[0]


def _drain(pipe: int, complaints: list[bytes]) -> None:
    """Keep the beginning of what git complains about, and close the pipe at its end.

    It is read without a buffer, whose lock, held by a thread that waits for git, would abort an
    interpreter that ends meanwhile.
    """
    with open(pipe, "rb", buffering=0) as stream:
        while chunk := stream.read(_CHUNK):
            if not complaints:
                complaints.append(chunk)


def temporary_file() -> IO[bytes]:
    """Return a file without a name that goes when it is closed; a small one stays in memory."""
    return tempfile.SpooledTemporaryFile(_CHUNK)
