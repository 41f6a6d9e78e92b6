"""The pin of the default cluster binds every source, in every command that seals."""

import os
import shutil
from pathlib import Path

import pytest

from sealer.documents.emit import emit_yaml
from tests.cli.conftest import SECRET
from tests.support import vectors
from tests.support.program import Done, run, write_all

PIN = vectors.key_pair("rsa2048").fingerprint
OTHER = vectors.key_pair("peer-a").fingerprint
CREATE = ("create", "generic", "db", "-n", "shop", "--from-file=secret.yaml")


@pytest.fixture(autouse=True)
def repository(folder: Path) -> Path:
    """Return a folder with a pin as `cert fetch --pin` writes it, and another certificate."""
    shutil.copy(vectors.KEYS / "peer-a.crt.pem", folder / "peer-a.crt.pem")
    fetched = run("cert", "fetch", "rsa2048.crt.pem", "--cluster", "prod", "-w", "p.pem", "--pin")
    assert fetched.code == 0, fetched.err
    assert run("seal", "secret.yaml", "-w", "db.yaml").code == 0
    return folder


def _is_refused(done: Done) -> bool:
    return (done.code, done.out) == (4, b"") and PIN in done.err and OTHER in done.err


@pytest.mark.parametrize(
    ("command", "stdin"),
    [
        (("seal", "secret.yaml"), ""),
        (("seal",), SECRET),
        (CREATE, ""),
        (("value", "--name", "db", "-n", "shop"), "x"),
        (("set", "db.yaml", "other"), "x"),
        (("reseal", "db.yaml", "--keys", "rsa2048.key.pem"), ""),
    ],
)
@pytest.mark.parametrize("variable", ["", "SEALER_CERT", "SEALED_SECRETS_CERT"])
def test_sealing_with_another_key_than_the_defaults_is_refused(
    command: tuple[str, ...], stdin: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the certificate is named; both fingerprints are told and nothing is written."""
    before = Path("db.yaml").read_bytes()
    if variable:
        monkeypatch.setenv(variable, "peer-a.crt.pem")
    named = () if variable else ("--cert", "peer-a.crt.pem")
    assert _is_refused(run(*command, *named, stdin=stdin.encode()))
    assert Path("db.yaml").read_bytes() == before


def test_edit_with_another_key_than_the_defaults_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file stays as it is."""
    before = Path("db.yaml").read_bytes()
    Path("editor").write_text("#!/bin/sh\nprintf '  new: value\\n' >> \"$1\"\n")
    Path("editor").chmod(0o755)
    monkeypatch.setenv("EDITOR", os.path.realpath("editor"))
    done = run("edit", "db.yaml", "--cert", "peer-a.crt.pem")
    assert done.code == 4, done.err
    assert PIN in done.err
    assert OTHER in done.err
    assert Path("db.yaml").read_bytes() == before


def test_kustomize_with_another_key_than_the_defaults_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The transformer's Secrets belong to the default cluster, too."""
    monkeypatch.setenv("SEALER_CERT", "peer-a.crt.pem")
    function = {"apiVersion": "sealer.dev/v1", "kind": "SealedSecretTransformer"}
    write_all(Path(), {"seal.yaml": emit_yaml({**function, "metadata": {"name": "seal"}})})
    done = run("kustomize", "seal.yaml", stdin=SECRET.encode())
    assert _is_refused(done), done.err


def test_sealing_for_another_cluster_by_its_name_is_not_bound_by_the_default() -> None:
    """`--cluster` names whose pin binds: here there is none."""
    policy = Path(".sealer.yaml").read_text()
    clusters = "clusters:\n  test: {certificate: peer-a.crt.pem}"
    Path(".sealer.yaml").write_text(policy.replace("clusters:", clusters))
    assert run("seal", "secret.yaml", "--cluster", "test").code == 0
    assert run("seal", "secret.yaml", "--cluster", "test", "--cert", "peer-a.crt.pem").code == 0
    assert _is_refused(run("seal", "secret.yaml", "--cluster", "prod", "--cert", "peer-a.crt.pem"))
