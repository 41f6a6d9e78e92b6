"""The certificate of a run: found through options, policy, URL or cluster, checked, said once."""

import errno
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sealer.cli.certificates import fetch
from sealer.cli.cluster import deadline, kubectl
from tests.cli.conftest import SECRET
from tests.support import vectors
from tests.support.program import run, write_all

KEYS = vectors.KEYS
PIN = vectors.key_pair("rsa2048").fingerprint
OTHER = vectors.key_pair("peer-a").fingerprint
SHORT = PIN.removeprefix("SHA256:")[:16]


@pytest.fixture
def repository(folder: Path) -> Path:
    """Return a folder with a policy, two clusters and a Secret for each."""
    shutil.copy(KEYS / "peer-a.crt.pem", folder / "peer-a.crt.pem")
    policy = f"""\
version: 1
clusters:
  prod:
    certificate: rsa2048.crt.pem
    fingerprint: {PIN}
    paths: ["prod/**"]
  test:
    certificate: peer-a.crt.pem
    paths: ["test/**"]
default: test
"""
    write_all(folder, {".sealer.yaml": policy, "prod/a/s.yaml": SECRET, "test/s.yaml": SECRET})
    return folder


def test_seal_takes_the_cluster_of_each_file(repository: Path) -> None:
    """A folder may hold files of several clusters; unpinned certificates are said aloud, once."""
    write_all(repository, {"test/t.yaml": SECRET})
    done = run("seal", "-d", "out", "prod", "test/s.yaml", "test/t.yaml")
    assert done.code == 0, done.err
    prod, test = (repository / "out" / name for name in ("a/s.yaml", "s.yaml"))
    assert "password: AQ" in prod.read_text()
    assert "password: Ag" in test.read_text()
    assert done.err.count("sealing with the certificate from") == 1
    assert "sealing with the certificate from peer-a.crt.pem: key " in done.err


def test_seal_says_a_pinned_certificate_under_v_only(repository: Path) -> None:
    """What is pinned needs no words; who wants to know asks."""
    assert "sealing with" not in run("seal", "prod/a/s.yaml").err
    done = run("seal", "-v", str(repository / "prod" / "a" / "s.yaml"))
    assert (
        f"sealing with the certificate from rsa2048.crt.pem: key {SHORT}, valid until" in done.err
    )


def test_seal_finds_the_policy_from_within_the_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths of the policy are relative to it, wherever one stands."""
    monkeypatch.chdir(repository / "prod" / "a")
    done = run("seal", "s.yaml", "-v")
    assert done.code == 0
    assert "from ../../rsa2048.crt.pem: key" in done.err


def test_seal_of_standard_input_goes_by_the_target(repository: Path) -> None:
    """Standard input has no path; the file that is written has one, else the default counts."""
    (repository / "prod").mkdir(exist_ok=True)
    run("seal", "-w", "prod/new.yaml", stdin=SECRET.encode())
    assert "password: AQ" in (repository / "prod" / "new.yaml").read_text()
    assert b"password: Ag" in run("seal", stdin=SECRET.encode()).out


def test_seal_of_a_file_outside_goes_by_the_output(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The plain Secret lies elsewhere; the sealed one is for the cluster of its place, pin too."""
    outside = tmp_path_factory.mktemp("outside") / "s.yaml"
    outside.write_text(SECRET)
    assert run("seal", str(outside), "-w", "prod/new.yaml").code == 0
    assert run("seal", str(outside.parent), "-d", "prod/all").code == 0
    assert run("seal", str(outside), "-w", "new.yaml").code == 0
    names = ("prod/new.yaml", "prod/all/s.yaml", "new.yaml")
    written = [(repository / name).read_text() for name in names]
    assert ["password: AQ" in text for text in written] == [True, True, False]
    done = run("seal", str(outside), "-w", "prod/new.yaml", "--cert", "peer-a.crt.pem")
    assert done.code == 4
    assert run("seal", "test/s.yaml", "-w", "prod/new.yaml").code == 0
    assert "password: Ag" in (repository / "prod" / "new.yaml").read_text()


@pytest.mark.parametrize("arguments", [("--cert", "peer-a.crt.pem"), ("--cluster", "test")])
def test_seal_with_another_certificate_than_the_pinned_is_refused(
    repository: Path, arguments: tuple[str, ...]
) -> None:
    """The pin of the path binds every source; both fingerprints are told."""
    done = run("seal", str(repository / "prod/a/s.yaml"), "test/s.yaml", *arguments)
    assert (done.code, done.out) == (4, b"")
    assert PIN in done.err
    assert OTHER in done.err


def test_seal_with_either_of_two_pinned_keys(repository: Path) -> None:
    """While a key is renewed, the old and the new one are both pinned."""
    text = (repository / ".sealer.yaml").read_text()
    pins = text.replace(f"fingerprint: {PIN}", f"fingerprint: [{PIN}, '{OTHER}']")
    write_all(repository, {".sealer.yaml": pins})
    for name in ("rsa2048.crt.pem", "peer-a.crt.pem"):
        assert run("seal", "prod/a/s.yaml", "--cert", name).code == 0


def test_seal_with_a_policy_of_the_input_before_that_of_the_folder(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked for upwards from the input, then upwards from where one stands."""
    write_all(repository, {"prod/a/.sealer.yaml": "version: 1\n", "elsewhere/x.yaml": SECRET})
    done = run("seal", "prod/a/s.yaml", "--cluster", "test")
    assert done.code == 2
    assert "there is no cluster test" in done.err
    monkeypatch.chdir(repository / "elsewhere")
    assert b"password: Ag" in run("seal", stdin=SECRET.encode()).out


def test_seal_with_the_environments_certificate_comes_after_a_typed_cluster(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is typed wins over what is set, whatever it names."""
    monkeypatch.setenv("SEALER_CERT", str(repository / "peer-a.crt.pem"))
    assert b"password: AQ" in run("seal", "secret.yaml", "--cluster", "prod").out
    assert b"password: Ag" in run("seal", "secret.yaml").out


def test_seal_with_an_unknown_cluster_names_the_known(repository: Path) -> None:
    """Wrong usage, with what could have been meant."""
    done = run("seal", str(repository / "secret.yaml"), "--cluster", "stage")
    assert done.code == 2
    assert "hint: known are prod, test" in done.err


def test_seal_with_a_broken_policy_tells_its_line(repository: Path) -> None:
    """A policy that cannot be read is never passed over."""
    write_all(repository, {".sealer.yaml": "version: 1\nclusterz: {}\ndefault: x\n"})
    done = run("seal", "prod/a/s.yaml", "--cert", "rsa2048.crt.pem")
    assert done.code == 3
    assert "error: .sealer.yaml:2:1: there is no setting clusterz here" in done.err
    assert "error: .sealer.yaml:3:10: there is no cluster x" in done.err


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.symlink_to("nowhere.yaml"), "a link to nowhere.yaml: mend or remove it"),
        (lambda path: path.symlink_to(path.name), "cannot be read: Too many levels"),
        (lambda path: path.mkdir(), "the policy is a folder"),
        (os.mkfifo, "the policy is no file"),
    ],
)
@pytest.mark.parametrize("path", ["prod/a/s.yaml", "-"])
def test_seal_with_a_policy_that_cannot_be_read_is_refused(
    repository: Path, make: Callable[[Path], None], said: str, path: str
) -> None:
    """It is there, and may pin: it is never passed over."""
    (repository / ".sealer.yaml").unlink()
    make(repository / ".sealer.yaml")
    done = run("seal", path, "--cert", "rsa2048.crt.pem", stdin=SECRET.encode())
    assert (done.code, done.out) == (3, b"")
    assert "error: .sealer.yaml: " in done.err
    assert said in done.err


@pytest.mark.parametrize("refused", ["lstat", "open"])
def test_seal_with_a_policy_that_may_not_be_read_is_refused(
    repository: Path, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when its folder may not be searched nor when the file may not be opened."""
    real = getattr(Path, refused)

    def refuse(self: Path, *arguments: object) -> object:
        if self.name == ".sealer.yaml":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real(self, *arguments)

    monkeypatch.setattr(Path, refused, refuse)
    done = run("seal", str(repository / "prod/a/s.yaml"), "--cert", "rsa2048.crt.pem")
    assert (done.code, done.out) == (3, b"")
    assert ".sealer.yaml: cannot be read: Permission denied" in done.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root: chown")
def test_seal_with_a_policy_link_that_anyone_could_have_put_there_is_refused(
    repository: Path,
) -> None:
    """The link's owner chooses the policy, whoever owns the file that it leads to."""
    (repository / ".sealer.yaml").rename(repository / "real.yaml")
    (repository / ".sealer.yaml").symlink_to("real.yaml")
    os.chown(repository / ".sealer.yaml", 12345, -1, follow_symlinks=False)
    repository.chmod(0o1777)
    done = run("seal", "prod/a/s.yaml")
    assert done.code == 3
    assert "the policy belongs to another user" in done.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root: chown")
def test_seal_with_a_policy_that_anyone_could_have_put_there_is_refused(repository: Path) -> None:
    """Another user's policy in a folder like /tmp would choose who can read what is sealed."""
    os.chown(repository / ".sealer.yaml", 12345, -1)
    assert run("seal", "prod/a/s.yaml").code == 0
    repository.chmod(0o1777)
    done = run("seal", "prod/a/s.yaml")
    assert done.code == 3
    assert "the policy belongs to another user" in done.err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        (
            "expired.crt.pem",
            4,
            "/expired.crt.pem: failed to encrypt using an expired certificate on",
        ),
        ("ec.crt.pem", 4, "expected RSA public key but found"),
        ("empty.crt.pem", 4, "the file is empty"),
        ("no-such.pem", 4, "No such file or directory"),
        ("indented.crt.pem", 4, "indented"),
        ("utf16.crt.pem", 0, ""),
        ("der.crt", 0, ""),
        ("crlf.crt.pem", 0, ""),
        ("text-around.crt.pem", 0, ""),
    ],
)
def test_seal_with_certificates_of_every_kind(name: str, code: int, said: str) -> None:
    """Unusable ones are code 4 and say why; odd but good ones work."""
    done = run("seal", "secret.yaml", "--cert", str(KEYS / name))
    assert done.code == code
    assert said in done.err
    assert bool(done.out) is (code == 0)


@pytest.mark.usefixtures("folder")
def test_seal_with_an_expired_certificate_tells_the_ways_out() -> None:
    """A new one, or the option that takes it as it is."""
    done = run("seal", "secret.yaml", "--cert", str(KEYS / "expired.crt.pem"))
    assert "sealer cert fetch; or use it all the same: --allow-expired" in done.err


@pytest.mark.usefixtures("folder")
def test_seal_with_an_expired_certificate_can_be_meant() -> None:
    """It works, with a warning."""
    done = run("seal", "secret.yaml", "--cert", str(KEYS / "expired.crt.pem"), "--allow-expired")
    assert done.code == 0
    assert "warning: " in done.err
    assert "the certificate expired on" in done.err


@pytest.mark.usefixtures("folder")
def test_seal_with_a_certificate_from_standard_input() -> None:
    """`--cert -` reads it, when the Secret comes from a file."""
    data = (KEYS / "rsa2048.crt.pem").read_bytes()
    done = run("seal", "secret.yaml", "--cert", "-", stdin=data)
    assert done.code == 0
    assert "the certificate from standard input" in done.err


def test_seal_with_bad_input_and_bad_certificate_tells_both(folder: Path) -> None:
    """All faults of a run; unusable input goes first."""
    write_all(folder, {"bad.yaml": "a: [\n"})
    done = run("seal", "bad.yaml", "secret.yaml", "config.yaml", "--cert", "no-such.pem")
    assert done.code == 3
    assert "error: bad.yaml:2:1" in done.err
    assert done.err.count("no-such.pem: cannot be read") == 1


class _Answers(BaseHTTPRequestHandler):
    """Serves a certificate under one path, and faults under others."""

    def do_GET(self) -> None:
        """Answer by path."""
        if self.path == "/cert.pem":
            self._send(HTTPStatus.OK, (KEYS / "rsa2048.crt.pem").read_bytes())
        elif self.path == "/moved":
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", "/cert.pem")
            self.end_headers()
        elif self.path == "/large":
            self._send(HTTPStatus.OK, b"x" * (fetch.MAXIMUM_SIZE + 1))
        else:
            self._send(HTTPStatus.NOT_FOUND, b"no")

    def _send(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """Serve on loopback, and return the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("path", ["/cert.pem", "/moved"])
def test_seal_with_a_certificate_from_a_url(server: str, path: str) -> None:
    """It is fetched; plain http without a pin is warned of."""
    done = run("seal", "secret.yaml", "--cert", server + path)
    assert done.code == 0, done.err
    assert "came over plain http and no fingerprint is pinned" in done.err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("path", "said"), [("/none", "404"), ("/large", "too large for a certificate")]
)
def test_seal_with_a_url_that_gives_no_certificate(server: str, path: str, said: str) -> None:
    """Code 4, with the address and the answer."""
    done = run("seal", "secret.yaml", "--cert", server + path)
    assert done.code == 4
    assert f'error: cannot fetch "{server}{path}": ' in done.err
    assert said in done.err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("url", ["http://127.0.0.1:1/c", "ftp://example.com/c", "http://["])
def test_seal_with_a_url_that_leads_nowhere(url: str) -> None:
    """Refused connections and addresses that are none."""
    done = run("seal", "secret.yaml", "--cert", url)
    assert done.code == 4
    assert f'error: cannot fetch "{url}": ' in done.err


SERVICE = "/api/v1/namespaces/kube-system/services/sealed-secrets-controller"
PROXY = "/api/v1/namespaces/kube-system/services/http:sealed-secrets-controller:web/proxy"


@pytest.fixture
def kubectl_calls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a kubectl on the path that notes its arguments and answers like a cluster."""
    answer = json.dumps({"spec": {"ports": [{"name": "web"}, {"name": "other"}]}})
    (folder / "bin").mkdir()
    program = folder / "bin" / "kubectl"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {folder}/calls\n'
        f"case \"$*\" in *cert.pem*) cat {KEYS}/rsa2048.crt.pem ;; *) echo '{answer}' ;; esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}/bin:/usr/bin:/bin")
    return folder / "calls"


def test_seal_without_any_certificate_asks_the_cluster(kubectl_calls: Path) -> None:
    """First the Service, for the name of its port, then the certificate behind it."""
    done = run("seal", "secret.yaml")
    assert done.code == 0, done.err
    assert "kube-system/sealed-secrets-controller in the current cluster" in done.err
    assert kubectl_calls.read_text().splitlines() == [
        "config view --minify --raw -o jsonpath={.clusters[0].cluster} --request-timeout=30s",
        f"get --raw {SERVICE} --request-timeout=30s",
        f"get --raw {PROXY}/v1/cert.pem --request-timeout=30s",
    ]


def test_seal_asks_for_the_controller_that_is_named(kubectl_calls: Path) -> None:
    """Names from the options, the context from the policy; and no call without a Secret."""
    policy = "version: 1\nclusters: {prod: {context: prod-admin, controller-name: a}}\n"
    write_all(kubectl_calls.parent, {".sealer.yaml": policy})
    assert run("seal", "config.yaml", "--cluster", "prod").code == 0
    assert not kubectl_calls.exists()
    run("seal", "secret.yaml", "--cluster", "prod", "--controller-namespace", "b")
    first = kubectl_calls.read_text().splitlines()[1]
    path = "/api/v1/namespaces/b/services/a"
    assert first == f"get --raw {path} --request-timeout=30s --context=prod-admin"


def _kubectl(folder: Path, script: str) -> None:
    (folder / "bin" / "kubectl").write_text(f"#!/bin/sh\n{script}\n")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'one' >&2; echo 'services \"x\" not found' >&2; exit 1", 'services "x" not found'),
        ("exit 1", "kubectl failed without a word"),
        ("echo '{}'", "describes no Service with a port"),
        ("echo 'not json'", "describes no Service with a port"),
        ('echo \'{"spec": {"ports": []}}\'', "describes no Service with a port"),
        ("exec sleep 60", "did not answer within"),
    ],
)
def test_seal_when_the_cluster_does_not_answer_says_why(
    kubectl_calls: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    """Code 5, what kubectl said last, and how to go on without the cluster."""
    monkeypatch.setattr(kubectl, "TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(kubectl, "GRACE_SECONDS", 0)
    _kubectl(kubectl_calls.parent, script)
    done = run("seal", "secret.yaml")
    assert (done.code, done.out) == (5, b"")
    assert said in done.err
    assert "--cert FILE" in done.err


def test_seal_asks_a_cluster_that_fails_only_once(kubectl_calls: Path) -> None:
    """A thousand files do not wait for it a thousand times."""
    folder = kubectl_calls.parent
    write_all(folder, {"m/a.yaml": SECRET, "m/b.yaml": SECRET})
    _kubectl(folder, f"echo >> {kubectl_calls}; exit 1")
    assert run("seal", "m").code == 5
    # Which cluster it is, the Service, and what the controller publishes.
    assert len(kubectl_calls.read_text()) == 3


@pytest.mark.parametrize(
    "hangs", ["config", "services/sealed-secrets-controller ", "proxy", "maps"]
)
def test_seal_asks_a_cluster_that_hangs_no_more(
    kubectl_calls: Path, monkeypatch: pytest.MonkeyPatch, hangs: str
) -> None:
    """All that is asked for a certificate has the time of one answer; the last one hangs."""
    monkeypatch.setattr(kubectl, "TIMEOUT_SECONDS", 2.0)
    monkeypatch.setattr(kubectl, "GRACE_SECONDS", 0)
    answer = '{"spec": {"ports": [{}]}}'
    _kubectl(
        kubectl_calls.parent,
        f'echo "$*" >> {kubectl_calls}; case "$*" in *{hangs!r}*) exec sleep 60;; '
        f"*proxy*) echo forbidden >&2; exit 1;; *) echo '{answer}';; esac",
    )
    done = run("seal", "secret.yaml")
    assert (done.code, done.out) == (5, b"")
    last = "configmaps" if hangs == "maps" else hangs
    assert last in kubectl_calls.read_text().splitlines()[-1]
    said = "forbidden" if hangs == "maps" else "did not answer within 2 seconds"
    assert said in done.err


@pytest.mark.usefixtures("kubectl_calls")
def test_deadline_is_shared_by_the_requests_of_a_conversation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What one took the others do not have; whoever logs in at a terminal takes none of it."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    limit = deadline.Deadline(30)
    now[0] += 29
    assert limit.left == 1
    now[0] += 2
    assert limit.left == 0
    limit.restart()
    assert limit.left == 30
    limit.give_up()
    assert limit.left == 0
    assert deadline.Deadline(0).left == float("inf")


def test_seal_without_kubectl_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without kubectl seals with a file."""
    monkeypatch.setenv("PATH", str(folder))
    done = run("seal", "secret.yaml")
    assert done.code == 5
    assert "kubectl is not installed" in done.err
    assert "or name a certificate: --cert FILE" in done.err


def test_seal_when_the_proxy_is_closed_says_so(kubectl_calls: Path) -> None:
    """The Service is there, and the way through it is not open."""
    answer = '{"spec": {"ports": [{}]}}'
    _kubectl(
        kubectl_calls.parent,
        f"case \"$*\" in *proxy*) echo forbidden >&2; exit 1;; *) echo '{answer}';; esac",
    )
    done = run("seal", "secret.yaml")
    assert done.code == 5
    assert "cannot fetch certificate: forbidden" in done.err


def test_fetch_certificate_that_is_none_is_a_key_error(kubectl_calls: Path) -> None:
    """What the cluster gives is read as strictly as a file."""
    answer = '{"spec": {"ports": [{"name": "x"}]}}'
    _kubectl(kubectl_calls.parent, f"echo '{answer}'")
    done = run("seal", "secret.yaml")
    assert done.code == 4
    assert "data does not contain any valid RSA or ECDSA certificates" in done.err


def test_kubectl_of_the_fixture_is_a_program(kubectl_calls: Path) -> None:
    """The fixture itself works outside of the program."""
    command = ["kubectl", "get", "--raw", SERVICE]
    done = subprocess.run(command, check=True, capture_output=True)
    assert json.loads(done.stdout)["spec"]["ports"][0] == {"name": "web"}
    assert kubectl_calls.exists()
