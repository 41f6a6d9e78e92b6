"""`sealer-hook --fix` seals what was found where it stands, and the next run passes."""

import json
import os
import shlex
from pathlib import Path

import pytest

from tests.detect.table import STANZA, TOKEN
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


_PLACEHOLDER = SECRET.replace("hunter2", "'${PASSWORD}'").replace("name: db", "name: other")
_ALLOWED = f"{HEAD}stringData:\n  a: fixture # sealer:allow SH001 only a test\n"
_NOTHING = HEAD.replace("name: db", "name: empty")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"---\n{_PLACEHOLDER}"),
        (f"{_PLACEHOLDER}---\n", ""),
        ("", f"---\n{_ALLOWED}"),
        (f"{_ALLOWED}---\n", f"---\n{_PLACEHOLDER}"),
        ("", f"---\n{_NOTHING}"),
        ("", "---\na: b\n"),
        ("", f"---\n{HEAD.replace('v1', 'example.com/v1')}stringData: {{a: b}}\n"),
    ],
)
def test_fix_leaves_what_is_no_finding_as_it_is(user: Repository, before: str, after: str) -> None:
    """A placeholder that is sealed is never filled in; what is allowed is to stay readable."""
    user.write("a.yaml", f"{before}{SECRET}{after}", add=False)
    command = _printed_command(user, "a.yaml")
    fixed = user.run("sealer-hook", "--fix", "a.yaml")
    assert (fixed.returncode, fixed.stdout) == (0, ""), fixed.stderr
    text = (user.folder / "a.yaml").read_text()
    assert text.count("kind: SealedSecret") == 1
    assert "hunter2" not in text
    assert text.startswith(before)
    assert text.endswith(after)
    user.write("a.yaml", f"{before}{SECRET}{after}", add=False)
    done = user.run(*shlex.split(command))
    assert done.returncode == 0, done.stderr
    text = (user.folder / "a.yaml").read_text()
    assert (text.count("kind: SealedSecret"), text.endswith(after)) == (1, True)


def test_fix_leaves_items_of_a_list_that_are_no_findings(user: Repository) -> None:
    """A list is not sealed as a whole."""
    items = (JSON.decode(), JSON.decode().replace("aHVudGVyMg==", "JHtQQVNTV09SRH0="))
    text = '{{"apiVersion":"v1","kind":"List","items":[{},{}]}}'.format(*items)
    user.write("a.json", text, add=False)
    fixed = user.run("sealer-hook", "--fix", "a.json")
    assert (fixed.returncode, fixed.stdout) == (0, ""), fixed.stderr
    kinds = [item["kind"] for item in json.loads((user.folder / "a.json").read_text())["items"]]
    assert kinds == ["SealedSecret", "Secret"]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (f"{HEAD}stringData: {{a: hunter2, b: '${{X}}'}}\n", "move the placeholders into a Secret"),
        (f"{_ALLOWED}  b: hunter2\n", "move what is allowed into a Secret of its own"),
        (SECRET.replace("apiVersion: v1\n", ""), "write `apiVersion: v1` and `kind: Secret`"),
        (SECRET.replace("Secret", "secret"), "write `apiVersion: v1` and `kind: Secret`"),
        (SECRET.replace("kind", "Kind"), "write `apiVersion: v1` and `kind: Secret`"),
        (SECRET.replace("stringData", "stringdata"), "write `apiVersion: v1` and `kind: Secret`"),
        (
            SECRET.replace("{a:", "{a: b, a:"),
            "correct what does not parse in a.yaml, and let each key stand once",
        ),
        (
            f"{SECRET}---\na: 1\na: 2\n",
            "correct what does not parse in a.yaml, and let each key stand once",
        ),
        (
            f"{SECRET}{SECRET.replace('# kept', 'type: Opaque')}",
            "correct what does not parse in a.yaml, and let each key stand once",
        ),
        (SECRET.replace("metadata: {name: db,", "metadata: {name: {{ .x }},"), "let a reference"),
        (SECRET.replace("name: db", "name: '{{ .x }}'"), "let a reference"),
        (SECRET.replace("shop", "${NAMESPACE}"), "let a reference"),
        (f'{SECRET[:-2]}, b: "{TOKEN}"}}\n{STANZA}', "encrypt the file: sops"),
    ],
)
def test_fix_reports_what_cannot_be_sealed_and_leaves_the_file_alone(
    user: Repository, text: str, advice: str
) -> None:
    """With what to do first, instead of a command that fails or does harm."""
    user.write("a.yaml", text, add=False)
    fixed = user.run("sealer-hook", "--fix", "a.yaml")
    assert fixed.returncode == 1
    assert f"  fix: {advice}" in fixed.stdout
    assert "hunter2" not in fixed.stdout
    assert (user.folder / "a.yaml").read_text() == text


def _printed_command(user: Repository, path: str) -> str:
    """Return what the report says to type."""
    (fix,) = [
        line.removeprefix("  fix: ")
        for line in user.run("sealer-hook", path).stdout.splitlines()
        if line.startswith("  fix: ")
    ]
    return fix


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
