"""`sealer-hook --fix` seals what was found where it stands, and the next run passes."""

import json
import os
from pathlib import Path

import pytest

from tests.hooks.repository import HARMLESS, Repository
from tests.support.vectors import KEYS

HEAD = "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\n"
JSON = (
    b'{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"shop"},'
    b'"data":{"a":"aHVudGVyMg=="}}'
)
SECRET = f"# kept\n{HEAD}stringData: {{a: hunter2}}\n"


@pytest.fixture
def user(repository: Repository) -> Repository:
    """Return the repository of somebody who has a certificate."""
    certificate = {"SEALER_CERT": str(KEYS / "peer-a.crt.pem")}
    return Repository(repository.folder, repository.environment | certificate)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.yaml", SECRET.encode()),
        ("a b.yaml", f"{SECRET}---\n{HARMLESS}".encode()),
        ("utf-16", SECRET.encode("utf-16")),
        ("-", JSON),
    ],
)
def test_fix_seals_the_file_and_the_next_run_passes(
    user: Repository, name: str, data: bytes
) -> None:
    """Nothing readable stays, nothing else changes, and nothing is staged."""
    user.write("harmless.yaml", HARMLESS, add=False)
    user.write(name, data, add=False)
    fixed = user.run("sealer-hook", "--fix", "--", "harmless.yaml", name)
    assert (fixed.returncode, fixed.stdout) == (0, ""), fixed.stderr
    assert f"sealed {name}; look at it, then `git add` it" in fixed.stderr
    assert b"SealedSecret" in (user.folder / name).read_bytes().replace(b"\0", b"")
    assert (user.folder / "harmless.yaml").read_text() == HARMLESS
    assert user.git("diff", "--cached", "--name-only") == ""
    assert user.run("sealer-hook", "--", name).returncode == 0


def test_fix_file_that_cannot_be_sealed_is_told_and_keeps_no_other_from_it(
    user: Repository,
) -> None:
    """What is left is reported as ever."""
    user.write("nameless.yaml", SECRET.replace(", namespace: shop", ""), add=False)
    user.write("secret.yaml", SECRET, add=False)
    fixed = user.run("sealer-hook", "--fix", "nameless.yaml", "secret.yaml")
    assert fixed.returncode == 1
    assert "namespace" in fixed.stderr
    assert "nameless.yaml:5:17: SH001 db a: " in fixed.stdout
    assert "\nsecret.yaml:" not in fixed.stdout
    assert "kind: SealedSecret" in (user.folder / "secret.yaml").read_text()


def test_fix_report_for_programs_is_whole(user: Repository) -> None:
    """What is said while files are sealed goes elsewhere; the report is of the sealed files."""
    user.write("secret.yaml", SECRET, add=False)
    fixed = user.run("sealer-hook", "--fix", "--format=json", "secret.yaml")
    assert json.loads(fixed.stdout)["findings"] == []


def test_fix_without_a_certificate_says_what_to_do(repository: Repository) -> None:
    """The file stays as it was, and stays a finding."""
    repository.write("secret.yaml", SECRET, add=False)
    fixed = repository.run("sealer-hook", "--fix", "secret.yaml")
    assert fixed.returncode == 1
    assert "hint: " in fixed.stderr
    assert (repository.folder / "secret.yaml").read_text() == SECRET


@pytest.mark.parametrize("name", ["README.md", "key.yaml"])
def test_fix_what_sealing_does_not_mend_is_left_alone(user: Repository, name: str) -> None:
    """Documentation stays readable, and a sealing key would need itself to be opened."""
    label = "labels: {sealedsecrets.bitnami.com/sealed-secrets-key: active}"
    text = SECRET if name == "README.md" else SECRET.replace("name: db", f"name: db, {label}")
    user.write(name, text, add=False)
    user.run("sealer-hook", "--fix", name)
    assert (user.folder / name).read_text() == text


def test_fix_runs_nothing_of_the_repository(user: Repository, tmp_path: Path) -> None:
    """Neither a package in the current folder nor a program of that name on the PATH."""
    proof = tmp_path / "proof"
    program = f"open({str(proof)!r}, 'w')\n"
    for name in ("sealer/__init__.py", "sealer/cli/main.py", "yaml.py", "sitecustomize.py"):
        user.write(name, program, add=False)
    user.write("bin/sealer", f"#!/bin/sh\ntouch '{proof}'\n", add=False)
    (user.folder / "bin" / "sealer").chmod(0o755)
    user.write("secret.yaml", SECRET, add=False)
    hook = user.run("sh", "-c", "command -v sealer-hook").stdout.strip()
    path = os.pathsep.join((str(user.folder / "bin"), user.environment["PATH"]))
    fixed = user.run("env", f"PATH={path}", hook, "--fix", "secret.yaml")
    assert fixed.returncode == 0, fixed.stderr
    assert not proof.exists()
