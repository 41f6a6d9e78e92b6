"""A server on a loopback port that answers what a test wants, whatever it is asked."""

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass(frozen=True)
class Answer:
    """What to answer.

    Attributes:
        code: The status.
        body: The body.
        kind: Its type.
        headers: More headers.
    """

    code: int = 200
    body: bytes = b""
    kind: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What was asked: `GET /path?query`, and the body."""

    line: str
    body: bytes


@dataclass
class Canned:
    """A running server.

    Attributes:
        url: Its address.
        answers: The answer to each request, by `METHOD /path` without the query; 404 else.
        requests: Every request so far.
        silent: Set: requests are taken and never answered until the server stops.
    """

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    silent: bool = False


def status(code: int, reason: str, message: str) -> Answer:
    """Return the refusal of an API server."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return Answer(code, json.dumps(body).encode(), "application/json")


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Canned]:
    """Start a server, and stop it in the end.

    Args:
        tls: Serve HTTPS with this.
    """
    stopped = Event()
    canned = Canned("")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self._body()
            canned.requests.append(Request(f"{self.command} {self.path}", body))
            if canned.silent:
                stopped.wait()
                return
            path = self.path.partition("?")[0]
            answer = canned.answers.get(f"{self.command} {path}", Answer(404))
            self.send_response(answer.code)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, text in answer.headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names that the base class wants

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as above
            """Say nothing."""

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        canned.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield canned
        finally:
            stopped.set()
            server.shutdown()
            thread.join()
