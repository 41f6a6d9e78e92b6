"""Which paths there are depends on where the controller runs, and on what it has loaded."""

import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.controller.folders import make_folders
from tests.controller.process import started

PATHS = ("/v1/verify", "/v1/rotate")


def post(address: str, path: str) -> tuple[int, bytes, str | None]:
    """Send an empty object; return code, body and when to come again."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", data=b"{}", timeout=30) as answer:
            return answer.status, answer.read(), answer.headers["Retry-After"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers["Retry-After"]


@pytest.mark.parametrize("path", PATHS)
def test_on_folders_nothing_can_be_sent(tmp_path: Path, path: str) -> None:
    """There is no API server in front that authorises (controller.md 6)."""
    folders = make_folders(tmp_path)
    with started(*folders.arguments, "--listen-addr", "127.0.0.1:0") as running:
        address = running.until("listening")["address"]
        running.until("listed")
        assert post(address, path)[0] == 404
        assert running.stop() == 0


def test_in_a_cluster_the_limits_are_those_of_the_settings() -> None:
    """Before a key is loaded nothing can be told; the limit counts already."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens, and nobody else can
        server = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with started(
            *("--server", server, "--listen-addr", "127.0.0.1:0", "--listen-metrics-addr", ""),
            *("--rate-limit", "1", "--rate-limit-burst", "1"),
        ) as running:
            address = running.until("listening")["address"]
            for path in PATHS:
                assert post(address, path) == (503, b"", "1")
            assert post(address, PATHS[0])[0] == 503
            assert post(address, PATHS[0]) == (429, b"limit exceeded\n", "1")
            assert running.stop() == 0
