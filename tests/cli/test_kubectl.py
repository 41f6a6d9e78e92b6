"""What the real kubectl says when it fails becomes an error of the right type."""

import io
import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealer.cli.cluster import kubectl as module
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
from tests.cli.clusters import use_kubectl
from tests.support.canned import Answer, Canned, serving, status
from tests.support.tls import issue

REAL = pytest.mark.cluster  # needs the kubectl that is built beside the real API server


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canned]:
    """Return a server that the real kubectl asks."""
    with serving() as canned:
        use_kubectl(monkeypatch, tmp_path, canned.url)
        yield canned


@REAL
def test_get_returns_the_bytes_as_they_are(server: Canned) -> None:
    """Neither parsed nor decoded."""
    server.answers["GET /a"] = Answer(body=b"\xff\x00\n\n")
    assert Kubectl().get("/a") == b"\xff\x00\n\n"


@REAL
@pytest.mark.parametrize(("verb", "method"), [("post", "POST"), ("put", "PUT")])
def test_body_goes_through_a_pipe(server: Canned, verb: str, method: str) -> None:
    """Large bodies too, byte for byte."""
    body = b'{"a": "' + b"x" * 1_000_000 + b'"}'
    server.answers[f"{method} /a"] = Answer(201, b"done")
    assert getattr(Kubectl(), verb)("/a", body) == b"done"
    assert server.requests[-1].body == body


@REAL
@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (status(401, "Unauthorized", "token expired"), LoginError, "token expired"),
        (Answer(401), LoginError, "You must be logged in"),
        (status(403, "Forbidden", 'secrets is forbidden: User "x"'), ForbiddenError, 'User "x"'),
        (Answer(403), ForbiddenError, "Forbidden"),
        (status(404, "NotFound", 'services "x" not found'), NotFoundError, 'services "x"'),
        (Answer(404), NotFoundError, "could not find"),
        (Answer(409), ConflictError, "conflict"),
        (status(409, "Conflict", "modified"), ConflictError, "modified"),
        (status(409, "AlreadyExists", "exists"), ConflictError, "exists"),
        (Answer(429), TooManyRequestsError, "too many requests"),
        (Answer(429, b"limit exceeded\n"), TooManyRequestsError, "too many requests"),
        (Answer(500), ServerFaultError, "an error on the server"),
        (Answer(500, b"cannot get certificate"), ServerFaultError, "cannot get certificate"),
        (Answer(502), ServerFaultError, "an error on the server"),
        (Answer(503), ServerFaultError, "unable to handle"),
        (Answer(504), ServerFaultError, "time"),
        (Answer(400, b"bad"), ClusterError, "rejected our request"),
        (Answer(405), ClusterError, "does not allow this method"),
        (Answer(413), ClusterError, "413"),
    ],
)
def test_refusal_of_a_get_becomes_its_type(
    server: Canned, answer: Answer, kind: type[ClusterError], said: str
) -> None:
    """Whether the API server answered, or something behind its proxy with nothing but a code."""
    server.answers["GET /a"] = answer
    with pytest.raises(ClusterError) as caught:
        Kubectl().get("/a")
    assert type(caught.value) is kind
    assert said in caught.value.message


@REAL
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, ConflictError),
        (429, TooManyRequestsError),
        (500, ServerFaultError),
        (400, ClusterError),
    ],
)
def test_refusal_of_a_post_becomes_its_type(
    server: Canned, code: int, kind: type[ClusterError]
) -> None:
    """A bare code, as the controller answers; kubectl names some of them otherwise than for GET."""
    server.answers["POST /a"] = Answer(code)
    with pytest.raises(ClusterError) as caught:
        Kubectl().post("/a", b"{}")
    assert type(caught.value) is kind


@REAL
def test_post_that_is_limited_is_not_tried_again(server: Canned) -> None:
    """Kubectl waits and tries again by itself only where there is no body."""
    server.answers["POST /a"] = Answer(429, headers={"Retry-After": "1"})
    with pytest.raises(TooManyRequestsError):
        Kubectl().post("/a", b"{}")
    assert len(server.requests) == 1


@REAL
def test_nobody_there_is_unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection, with a way to find out more."""
    use_kubectl(monkeypatch, tmp_path, "http://127.0.0.1:1")
    with pytest.raises(UnreachableError) as caught:
        Kubectl().get("/a")
    assert "kubectl version" in caught.value.hint


@REAL
@pytest.mark.parametrize("verb", ["get", "post"])
def test_silence_ends(server: Canned, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """Kubectl gives up after the time that it was given, and the message says how long."""
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.5)
    server.silent = True
    with pytest.raises(UnreachableError, match=r"did not answer within 0\.5 seconds"):
        Kubectl().get("/a") if verb == "get" else Kubectl().post("/a", b"{}")


@REAL
def test_untrusted_server_is_unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent to a server whose certificate nobody vouches for."""
    issued = issue("127.0.0.1")
    (tmp_path / "tls.pem").write_bytes(issued.pem + issued.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.pem")
    with serving(context) as canned:
        use_kubectl(monkeypatch, tmp_path, canned.url)
        with pytest.raises(UnreachableError, match="certificate"):
            Kubectl().get("/a")
        assert canned.requests == []


@REAL
def test_context_and_kubeconfig_that_do_not_exist_are_told(server: Canned, tmp_path: Path) -> None:
    """As unreachable: there is no cluster to ask."""
    assert server.url
    with pytest.raises(UnreachableError, match='context "nope" does not exist'):
        Kubectl("nope").get("/a")
    with pytest.raises(UnreachableError, match="no such file"):
        Kubectl(kubeconfig=str(tmp_path / "nope")).get("/a")
    (tmp_path / "broken").write_text("a: [")
    with pytest.raises(UnreachableError, match="error loading config file"):
        Kubectl(kubeconfig=str(tmp_path / "broken")).get("/a")


@REAL
def test_login_program_that_is_missing_is_a_login_error(server: Canned, tmp_path: Path) -> None:
    """The plugin of a cloud that is not installed here."""
    config = tmp_path / "exec"
    config.write_text(
        f"""\
apiVersion: v1
kind: Config
current-context: a
contexts: [{{name: a, context: {{cluster: a, user: a}}}}]
clusters: [{{name: a, cluster: {{server: "{server.url.replace("http:", "https:")}"}}}}]
users:
- name: a
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: no-such-login
      interactiveMode: Never
"""
    )
    with pytest.raises(LoginError, match="no-such-login"):
        Kubectl(kubeconfig=str(config)).get("/a")


@REAL
def test_cluster_without_credentials_is_a_login_error(
    server: Canned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kubectl would ask for a name and a password; on a terminal too, nobody has to answer."""
    config = tmp_path / "bare"
    url = server.url.replace("http:", "https:")
    config.write_text(
        "{apiVersion: v1, kind: Config, current-context: a, users: [],"
        " contexts: [{name: a, context: {cluster: a}}],"
        f" clusters: [{{name: a, cluster: {{server: '{url}'}}}}]}}"
    )
    with pytest.raises(LoginError, match="no credentials for the cluster"):
        Kubectl(kubeconfig=str(config)).get("/a")
    program = tmp_path / "kubectl"
    program.write_text("#!/bin/sh\nprintf 'Please enter Username: '\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr("sys.stdin", Shown(tmp_path / "x"))
    monkeypatch.setattr("sys.stderr", Shown(tmp_path / "x"))
    with pytest.raises(LoginError, match="no credentials for the cluster"):
        Kubectl().get("/a")


@REAL
def test_more_arguments_are_passed_on(server: Canned) -> None:
    """Such as those that kubeseal shares with kubectl."""
    server.answers["GET /a"] = Answer(body=b"yes")
    other = Kubectl(arguments=(f"--server={server.url}", "--as=somebody"))
    assert other.get("/a") == b"yes"


def test_without_kubectl_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is missing, and where to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoKubectlError, match="kubectl is not installed") as caught:
        Kubectl().get("/a")
    assert "https://kubernetes.io" in caught.value.hint


def test_kubectl_that_cannot_be_started_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file of the name that is no program."""
    (tmp_path / "kubectl").write_text("")
    (tmp_path / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoKubectlError, match="cannot be started: Exec format error"):
        Kubectl().get("/a")


@pytest.mark.parametrize(
    "said",
    [
        "Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout",
        (
            "Unable to connect to the server: dial tcp: lookup k.example on 10.0.0.2:53: read udp "
            "10.0.0.3:5353->10.0.0.2:53: i/o timeout"
        ),
        "Unable to connect to the server: net/http: TLS handshake timeout",
        'error: Get "https://10.0.0.1/x": dial tcp 10.0.0.1:443: connect: network is unreachable',
        (
            'Get "https://10.0.0.1/x": dial tcp 10.0.0.1:443: i/o timeout (Client.Timeout exceeded '
            "while awaiting headers)"
        ),
    ],
)
def test_connection_that_is_not_made_is_told_in_the_words_of_kubectl(said: str) -> None:
    """They name the address; how long was waited for it is kubectl's own affair."""
    error = module.error_of(f"{said}\n", 30)
    assert isinstance(error, UnreachableError)
    assert error.message == said.removeprefix("error: ")


@pytest.mark.parametrize(
    "said",
    [
        (
            "Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded "
            "while awaiting headers)"
        ),
        "Unable to connect to the server: context deadline exceeded",
    ],
)
def test_answer_that_does_not_come_is_told_with_the_time(said: str) -> None:
    """The limit is ours."""
    error = module.error_of(said, 30)
    assert isinstance(error, UnreachableError)
    assert error.message == "the cluster did not answer within 30 seconds"


def test_kubectl_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Such as one that waits for a login which nobody sees."""
    monkeypatch.setattr(module, "GRACE_SECONDS", 0)
    (tmp_path / "kubectl").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(UnreachableError, match=r"did not answer within 0\.2 seconds"):
        Kubectl(timeout=0.2).get("/a")


def test_login_that_asks_is_seen_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the login says is shown while kubectl waits, and the login may take its time."""
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(module, "GRACE_SECONDS", 0)
    os.mkfifo(tmp_path / "answered")
    program = tmp_path / "kubectl"
    program.write_text(
        f"#!/bin/sh\necho 'open the \033[1mpage' >&2\nread -r x < {tmp_path}/answered\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    shown = Shown(tmp_path / "answered")
    monkeypatch.setattr("sys.stdin", shown)
    monkeypatch.setattr("sys.stderr", shown)
    assert Kubectl(timeout=0.01).get("/a") == b""
    assert shown.getvalue() == "open the \\x1b[1mpage\n"


class Shown(io.StringIO):
    """A terminal; whoever reads the first line on it answers."""

    def __init__(self, answer: Path) -> None:
        super().__init__()
        self._answer = answer

    def isatty(self) -> bool:
        """Tell that somebody is there."""
        return True

    def write(self, text: str) -> int:
        """Show a text, and let the login go on."""
        written = super().write(text)
        if text.endswith("\n"):
            self._answer.write_text("yes\n")
        return written


@pytest.mark.parametrize(
    ("stderr", "kind", "message"),
    [
        ("", ClusterError, "kubectl failed without a word"),
        ("W1121 deprecated\nerror: something else\n", ClusterError, "something else"),
        (
            'E1121 memcache.go:265] "Unhandled"\nError from server (Forbidden): no\n',
            ForbiddenError,
            "no",
        ),
        ("Error from server (NotFound): one\ntwo\n", NotFoundError, "one two"),
        ("Error from server (Invented): a\n", ClusterError, "a"),
        ("Error from server: a\n", ClusterError, "a"),
        (
            "Unable to connect to the server: dial tcp: lookup a.invalid: no such host",
            UnreachableError,
            "Unable to connect to the server: dial tcp: lookup a.invalid: no such host",
        ),
        ("error: a" + "x" * 1000, ClusterError, "a" + "x" * 299),
    ],
)
def test_last_words_are_found(stderr: str, kind: type[ClusterError], message: str) -> None:
    """Among warnings and logs, and never more than a line or two."""
    error = error_of(stderr)
    assert (type(error), error.message) == (kind, message)


def test_quoted_body_is_left_out() -> None:
    """Old API servers quote what they cannot parse, which may be a private key."""
    stderr = (
        "Error from server (BadRequest): cannot be handled as a Secret: illegal base64 data at "
        'input byte 4, error found in #10 byte of ...|"tls.key":"hunter2"|..., bigger context'
    )
    error = error_of(stderr)
    assert "illegal base64 data at input byte 4" in error.message
    assert "hunter2" not in error.message


@REAL
def test_kubectl_of_these_tests_is_the_real_one(server: Canned) -> None:
    """No stand-in."""
    assert server.url
    done = subprocess.run(["kubectl", "version", "--client"], check=True, capture_output=True)
    assert b"Client Version: v1." in done.stdout
