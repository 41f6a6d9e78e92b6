"""`--fetch-cert`, `--validate` and `--re-encrypt`: the controller is asked through kubectl."""

import json
from pathlib import Path

import pytest

from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.cli.kubeseal.calls import CERT, kubeseal, manifests, opened, secret
from tests.cli.reseal.conftest import seal, sealers
from tests.support import vectors
from tests.support.program import snapshot
from tests.support.standin import Answer, StandIn, status

VERIFY, ROTATE = "/v1/verify", "/v1/rotate"


def _stream(*names: str) -> str:
    texts = [kubeseal(*CERT, "-o", "yaml", stdin=secret(name)).out.decode() for name in names]
    return "".join(texts)


def test_fetch_gives_the_newest_certificate(cluster: StandIn, repository: Path) -> None:
    """As the controller serves it; `-w` writes it into a file."""
    done = kubeseal("--fetch-cert")
    assert (done.code, done.err) == (0, "")
    assert done.out == cluster.keyring.certificate.pem
    assert kubeseal("--fetch-cert", "-w", "fetched.pem").out == b""
    assert (repository / "fetched.pem").read_bytes() == done.out


def test_fetch_refuses_what_is_no_certificate(cluster: StandIn, repository: Path) -> None:
    """Nothing is printed, and a file stays what it was."""
    before = snapshot(repository)
    for arguments in ((), ("-w", "old.pem")):
        cluster.plan("/v1/cert.pem", Answer(body=b"<html>"))
        done = kubeseal("--fetch-cert", *arguments)
        assert (done.code, done.out) == (1, b"")
        assert "data does not contain any valid RSA or ECDSA certificates" in done.err
    assert kubeseal("--fetch-cert", "--cert", "kubeconfig").code == 1
    assert snapshot(repository) == before


def test_fetch_from_a_file_asks_no_cluster(cluster: StandIn, repository: Path) -> None:
    """The bytes are those of the file."""
    done = kubeseal("--fetch-cert", "--cert", "old.pem")
    assert done.out == (repository / "old.pem").read_bytes()
    assert cluster.asked == []


def test_seal_with_the_certificate_of_the_controller(
    cluster: StandIn, both: Keyring, new: KeyPair
) -> None:
    """Its newest key seals."""
    done = kubeseal(stdin=secret())
    assert done.code == 0, done.err
    assert opened(done.out, Keyring([new])) == opened(done.out, both)
    assert cluster.asked[-1] == "/v1/cert.pem"


def test_controller_that_is_not_found_is_told_with_its_flags(cluster: StandIn) -> None:
    """In the original's words; the flags that name it are named."""
    for arguments in ((), ("--validate",), ("--re-encrypt",), ("--fetch-cert",)):
        done = kubeseal(*arguments, "--controller-name", "other", stdin=_stream("a"))
        assert (done.code, done.out) == (1, b"")
        assert done.err.startswith("error: cannot get sealed secret service: ")
        assert "--controller-name and --controller-namespace" in done.err
    assert all(path.endswith("/other") for path in cluster.asked if "services" in path)


@pytest.mark.usefixtures("home")
def test_controller_without_a_kubectl_is_told() -> None:
    """The same way."""
    done = kubeseal("--validate", stdin=_stream("a"))
    assert done.code == 1
    assert done.err.startswith("error: cannot get sealed secret service: kubectl is not installed")


def test_certificate_that_cannot_be_fetched_is_told(cluster: StandIn) -> None:
    """In the original's words."""
    cluster.plan("/v1/cert.pem", status(503, "ServiceUnavailable", "no endpoints available"))
    done = kubeseal(stdin=secret())
    assert (done.code, done.out) == (1, b"")
    assert done.err.startswith("error: cannot fetch certificate: ")


def test_validate_says_nothing_where_all_open(cluster: StandIn) -> None:
    """One question for each object."""
    done = kubeseal("--validate", stdin=_stream("a", "b"))
    assert (done.code, done.out, done.err) == (0, b"", "")
    assert cluster.asked.count(VERIFY) == 2
    assert [body["metadata"]["name"] for body in cluster.bodies] == ["a", "b"]


def test_validate_names_every_object_that_does_not_open(cluster: StandIn) -> None:
    """All are asked about."""
    text = _stream("a", "b", "c")
    for name in ("a", "c"):
        text = text.replace(f"name: {name}\n", f"name: {name}2\n")
    done = kubeseal("--validate", stdin=text)
    assert (done.code, done.out) == (1, b"")
    errors = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert errors == [f"error: unable to decrypt sealed secret: {name}" for name in ("a2", "c2")]
    assert cluster.asked.count(VERIFY) == 3


@pytest.mark.parametrize("text", ["", "# none\n", "a: [\n", "a: {{ .x }}\n"])
@pytest.mark.usefixtures("cluster")
def test_validate_of_nothing_is_an_error(text: str) -> None:
    """The original is content with it."""
    done = kubeseal("--validate", stdin=text)
    assert (done.code, done.out) == (1, b"")
    assert done.err.startswith("error: unable to decrypt sealed secret\n")


def test_validate_of_a_stream_with_a_malformed_document_is_an_error(cluster: StandIn) -> None:
    """Before anything is asked."""
    done = kubeseal("--validate", stdin=_stream("a") + "---\na: [\n")
    assert done.code == 1
    assert "did not find expected node content" in done.err
    assert VERIFY not in cluster.asked


def test_validate_waits_for_a_controller_that_is_busy(
    cluster: StandIn, pauses: list[float]
) -> None:
    """And goes on."""
    cluster.plan(VERIFY, *[Answer(429, b"limit exceeded")] * 3)
    assert kubeseal("--validate", stdin=_stream("a", "b")).code == 0
    assert pauses == [0.5, 1.0, 2.0]


def test_validate_that_gets_no_answer_says_why(cluster: StandIn) -> None:
    """In the original's words; what concerns all objects is said once."""
    cluster.plan(VERIFY, status(500, "InternalError", "broken"), Answer())
    done = kubeseal("--validate", stdin=_stream("a", "b"))
    assert done.code == 1
    assert done.err.startswith("error: cannot validate sealed secret: ")
    cluster.plan(VERIFY, *[status(403, "Forbidden", "may not")] * 2)
    done = kubeseal("--validate", stdin=_stream("a", "b"))
    assert done.err.count("error: ") == 1


@pytest.mark.parametrize("flag", ["--re-encrypt", "--rotate"])
@pytest.mark.parametrize("is_original", [False, True])
def test_re_encrypt_seals_with_the_newest_key_and_nothing_else(
    cluster: StandIn, both: Keyring, new: KeyPair, flag: str, *, is_original: bool
) -> None:
    """The output differs, opens, and keeps template and scope, whatever the controller adds."""
    cluster.is_original = is_original
    before = kubeseal(*CERT, stdin=secret(more="labels: {l: x}")).out
    done = kubeseal(flag, stdin=before)
    assert done.code == 0, done.err
    assert opened(done.out, Keyring([new])) == opened(before, both)
    old, renewed = manifests(before)[0], manifests(done.out)[0]
    assert old["spec"].pop("encryptedData") != renewed["spec"].pop("encryptedData")
    assert old == renewed
    assert cluster.asked.count(ROTATE) == 1


def test_re_encrypt_keeps_the_scope_when_the_template_claims_a_wider_one(
    cluster: StandIn, new: KeyPair
) -> None:
    """The template is left as it was, and is not sent."""
    (manifest,) = manifests(kubeseal(*CERT, stdin=secret()).out)
    wide = {"sealedsecrets.bitnami.com/cluster-wide": "true"}
    manifest["spec"]["template"]["metadata"]["annotations"] = wide
    done = kubeseal("--re-encrypt", stdin=json.dumps(manifest))
    (renewed,) = manifests(done.out)
    assert "annotations" not in renewed["metadata"]
    assert renewed["spec"]["template"] == manifest["spec"]["template"]
    assert opened(done.out, Keyring([new]))
    assert cluster.bodies[0]["spec"]["template"]["metadata"].get("annotations") != wide


def test_re_encrypt_leaves_out_what_the_server_sets(cluster: StandIn) -> None:
    """An object that comes from the cluster can be applied again."""
    (manifest,) = manifests(kubeseal(*CERT, stdin=secret()).out)
    manifest["metadata"] |= {"creationTimestamp": "2026-01-01T00:00:00Z", "generation": 3}
    manifest["spec"]["template"]["metadata"]["creationTimestamp"] = None
    manifest["spec"]["template"]["data"] = None
    (renewed,) = manifests(kubeseal("--re-encrypt", stdin=json.dumps(manifest)).out)
    assert renewed["metadata"] == {"name": "db", "namespace": "shop"}
    assert "data" not in renewed["spec"]["template"]
    assert cluster.asked


def test_re_encrypt_of_a_file_replaces_its_values_only(
    cluster: StandIn, repository: Path, both: Keyring, new: KeyPair
) -> None:
    """Comments and format stay; with `-w` the file stays as it is."""
    file = seal(repository, "file.yaml", secret())
    file.write_text("# mine\n" + file.read_text())
    before = file.read_text()
    assert kubeseal("--re-encrypt", "-f", "file.yaml", "-w", "other.yaml").code == 0
    assert file.read_text() == before
    assert sealers(repository / "other.yaml", both) == {new.fingerprint}
    assert kubeseal("--re-encrypt", "-f", "file.yaml").out == b""
    assert sealers(file, both) == {new.fingerprint}
    changed = set(before.splitlines()) ^ set(file.read_text().splitlines())
    assert {line.split(":")[0].strip() for line in changed} == {"password"}
    assert cluster.asked


@pytest.mark.parametrize("text", ["", "# none\n", "a: [\n", "kind: Secret\napiVersion: v1\n"])
def test_re_encrypt_of_a_file_without_an_object_leaves_it_as_it_is(
    cluster: StandIn, repository: Path, text: str
) -> None:
    """The original makes it empty."""
    (repository / "file.yaml").write_text(text)
    before = snapshot(repository)
    done = kubeseal("--re-encrypt", "-f", "file.yaml")
    assert done.code == 1
    assert "error: " in done.err
    assert snapshot(repository) == before
    assert ROTATE not in cluster.asked


def test_re_encrypt_of_what_does_not_open_says_so(cluster: StandIn, repository: Path) -> None:
    """The controller itself says nothing; all objects are told, nothing is written."""
    moved = (
        _stream("a", "b", "c").replace("name: a\n", "name: x\n").replace("name: c\n", "name: z\n")
    )
    (repository / "file.yaml").write_text(moved)
    done = kubeseal("--re-encrypt", "-f", "file.yaml")
    assert (done.code, (repository / "file.yaml").read_text()) == (1, moved)
    assert done.err.count("error: cannot re-encrypt secret: no key of the controller opens it") == 2
    cluster.plan(ROTATE, status(409, "Conflict", "no"))
    done = kubeseal("--re-encrypt", stdin=_stream("a"))
    assert done.err.startswith("error: unable to rotate secret\n")


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"metadata": {"name": "other"}}'])
def test_re_encrypt_believes_no_other_answer(cluster: StandIn, body: bytes) -> None:
    """Nothing is printed."""
    cluster.plan(ROTATE, Answer(body=body))
    done = kubeseal("--re-encrypt", stdin=_stream("a"))
    assert (done.code, done.out) == (1, b"")
    assert done.err.startswith("error: cannot re-encrypt secret: the controller")


def test_re_encrypt_waits_for_a_controller_that_is_busy(
    cluster: StandIn, pauses: list[float]
) -> None:
    """And goes on."""
    cluster.plan(ROTATE, *[Answer(429, b"limit exceeded")] * 2)
    assert kubeseal("--re-encrypt", stdin=_stream("a")).code == 0
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize("in_place", [False, True])
def test_re_encrypt_takes_the_whole_answer_for_a_v1_object(
    cluster: StandIn, repository: Path, new: KeyPair, *, in_place: bool
) -> None:
    """Its one value holds the whole Secret, which only the controller can open."""
    file = vectors.OBJECTS / "v1-data" / "sealed.yaml"
    metadata = vectors.load_manifest(file)["metadata"]
    assert new.certificate is not None
    (repository / "cert.pem").write_bytes(new.certificate.pem)
    answer = kubeseal(
        "--cert", "cert.pem", stdin=secret(metadata["name"], metadata["namespace"])
    ).out
    cluster.plan(ROTATE, Answer(body=answer))
    (repository / "v1.yaml").write_text("# mine\n" + file.read_text())
    arguments = ("-f", "v1.yaml") if in_place else ()
    done = kubeseal("--re-encrypt", *arguments, stdin=file.read_bytes())
    assert done.code == 0, done.err
    after = (repository / "v1.yaml").read_bytes() if in_place else done.out
    assert opened(after, Keyring([new]))[0]["data"] == {"password": "aHVudGVyMg=="}
    assert after.startswith(b"# mine\n") or not in_place
    assert "data" in cluster.bodies[0]["spec"]


def test_re_encrypt_takes_no_other_object_for_a_v1_object(cluster: StandIn) -> None:
    """Name, namespace and scope have to be the same."""
    other = kubeseal(*CERT, stdin=secret("other")).out
    cluster.plan(ROTATE, Answer(body=other))
    sealed = (vectors.OBJECTS / "v1-data" / "sealed.yaml").read_bytes()
    done = kubeseal("--re-encrypt", stdin=sealed)
    assert (done.code, done.out) == (1, b"")
    assert "error: cannot re-encrypt secret: the controller answered with another" in done.err


def test_cluster_options_are_handed_on_to_kubectl(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy as a variable, because kubectl has no option for it."""
    script = home / "kubectl"
    script.write_text('#!/bin/sh\nprintf "%s\\n" "$@" "proxy=$HTTPS_PROXY" > seen\nexit 1\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.setenv("HTTPS_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", "")
    monkeypatch.setenv("SEALED_SECRETS_CLUSTER", "k")
    options = ("--as-group=a", "--as-group=b", "--insecure-skip-tls-verify", "--server=s", "-n=x")
    more = ("--context=c", "--kubeconfig=f", "--request-timeout=1m30s", "--proxy-url=http://p")
    done = kubeseal(*options, *more, "--fetch-cert")
    assert done.code == 1
    seen = (home / "seen").read_text().split()
    assert seen[0] == "get"
    assert "--request-timeout=90s" in seen
    assert {"--as-group=a", "--as-group=b", "--insecure-skip-tls-verify=true"} <= set(seen)
    assert {"--server=s", "--cluster=k", "--context=c", "--kubeconfig=f"} <= set(seen)
    assert "proxy=http://p" in seen
    assert not any(word.startswith("--proxy") for word in seen)
    assert not any("namespace" in word and word.startswith("--") for word in seen)


@pytest.mark.parametrize(
    ("text", "seconds"), [("", "30"), ("0", "0"), ("5", "5"), ("500ms", "0.5"), ("1h", "3600")]
)
def test_request_timeout_is_a_duration(
    home: Path, monkeypatch: pytest.MonkeyPatch, text: str, seconds: str
) -> None:
    """Thirty seconds, unless another one is given; 0 is for ever."""
    script = home / "kubectl"
    script.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > seen\nexit 1\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(home))
    kubeseal("--fetch-cert", "--request-timeout", text)
    assert f"--request-timeout={seconds}s" in (home / "seen").read_text().split()


def test_request_timeout_that_is_no_duration_is_refused() -> None:
    """With what one looks like."""
    done = kubeseal("--fetch-cert", "--request-timeout", "soon")
    assert done.code == 1
    assert "error: invalid --request-timeout 'soon'\nhint: a number with its unit" in done.err
