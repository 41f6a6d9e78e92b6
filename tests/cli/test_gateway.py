"""The API server through `kubectl proxy`: what comes back, what is refused, what is left behind."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sealer.cli.cluster.gateway import METADATA, Gateway, opened
from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.errors import (
    ClusterError,
    ForbiddenError,
    LoginError,
    NoKubectlError,
    NotFoundError,
    ServerFaultError,
    TooManyRequestsError,
    UnreachableError,
)
from tests.cli.clusters import use_kubectl

Asked = list[tuple[str, str, str]]


@contextmanager
def serving(asked: Asked, prefix: str = "") -> Iterator[str]:
    """Serve an API server's answers until the block is left; yield the address.

    `/CODE` is answered with that status, and `/silent` never.
    """
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            asked.append((self.command, self.path, self.headers["Accept"]))
            last = self.path.removeprefix(prefix).strip("/")
            if last == "silent":
                over.wait()
                return
            code = int(last) if last.isdigit() else 200
            status = {"kind": "Status", "message": f"said {code}", "body": body.decode()}
            text = b"hello" if last == "text" else json.dumps(status).encode()
            self.send_response_only(code)
            self.send_header("Date", "Sun, 22 Nov 2026 12:00:00 GMT")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{prefix}"
        finally:
            over.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def asked() -> Asked:
    """What the API server was asked: method, path and form."""
    return []


@pytest.fixture
def gateway(asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway to that API server, through the real kubectl."""
    with serving(asked) as address:
        use_kubectl(monkeypatch, tmp_path, address)
        with opened(Kubectl(), 5) as made:
            yield made


def test_answer_has_body_and_time(gateway: Gateway, asked: Asked) -> None:
    """And was asked for in the form that was named."""
    answer = gateway.get("/api/v1/x?a=b", METADATA)
    assert answer.json()["message"] == "said 200"
    assert answer.date is not None
    assert answer.date.isoformat() == "2026-11-22T12:00:00+00:00"
    assert asked == [("GET", "/api/v1/x?a=b", METADATA)]


def test_object_is_posted(gateway: Gateway, asked: Asked) -> None:
    """As JSON."""
    assert json.loads(gateway.post("/api/v1/x", {"a": 1}).json()["body"]) == {"a": 1}
    assert asked[0][0] == "POST"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, LoginError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (429, TooManyRequestsError),
        (500, ServerFaultError),
        (503, ServerFaultError),
        (418, ClusterError),
    ],
)
def test_refusal_has_its_type(gateway: Gateway, code: int, kind: type[ClusterError]) -> None:
    """And says what the API server said."""
    with pytest.raises(kind) as raised:
        gateway.get(f"/{code}")
    assert type(raised.value) is kind
    assert raised.value.message == f"said {code}"


def test_answer_that_is_no_object_is_told(gateway: Gateway) -> None:
    """Nobody looks into it."""
    with pytest.raises(ClusterError, match="no object"):
        gateway.get("/text").json()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_nothing_that_is_stored_can_be_changed(gateway: Gateway, asked: Asked, method: str) -> None:
    """The proxy itself refuses, whoever asks it."""
    from sealer.cli.cluster.gateway import _Connection

    connection = _Connection(gateway._path, 5)  # noqa: SLF001 - there is no other way to try
    connection.request(method, "/api/v1/x", b"{}")
    assert connection.getresponse().status == 403
    connection.close()
    assert asked == []


def test_socket_is_ours_alone_and_goes(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else may enter its folder, and nothing is left behind."""
    with serving(asked) as address:
        use_kubectl(monkeypatch, tmp_path, address)
        with opened(Kubectl(), 5) as made:
            folder = made._path.parent  # noqa: SLF001 - where it is matters to nobody else
            assert folder.stat().st_mode & 0o777 == 0o700
            assert folder.stat().st_uid == os.getuid()
        assert not folder.exists()
        with pytest.raises(UnreachableError):
            made.get("/api")


def test_long_temporary_folder_is_avoided(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket's path is short, and TMPDIR may be long."""
    long = tmp_path / ("x" * 120)
    long.mkdir()
    with serving(asked) as address:
        use_kubectl(monkeypatch, tmp_path, address)
        monkeypatch.setattr("tempfile.tempdir", str(long))
        with opened(Kubectl(), 5) as made:
            assert made.get("/api").status == 200
    assert list(long.iterdir()) == []


def test_server_below_a_path_is_reached(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where one address leads to many clusters."""
    with serving(asked, "/k8s/clusters/c-1") as address:
        use_kubectl(monkeypatch, tmp_path, address)
        with opened(Kubectl(), 5) as made:
            made.get("/api")
    assert [path for _, path, _ in asked] == ["/k8s/clusters/c-1/api"]


def test_proxy_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With kubectl's own words."""
    use_kubectl(monkeypatch, tmp_path, "http://127.0.0.1:1")
    with (
        pytest.raises(ClusterError, match=r"kubectl proxy does not start: .*nobody"),
        opened(Kubectl(context="nobody"), 5),
    ):
        pass


def test_missing_kubectl_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With where to get it."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoKubectlError), opened(Kubectl(), 5):
        pass


def test_server_that_is_silent_is_given_up(gateway: Gateway) -> None:
    """After the time that was given."""
    quick = Gateway(gateway._path, 0.01)  # noqa: SLF001 - the same proxy, with less patience
    with pytest.raises(UnreachableError, match=r"no answer within 0\.01 seconds"):
        quick.get("/silent")
