"""`--recovery-unseal`: SealedSecrets to Secrets with the private keys at hand."""

import base64
import stat
from pathlib import Path

import pytest

from tests.cli.kubeseal.calls import CERT, KEY, kubeseal, manifests, secret
from tests.support import vectors
from tests.support.program import write_all

RECOVER = ("--recovery-unseal", "--recovery-private-key")
OPAQUE = (vectors.OBJECTS / "opaque" / "sealed.yaml").read_bytes()  # sealed with peer-a
EVERY_KEY = ",".join(
    str(vectors.KEYS / each["private_key"])
    for each in vectors.key_index()["keys"]
    if each["id"] != "stranger"
)
PEM = (vectors.KEYS / "rsa2048.key.pem").read_text()


def _sealed(text: str = "") -> bytes:
    return kubeseal(*CERT, "-o", "yaml", stdin=text or secret()).out


def _data(out: bytes) -> list[dict[str, str]]:
    return [each["data"] for each in manifests(out)]


PASSWORD = {"password": base64.b64encode(b"hunter2").decode()}


@pytest.mark.parametrize(
    ("key", "sealed"),
    [
        ("rsa2048.key.pem", _sealed()),
        ("rsa2048.key.pkcs8.pem", _sealed()),
        ("peer-a.secret.yaml", OPAQUE),
        ("both.list.yaml", OPAQUE),
        ("both.list.json", OPAQUE),
    ],
)
def test_recovery_with_a_key_in_any_form(key: str, sealed: bytes) -> None:
    """PEM, a key Secret, a List of key Secrets."""
    done = kubeseal(*RECOVER, str(vectors.KEYS / key), stdin=sealed)
    assert (done.code, done.err) == (0, "")
    assert manifests(done.out)[0]["kind"] == "Secret"
    assert _data(done.out)[0]["password"]


@pytest.mark.parametrize(
    "arguments",
    [(*RECOVER, f"x.pem,{KEY}"), (*RECOVER, "x.pem", "--recovery-private-key", KEY)],
)
def test_recovery_with_several_keys(folder: Path, arguments: tuple[str, ...]) -> None:
    """In a comma list, or one flag each; one that opens is enough."""
    write_all(folder, {"x.pem": (vectors.KEYS / "stranger.key.pem").read_bytes()})
    done = kubeseal(*arguments, stdin=_sealed())
    assert (done.code, done.err) == (0, "")
    assert _data(done.out) == [PASSWORD]


@pytest.mark.usefixtures("home")
def test_recovery_needs_no_kubeconfig_and_no_kubectl() -> None:
    """A path that does not exist is fine."""
    done = kubeseal(*RECOVER, KEY, "--kubeconfig", "/no/such/file", stdin=_sealed())
    assert (done.code, done.err) == (0, "")
    assert _data(done.out) == [PASSWORD]


@pytest.mark.parametrize("keys", [(), ("--recovery-private-key", "x.pem")])
def test_recovery_without_a_key_that_fits(folder: Path, keys: tuple[str, ...]) -> None:
    """In the original's words, with the items."""
    write_all(folder, {"x.pem": (vectors.KEYS / "stranger.key.pem").read_bytes()})
    done = kubeseal("--recovery-unseal", *keys, stdin=_sealed())
    assert (done.code, done.out) == (1, b"")
    assert done.err.startswith("error: no key could decrypt secret (password)\n")


@pytest.mark.parametrize("content", ["", "garbage", (vectors.KEYS / "ec.crt.pem").read_text()])
def test_recovery_names_a_file_without_a_key(folder: Path, content: str) -> None:
    """And goes on with the others, as the original does."""
    write_all(folder, {"bad": content})
    done = kubeseal(*RECOVER, "bad", stdin=_sealed())
    assert done.code == 1
    assert "warning: bad is left out: " in done.err
    assert "error: no key could decrypt secret (password)" in done.err
    done = kubeseal(*RECOVER, f"bad,{KEY}", stdin=_sealed())
    assert (done.code, _data(done.out)) == (0, [PASSWORD])
    assert "warning: bad is left out: " in done.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("kind: Secret\ndata: {a: dg==}\n", "file: secret must contain a 'tls.key' item"),
        ("kind: ConfigMap\ndata: {tls.key: dg==}\n", "file: secret must contain a 'tls.key' item"),
        ("kind: Secret\ndata: {tls.key: dg==}\n", "file: tls.key: no private key found"),
        ("kind: Secret\ndata: {tls.key: d}\n", "file: tls.key: illegal base64 data at input byte"),
        (None, "open file: no such file or directory"),
    ],
)
def test_recovery_refuses_a_key_secret_without_a_key(
    folder: Path, content: str | None, said: str
) -> None:
    """What is missing is named by its right name."""
    if content is not None:
        write_all(folder, {"file": content})
    done = kubeseal(*RECOVER, "file", stdin=_sealed())
    assert (done.code, done.out) == (1, b"")
    assert f"error: {said}" in done.err


def test_recovery_takes_no_more_than_the_key_of_a_key_secret(folder: Path) -> None:
    """The certificate may be missing, as for the original."""
    item = base64.b64encode(PEM.encode()).decode()
    write_all(folder, {"key.yaml": f"kind: Secret\ndata: {{tls.key: {item}}}\n"})
    done = kubeseal(*RECOVER, "key.yaml", stdin=_sealed())
    assert (done.code, _data(done.out)) == (0, [PASSWORD])


@pytest.mark.parametrize("case", vectors.objects(), ids=lambda case: case.name)
def test_recovery_of_a_recorded_object(case: vectors.ObjectCase) -> None:
    """It opens where the controller opened it, and has the same items; V1 too."""
    done = kubeseal(*RECOVER, EVERY_KEY, "-o", "yaml", stdin=case.steps[-1].read_bytes())
    if case.case["outcome"] == "refused" and done.code:
        assert done.err.startswith("error: ")
        return
    assert done.code == 0, done.err
    (made,) = manifests(done.out)
    assert "ownerReferences" not in made["metadata"]
    if case.case["outcome"] == "unsealed" and not case.name.startswith(("takeover", "existing")):
        recorded = case.result["secret"]
        assert made.get("data", {}) == (recorded.get("data") or {})
        assert made.get("type", "Opaque") == recorded["type"]


def test_recovery_of_several_objects_opens_all_or_none() -> None:
    """The original opens the first and drops the rest."""
    sealed = _sealed(secret("a") + "---\n" + secret("b"))
    done = kubeseal(*RECOVER, KEY, "-o", "yaml", stdin=sealed)
    assert [each["metadata"]["name"] for each in manifests(done.out)] == ["a", "b"]
    moved = sealed.replace(b"name: b", b"name: c")
    done = kubeseal(*RECOVER, KEY, stdin=moved)
    assert (done.code, done.out) == (1, b"")
    assert "document 2, shop/c" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no sealed secrets found"),
        ("a: [\n", "no sealed secrets found"),
        ("kind: Secret\napiVersion: v1\n", "a Secret of v1 is no SealedSecret"),
        ("kind: SealedSecret\n", "a SealedSecret without an apiVersion is no SealedSecret"),
        ("a: b\n", "a document without a kind is no SealedSecret"),
    ],
)
def test_recovery_of_something_else_is_refused(text: str, said: str) -> None:
    """In plain words."""
    done = kubeseal(*RECOVER, KEY, stdin=text)
    assert (done.code, done.out) == (1, b"")
    assert f"error: {said}" in done.err


def test_recovery_into_a_file_is_for_its_owner_only(folder: Path) -> None:
    """Whatever its mode was before."""
    (folder / "out.yaml").write_text("")
    (folder / "out.yaml").chmod(0o644)
    done = kubeseal(*RECOVER, KEY, "-w", "out.yaml", stdin=_sealed())
    assert (done.code, done.out) == (0, b"")
    assert stat.S_IMODE((folder / "out.yaml").stat().st_mode) == 0o600
    assert _data((folder / "out.yaml").read_bytes()) == [PASSWORD]


def test_recovery_reports_each_kind_of_fault_on_a_line_of_its_own() -> None:
    """As the original joins them."""
    sealed = (vectors.OBJECTS / "two-kinds-of-bad" / "sealed.yaml").read_bytes()
    done = kubeseal(*RECOVER, EVERY_KEY, stdin=sealed)
    assert done.err.startswith(
        "error: illegal base64 data at input byte 0 (b64)\n"
        "error: no key could decrypt secret (cut)\n"
    )
