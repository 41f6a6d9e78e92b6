"""The API server, asked many things at once through one `kubectl proxy`.

A request through a kubectl of its own costs 50 ms and cannot name a form of answer. The proxy is
kubectl too, so that every way to log in works; through it a request costs a few milliseconds, and
may ask for the metadata of objects alone, so that private keys never leave the API server. It
listens on a Unix socket in a folder that is ours alone, lets nothing be changed that is stored, and
ends with the block (docs/decisions/0007-doctor-through-kubectl-proxy.md).
"""

import http.client
import json
import select
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sealer.cli.cluster.kubectl import Kubectl, error_of
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

JSON = "application/json"
METADATA_OF_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_START_SECONDS = 10.0
_END_SECONDS = 2.0
# Objects of a page, or all metrics of a large API server.
_LARGEST = 64 * 1024 * 1024
_LONGEST_PATH = 100  # of a socket; the system's limit is 104 or 108
_SERVING = "Starting to serve"
# Nothing that is stored is changed: only reviews are posted.
_OPTIONS = ("--append-server-path", "--reject-methods=^(PUT|PATCH|DELETE)$")
_ERRORS: Mapping[int, type[ClusterError]] = {
    HTTPStatus.UNAUTHORIZED: LoginError,
    HTTPStatus.FORBIDDEN: ForbiddenError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
    HTTPStatus.TOO_MANY_REQUESTS: TooManyRequestsError,
    HTTPStatus.BAD_GATEWAY: UnreachableError,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server, or what is behind it, answers.

    Attributes:
        status: The HTTP status.
        body: What comes with it.
        date: The time of day there; None when it does not say.
    """

    status: int
    body: bytes
    date: datetime | None = None

    def json(self) -> dict[str, Any]:
        """Return the object that it is.

        Raises:
            ClusterError: It is none.
        """
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ClusterError("the cluster's answer is no object")
        return value


class Gateway:
    """The API server behind a running `kubectl proxy`; use `opened`. Threads may share it."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._path = path
        self._seconds = seconds

    def get(self, path: str, form: str = JSON) -> Answer:
        """Return what is answered to a GET.

        Args:
            path: The path with its query.
            form: The form of answer to ask for, as a media type.

        Raises:
            ClusterError: It is refused, or there is no answer; the type says which.
        """
        return _checked(self.ask(path, form))

    def post(self, path: str, body: Mapping[str, object]) -> Answer:
        """Return what is answered to a POST of an object.

        Raises:
            ClusterError: It is refused, or there is no answer; the type says which.
        """
        return _checked(self.ask(path, JSON, json.dumps(body).encode()))

    def ask(self, path: str, form: str = JSON, body: bytes | None = None) -> Answer:
        """Return what is answered, refusals too.

        Raises:
            UnreachableError: There is no answer in time.
        """
        connection = _Connection(self._path, self._seconds)
        headers = {"Accept": form} | ({"Content-Type": JSON} if body is not None else {})
        try:
            connection.request("GET" if body is None else "POST", path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(_LARGEST), _date_of(answer))
        except TimeoutError:
            raise UnreachableError(f"no answer within {self._seconds:g} seconds") from None
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(f"no answer: {type(error).__name__}") from None
        finally:
            connection.close()


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket. The name is one that kubectl proxy accepts."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@contextmanager
def opened(kubectl: Kubectl, seconds: float) -> Iterator[Gateway]:
    """Run `kubectl proxy` while the block lasts.

    Log in before, with any other request: nobody can answer a question of the proxy.

    Args:
        kubectl: Knows which cluster is meant.
        seconds: How long an answer may take.

    Raises:
        ClusterError: It does not come up; the type says why.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise NoKubectlError("this system has no Unix sockets", hint="run it in Linux, such as WSL")
    folder = _private_folder()
    try:
        path = folder / "socket"
        command = ("proxy", f"--unix-socket={path}", *_OPTIONS)
        with (folder / "said").open("w+b") as said, kubectl.running(*command, said=said) as process:
            try:
                _wait(process, Path(said.name))
                yield Gateway(path, seconds)
            finally:
                _end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _private_folder() -> Path:
    """Make a folder that nobody else may look into, with a name that is short enough."""
    folder = tempfile.mkdtemp(prefix="sealer-")
    if len(folder) > _LONGEST_PATH - len("/socket"):
        Path(folder).rmdir()
        folder = tempfile.mkdtemp(prefix="sealer-", dir="/tmp")
    return Path(folder)


def _wait(process: "subprocess.Popen[bytes]", said: Path) -> None:
    """Wait until the proxy listens."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    if select.select([process.stdout], [], [], _START_SECONDS)[0]:
        line = process.stdout.readline().decode("utf-8", "replace")
        if line.startswith(_SERVING):
            return
        process.wait(_END_SECONDS)
    raise error_of(said.read_text("utf-8", "replace")).about("kubectl proxy does not start")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _checked(answer: Answer) -> Answer:
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return answer
    kind = _ERRORS.get(answer.status)
    if kind is None:
        is_servers = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        kind = ServerFaultError if is_servers else ClusterError
    raise kind(_words_of(answer))


def _words_of(answer: Answer) -> str:
    """Return why the API server refuses; what others say may be anything and is left out."""
    try:
        said = answer.json()
    except ClusterError:
        said = {}
    message = said.get("message") if said.get("kind") == "Status" else None
    return message[:300] if isinstance(message, str) and message else f"HTTP {answer.status}"


def _date_of(answer: http.client.HTTPResponse) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers["Date"])
    except (TypeError, ValueError):
        return None
