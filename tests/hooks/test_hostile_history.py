"""Whichever way git is asked, nothing that a repository configures or holds is run or believed.

`test_hostile.py` shows it for the index; here are the ways that read commits.
"""

import io
import os
import subprocess
from pathlib import Path

import pytest

from sealer_hooks.main import main
from tests.hooks.repository import HARMLESS, PROGRAMS, SECRET, Repository

_MODES = ("push", "receive", "range", "history")


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """Return the file that hostile code leaves behind."""
    return tmp_path / "was-run"


@pytest.fixture
def program(tmp_path: Path, marker: Path) -> str:
    """Return a program that says it was run."""
    path = tmp_path / "attack.sh"
    path.write_text(f"#!/bin/sh\ntouch '{marker}'\ncat\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def two_commits(repository: Repository) -> Repository:
    """Return a repository with a harmless commit, and one with a Secret that no branch holds."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    repository.git("checkout", "--quiet", "--detach")
    repository.write("a.yaml", SECRET)
    repository.commit()
    return repository


def _ids(repository: Repository) -> tuple[str, str]:
    """Return the ids of the harmless commit and of the other."""
    old, new = repository.git("rev-parse", "HEAD~", "HEAD").split()
    return old, new


def _ask(repository: Repository, mode: str, ids: tuple[str, str]) -> int:
    """Run the program in one of the ways that read commits, and return its exit code."""
    old, new = ids
    arguments, told = {
        "push": (["--pre-push"], f"x {new} refs/heads/main {old}\n"),
        "receive": (["--pre-receive"], f"{old} {new} refs/heads/main\n"),
        "range": ([f"--from-ref={old}", f"--to-ref={new}"], ""),
        "history": (["--history", "HEAD"], ""),
    }[mode]
    path = f"{PROGRAMS}{os.pathsep}{repository.environment['PATH']}"
    return subprocess.run(
        ["sealer-hook", *arguments],
        cwd=repository.folder,
        env=repository.environment | {"PATH": path},
        input=told.encode(),
        capture_output=True,
        check=False,
    ).returncode


@pytest.mark.parametrize("mode", _MODES)
def test_commits_programs_of_the_configuration_are_not_run(
    two_commits: Repository, marker: Path, program: str, mode: str
) -> None:
    """Converters, filters, signatures, pagers, includes and aliases stay asleep."""
    included = two_commits.folder / ".git" / "included"
    included.write_text(f"[core]\n\tfsmonitor = {program}\n\tpager = {program}\n")
    attributes = two_commits.folder / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("* diff=x filter=x merge=x working-tree-encoding=UTF-16 text eol=crlf\n")
    for name, value in {
        "include.path": "included",
        "core.hooksPath": str(two_commits.folder),
        "core.gitProxy": program,
        "core.sshCommand": program,
        "core.alternateRefsCommand": program,
        "diff.external": program,
        "diff.x.textconv": program,
        "diff.x.command": program,
        "filter.x.smudge": program,
        "filter.x.clean": program,
        "filter.x.process": program,
        "log.showSignature": "true",
        "gpg.program": program,
        "merge.x.driver": program,
        "pager.rev-list": program,
        "pager.cat-file": program,
        "alias.rev-list": f"!{program}",
        "alias.diff-tree": f"!{program}",
        "alias.log": f"!{program}",
    }.items():
        two_commits.git("config", name, value)
    assert _ask(two_commits, mode, _ids(two_commits)) == 1
    assert not marker.exists()
    two_commits.git("diff", "HEAD~", "HEAD", check=False)
    assert marker.exists(), "the configuration would run something, if it were let"


@pytest.mark.parametrize("mode", _MODES)
def test_commits_modules_of_the_repository_are_not_imported(
    two_commits: Repository, marker: Path, mode: str
) -> None:
    """Python finds nothing where the hook is started."""
    for name in ("sealer", "yaml", "git", "sitecustomize", "usercustomize", "tempfile", "gitdb"):
        path = two_commits.folder / f"{name}.py"
        path.write_text(f"open({str(marker)!r}, 'w').close()\n")
    assert _ask(two_commits, mode, _ids(two_commits)) == 1
    assert not marker.exists()


@pytest.mark.parametrize("mode", _MODES)
def test_commits_replaced_objects_are_seen_as_they_are(two_commits: Repository, mode: str) -> None:
    """Neither a replace reference nor a graft puts something harmless in a Secret's place."""
    secret, harmless = (
        two_commits.git("rev-parse", f"{name}:a.yaml").strip() for name in ("HEAD", "HEAD~")
    )
    two_commits.git("replace", secret, harmless)
    old, new = ids = _ids(two_commits)
    tree = two_commits.git("rev-parse", "HEAD~^{tree}").strip()
    other = two_commits.git("commit-tree", tree, "-p", old, "-m", "x").strip()
    two_commits.git("replace", new, other)
    assert two_commits.git("show", "HEAD:a.yaml") == HARMLESS
    grafts = two_commits.folder / ".git" / "info" / "grafts"
    grafts.parent.mkdir(exist_ok=True)
    grafts.write_text(f"{new}\n")
    assert _ask(two_commits, mode, ids) == 1


@pytest.mark.parametrize("mode", _MODES)
def test_commits_of_an_alternate_are_examined(
    two_commits: Repository, environment: dict[str, str], tmp_path: Path, mode: str
) -> None:
    """An object is the same wherever it lies: in a repository that this one borrows from, too."""
    other = Repository.create(tmp_path / "other", environment)
    objects = two_commits.folder / ".git" / "objects"
    alternates = other.folder / ".git" / "objects" / "info" / "alternates"
    alternates.write_text(f"{objects}\n")
    old, new = ids = _ids(two_commits)
    other.git("update-ref", "refs/heads/main", old)
    other.git("update-ref", "--no-deref", "HEAD", new)
    assert _ask(other, mode, ids) == 1


def test_history_deep_and_wide_trees_are_walked(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of folders in one another and thousands of names in one hide no file."""
    lines = ["blob\nmark :1\n", f"data {len(SECRET)}\n{SECRET}\n", "blob\nmark :2\ndata 1\nx\n"]
    lines.append("commit refs/heads/main\ncommitter A <a@example.com> 1 +0000\ndata 1\nx\n")
    lines += [f"M 644 :2 wide/{number}\n" for number in range(3_000)]
    lines.append("M 644 :1 " + "d/" * 500 + "a.yaml\n")
    subprocess.run(
        ["git", "fast-import", "--quiet"],
        cwd=repository.folder,
        env=repository.environment,
        input="".join(lines).encode(),
        check=True,
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert main(["--history"]) == 1
