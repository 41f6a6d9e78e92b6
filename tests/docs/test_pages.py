"""The first session, git and kustomize: every example runs, and prints what stands below it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.cluster.fixtures import find_programs
from tests.support.console import examples, run_examples

DOCS = Path(__file__).parent.parent.parent / "docs"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder with nothing around it that counts."""
    made = tmp_path / "home" / "folder"
    made.mkdir(parents=True)
    return made


@pytest.mark.parametrize(("page", "count"), [("first-session.md", 15), ("git.md", 20)])
def test_pages_with_git_do_what_they_show(folder: Path, page: str, count: int) -> None:
    """With the real git."""
    people = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    environment = dict.fromkeys(people, "a@example.com") | {
        "HOME": str(folder.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    assert len(examples(DOCS / page)) > count
    run_examples(DOCS / page, folder, environment)


def test_first_session_needs_no_private_key_and_ends_merged(folder: Path) -> None:
    """After it there is no private key anywhere, and both values are changed on one branch."""
    test_pages_with_git_do_what_they_show(folder, "first-session.md", 0)
    kept = [path for path in folder.parent.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"PRIVATE KEY" in path.read_bytes()]
    git = ["git", "-C", str(folder / "shop")]
    log = subprocess.run([*git, "log", "--format=%s", "main"], capture_output=True, check=True)
    assert {b"Change the password", b"Change the user"} <= set(log.stdout.splitlines())
    state = subprocess.run([*git, "status", "--porcelain"], capture_output=True, check=True)
    assert state.stdout == b""


def test_kustomize_page_examples_do_what_they_show(folder: Path) -> None:
    """With the kustomize inside the real kubectl."""
    path = os.pathsep.join((str(find_programs()), os.environ["PATH"]))
    assert len(examples(DOCS / "kustomize.md")) > 10
    run_examples(DOCS / "kustomize.md", folder, {"HOME": str(folder.parent), "PATH": path})
