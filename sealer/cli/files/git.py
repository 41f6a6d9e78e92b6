"""Git, run in one place, in repositories that nobody vouches for.

Nothing that a repository configures may start a program: no file system monitor, no pager, no
transport. The commands that are run here use no filters, converters and hooks.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sealer.errors import InputError

_OPTIONS = ("--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false")
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # A missing object of a partial clone is not fetched: a remote may name a program to run.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}


class NoGitError(InputError):
    """Git cannot be run: it is not installed, or not on the PATH, or broken. Install it."""

    def __init__(self) -> None:
        super().__init__("git cannot be run", hint="install git, and put it on the PATH")


@dataclass(frozen=True, slots=True)
class Answer:
    """What git answered.

    Attributes:
        status: Its exit status.
        output: Its standard output.
        complaint: The first line of its standard error without `fatal:`; never empty.
        advice: The command that git says would help, such as one that makes a repository of
            another owner trusted; empty where it names none.
    """

    status: int
    output: bytes
    complaint: str
    advice: str = ""


def run_git(*arguments: str, folder: Path | None = None, stdin: BinaryIO | None = None) -> Answer:
    """Run git.

    Args:
        arguments: The command line, without what keeps the repository's settings harmless.
        folder: Where to run it; None for the current folder.
        stdin: What it reads.

    Raises:
        NoGitError: It cannot be run.
    """
    try:
        from git import Git
        from git.exc import GitCommandNotFound
    except ImportError:  # GitPython tries git first
        raise NoGitError from None
    try:
        status, output, complaint = Git(folder).execute(
            ["git", *_OPTIONS, *arguments],
            istream=stdin,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            env=_ENVIRONMENT,
        )
    except GitCommandNotFound:
        raise NoGitError from None
    lines = str(complaint).strip().splitlines()
    first = lines[0].removeprefix("fatal: ") if lines else ""
    # Git sets what is to be typed apart from its words, by a tab.
    advice = next((line.strip() for line in lines if line.startswith("\t")), "")
    return Answer(status, output, first or "git failed", advice)
