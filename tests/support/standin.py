"""An API server with a controller behind its service proxy, for what the command line asks of them.

Only the specified answers are here (compat.md 3.4 and 4.3, controller.md 6): the Service, the
certificate, verify, rotate, and SealedSecrets that were applied. What goes wrong is put first.
"""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sealer.envelope import open_value, seal_value
from sealer.errors import SealedValueError
from sealer.manifest import SealedSecret, read_sealed_secret
from sealer_keys.keyring import Keyring

_SERVICE = "/api/v1/namespaces/kube-system/services/sealed-secrets-controller"
_PROXY = "/api/v1/namespaces/kube-system/services/http:sealed-secrets-controller:http/proxy"
_APPLIED = "/apis/bitnami.com/v1alpha1/namespaces/"


@dataclass(frozen=True)
class Answer:
    """An answer of the server.

    Attributes:
        code: The HTTP status.
        body: What comes with it.
        retry_after: Seconds; 0 sends no such header.
    """

    code: int = 200
    body: bytes = b""
    retry_after: int = 0


@dataclass
class StandIn:
    """What the server knows and was asked.

    Attributes:
        keyring: The controller's keys.
        is_original: Rotate seals everything anew, and its answer lacks apiVersion and kind.
        applied: SealedSecrets in the cluster by `NAMESPACE/NAME`, as JSON values.
        planned: Answers to the next requests whose path ends so, in the place of the right ones.
        asked: The path of every request, from the proxy's on where it goes through that.
        bodies: The objects that were posted, as JSON values.
        url: Where it listens.
    """

    keyring: Keyring
    is_original: bool = False
    applied: dict[str, dict[str, Any]] = field(default_factory=dict)
    planned: dict[str, deque[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def plan(self, path: str, *answers: Answer) -> None:
        """Put answers in the place of the next right ones."""
        self.planned.setdefault(path, deque()).extend(answers)

    def answer(self, target: str, body: bytes) -> Answer:
        """Return the answer to a request."""
        parts = urlsplit(target)
        path = parts.path.removeprefix(_PROXY)
        # kubectl adds how long it waits.
        query = parts.query.removesuffix("timeout=30s").removesuffix("&")
        self.asked.append(path + (f"?{query}" if query else ""))
        if body:
            self.bodies.append(json.loads(body))
        if self.planned.get(path):
            return self.planned[path].popleft()
        return self._right_answer(path, parts.query, body)

    def _right_answer(self, path: str, query: str, body: bytes) -> Answer:
        if path.startswith(_APPLIED):
            namespace, _, name = path.removeprefix(_APPLIED).split("/")
            found = self.applied.get(f"{namespace}/{name}")
            return _json(found) if found else status(404, "NotFound", f'"{name}" not found')
        match path:
            case "/v1/cert.pem":
                return Answer(body=self.keyring.certificate.pem)
            case "/v1/verify":
                return Answer(200 if self._opens(_read(body)) else 409)
            case "/v1/rotate":
                return self._rotate(body, only_outdated="only-outdated" in parse_qs(query))
            case _ if path == _SERVICE:
                return _json({"kind": "Service", "spec": {"ports": [{"name": "http"}]}})
        return status(404, "NotFound", "nothing is served here")

    def _opens(self, sealed: SealedSecret) -> bool:
        try:
            for text in sealed.encrypted_data.values():
                open_value(text, self.keyring, sealed.identity)
        except SealedValueError:
            return False
        return True

    def _rotate(self, body: bytes, *, only_outdated: bool) -> Answer:
        sealed = _read(body)
        if not self._opens(sealed):
            return Answer(500)
        newest = self.keyring.certificate
        values = {}
        for item, text in sealed.encrypted_data.items():
            opened = open_value(text, self.keyring, sealed.identity)
            is_done = opened.key == newest.fingerprint and only_outdated and not self.is_original
            values[item] = (
                text
                if is_done
                else seal_value(opened.plaintext, newest.public_key, sealed.identity)
            )
        rotated = json.loads(body)
        rotated["spec"]["encryptedData"] = values
        if self.is_original:
            del rotated["kind"], rotated["apiVersion"]
            rotated["spec"]["template"]["metadata"]["labels"] = {"not": "to-be-taken"}
        return _json(rotated)


def status(code: int, reason: str, message: str) -> Answer:
    """Return a refusal of the API server itself."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return _json({**body, "reason": reason, "message": message}, code)


@contextmanager
def running(standin: StandIn) -> Iterator[StandIn]:
    """Serve on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do(b"")

        def do_POST(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":  # as kubectl sends what it reads
                self._do(b"".join(iter(self._chunk, b"")))
            else:
                self._do(self.rfile.read(int(self.headers["Content-Length"])))

        def _chunk(self) -> bytes:
            chunk = self.rfile.read(int(self.rfile.readline(), 16))
            self.rfile.readline()
            return chunk

        def _do(self, body: bytes) -> None:
            answer = standin.answer(self.path, body)
            self.send_response(answer.code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            if answer.retry_after:
                self.send_header("Retry-After", str(answer.retry_after))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        standin.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield standin
        finally:
            server.shutdown()
            thread.join()


def kubeconfig(url: str) -> str:
    """Return a kubeconfig of a server that asks for no credentials."""
    return f"""\
apiVersion: v1
kind: Config
current-context: test
clusters: [{{name: test, cluster: {{server: "{url}"}}}}]
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
users: [{{name: test, user: {{token: test}}}}]
"""


def _json(value: object, code: int = 200) -> Answer:
    return Answer(code, json.dumps(value).encode())


def _read(body: bytes) -> SealedSecret:
    return read_sealed_secret(json.loads(body))
