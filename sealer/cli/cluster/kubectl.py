"""A cluster is asked through the installed kubectl, so that every way to log in works here too.

Only `--raw` requests are made: a path, and a body that goes through a pipe, never through a file
or the command line. What kubectl says when it fails is read in one place and becomes a type.
"""

import math
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO

from sealer.cli.cluster.deadline import Deadline
from sealer.cli.console import Console, printable
from sealer.cli.errors import (
    ClusterError,
    ConflictError,
    ForbiddenError,
    LoginError,
    NoKubectlError,
    NotFoundError,
    ServerFaultError,
    TooManyRequestsError,
    UnreachableError,
)

TIMEOUT_SECONDS = 30.0
# kubectl gives up by itself, and says so; it is stopped only when it does not.
GRACE_SECONDS = 1.0
# How long somebody may take to log in, and how soon they see that they are asked to.
LOGIN_SECONDS = 300.0
PATIENCE_SECONDS = 1.0
_LONGEST_MESSAGE = 300
_FROM_SERVER = re.compile(r"Error from server(?: \((?P<reason>\w+)\))?: ?(?P<text>.*)", re.DOTALL)
_BEGINNINGS = ("Error from server", "error: ", "Unable to connect", "The connection to the server")
# Old API servers quote the body where it does not parse, which may hold a Secret.
_QUOTE = re.compile(r",? error found in #.*", re.DOTALL)
_REASONS: dict[str, type[ClusterError]] = {
    "Unauthorized": LoginError,
    "Forbidden": ForbiddenError,
    "NotFound": NotFoundError,
    "AlreadyExists": ConflictError,  # what kubectl calls every 409 of a POST
    "Conflict": ConflictError,
    "TooManyRequests": TooManyRequestsError,
    "InternalError": ServerFaultError,
    "ServiceUnavailable": ServerFaultError,
    "ServerTimeout": ServerFaultError,
    "Timeout": ServerFaultError,
}
_HINTS: dict[type[ClusterError], str] = {
    UnreachableError: "does `kubectl version` reach the cluster from here?",
    LoginError: "log in again; `kubectl auth whoami` shows whether it worked",
}
# Without credentials kubectl asks for a name and a password, which no cluster takes any more.
_ASKS_FOR_USER = b"Please enter Username"
_NO_CREDENTIALS = "the kubeconfig has no credentials for the cluster"
# Our own limit; a connection that is not even made says by itself what was waited for.
_TIMED_OUT = re.compile(
    r"(?!.*(?:dial |lookup |i/o timeout)).*(?:Client\.Timeout|deadline exceeded)"
)
_NOT_LOGGED_IN = re.compile(r"must be logged in|Unauthorized|getting credentials|no Auth Provider")
_NOT_REACHED = re.compile(
    r"Unable to connect|connection to the server|connection refused|no such host|certificate|dial |"
    r"context .* does not exist|context was not found|no configuration|kubeconfig|config file|"
    r"i/o timeout|error: stat "
)


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The installed kubectl, with what tells it which cluster is meant.

    Attributes:
        context: The context of the kubeconfig; empty for the current one.
        kubeconfig: The kubeconfig file; empty for kubectl's own choice.
        arguments: More options of kubectl, such as `--as=NAME`.
        timeout: How many seconds an answer may take.
        deadline: Until when all answers together have to be there; None when each has its time.
    """

    context: str = ""
    kubeconfig: str = ""
    arguments: tuple[str, ...] = ()
    timeout: float | None = None
    deadline: Deadline | None = None

    def within_one_deadline(self) -> "Kubectl":
        """Return this kubectl for one conversation, whose requests share the time for one."""
        return replace(self, deadline=Deadline(self._seconds))

    def get(self, path: str) -> bytes:
        """Return what the API server answers to a GET.

        Raises:
            ClusterError: It cannot be asked, or refuses; the type says which.
        """
        return self._request("get", path, None)

    def post(self, path: str, body: bytes) -> bytes:
        """Return what the API server answers to a POST.

        Ask for something with `get` before: without credentials kubectl would read a user's name
        from its standard input, which is the body.

        Raises:
            ClusterError: It cannot be asked, or refuses; the type says which.
        """
        return self._request("create", path, body)

    def put(self, path: str, body: bytes) -> bytes:
        """Return what the API server answers to a PUT; see `post`.

        Raises:
            ClusterError: It cannot be asked, or refuses; the type says which.
        """
        return self._request("replace", path, body)

    def run(self, *command: str, body: bytes | None = None) -> bytes:
        """Run any command of kubectl and return what it prints.

        Args:
            command: The command's words; nothing secret.
            body: What it reads from standard input.

        Raises:
            ClusterError: It fails; the type says why.
        """
        seconds = self._seconds
        left = self.deadline.left if self.deadline else seconds or math.inf
        if not left:
            raise _too_slow(seconds)
        limits = (f"--request-timeout={_whole(left):g}s",)
        is_watched = sys.stdin.isatty() and sys.stderr.isatty()
        try:
            with _starting():
                code, printed, said = _communicate(
                    ["kubectl", *command, *limits, *self._options()],
                    body,
                    None if left == math.inf else left + GRACE_SECONDS,
                    is_watched=is_watched,
                )
        except subprocess.TimeoutExpired:
            if self.deadline:
                self.deadline.give_up()
            raise _too_slow(seconds) from None
        if self.deadline and is_watched:  # somebody may have logged in
            self.deadline.restart()
        if code:
            raise error_of(said.decode("utf-8", "replace"), seconds)
        return printed

    @contextmanager
    def running(self, *command: str, said: IO[bytes]) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a command that does not end by itself; whoever leaves the block has ended it.

        Args:
            command: The command's words; nothing secret.
            said: A file for what it says on standard error.

        Raises:
            NoKubectlError: It cannot be started.
        """
        with _starting():
            process = subprocess.Popen(  # noqa: S603 - no shell, and nothing secret
                ["kubectl", *command, *self._options()],  # noqa: S607 - the one on the path
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
            )
        with process:
            yield process

    @property
    def _seconds(self) -> float:
        return TIMEOUT_SECONDS if self.timeout is None else self.timeout

    def _request(self, verb: str, path: str, body: bytes | None) -> bytes:
        given = () if body is None else ("-f", "-")
        return self.run(verb, "--raw", path, *given, body=body)

    def _options(self) -> tuple[str, ...]:
        chosen = {"--context": self.context, "--kubeconfig": self.kubeconfig}
        named = (f"{option}={text}" for option, text in chosen.items() if text)
        return (*named, *self.arguments)


def error_of(stderr: str, seconds: float = TIMEOUT_SECONDS) -> ClusterError:
    """Return what a failed kubectl said on standard error as an error of the right type.

    Args:
        stderr: All of it; earlier lines may be warnings and logs.
        seconds: How long it could wait for an answer.
    """
    said = _last_words(stderr)
    answer = _FROM_SERVER.fullmatch(said)
    if answer is not None:
        kind = _REASONS.get(answer["reason"] or "", ClusterError)
        text = answer["text"].strip() or answer["reason"] or "refused"
        return kind(_shortened(text), hint=_HINTS.get(kind, ""))
    if said == "error: EOF":  # there was nobody to answer
        return LoginError(_NO_CREDENTIALS, hint=_HINTS[LoginError])
    if _TIMED_OUT.match(said):
        return _too_slow(seconds)
    if _NOT_LOGGED_IN.search(said):
        kind = LoginError
    else:
        kind = UnreachableError if _NOT_REACHED.search(said) else ClusterError
    text = said.removeprefix("error: ") or "kubectl failed without a word"
    return kind(_shortened(text), hint=_HINTS.get(kind, ""))


@contextmanager
def _starting() -> Iterator[None]:
    """Turn what keeps kubectl from being started into an error that says what to do."""
    try:
        yield
    except FileNotFoundError:
        raise NoKubectlError(
            "kubectl is not installed",
            hint="install it: https://kubernetes.io/docs/tasks/tools",
        ) from None
    except OSError as error:
        raise NoKubectlError(f"kubectl cannot be started: {error.strerror}") from None


def _communicate(
    command: Sequence[str], body: bytes | None, limit: float | None, *, is_watched: bool
) -> tuple[int, bytes, bytes]:
    """Run a program and return its exit code, what it printed and what it said.

    Where somebody watches, on a terminal, it may ask for a login: then it can be answered, what it
    says is shown when it does not end at once, and it gets more time.

    Raises:
        OSError: It cannot be started.
        subprocess.TimeoutExpired: It took too long and was stopped.
    """
    nothing = None if is_watched else subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603 - no shell, and nothing secret
        command,
        stdin=nothing if body is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            if is_watched:
                return _watch(process, body, limit)
            printed, said = process.communicate(body, limit)
        except BaseException:
            process.kill()
            raise
        return process.returncode, printed, said


def _watch(
    process: subprocess.Popen[bytes], body: bytes | None, limit: float | None
) -> tuple[int, bytes, bytes]:
    """Pass on what a program says while somebody may have to answer."""
    shown = 0
    end = None if limit is None else time.monotonic() + max(limit, LOGIN_SECONDS)
    while True:
        try:
            printed, said = process.communicate(body, PATIENCE_SECONDS)
        except subprocess.TimeoutExpired as slow:
            if (slow.output or b"").startswith(_ASKS_FOR_USER):
                raise LoginError(_NO_CREDENTIALS, hint=_HINTS[LoginError]) from None
            text = slow.stderr or b""
            for line in text[shown:].decode("utf-8", "replace").splitlines():
                Console().lines(printable(line))
            shown, body = len(text), None
            if end is not None and time.monotonic() > end:
                raise
        else:
            return process.returncode, printed, said


def _last_words(stderr: str) -> str:
    """Return the line that says what went wrong, and what follows it."""
    lines = stderr.strip().splitlines()
    begins = [at for at, line in enumerate(lines) if line.startswith(_BEGINNINGS)]
    return " ".join(lines[begins[-1] if begins else -1 :]).strip()


def _shortened(text: str) -> str:
    return _QUOTE.sub("", text)[:_LONGEST_MESSAGE]


def _whole(seconds: float) -> float:
    """Return a time in the way of kubectl: full seconds where there are any, 0 for no limit."""
    return 0 if seconds == math.inf else math.ceil(seconds) if seconds > 1 else seconds


def _too_slow(seconds: float) -> UnreachableError:
    return UnreachableError(
        f"the cluster did not answer within {seconds:g} seconds",
        hint=_HINTS[UnreachableError],
    )
