"""The pages about git and kustomize: every example runs, and prints what stands below it."""

import os
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


def test_git_page_examples_do_what_they_show(folder: Path) -> None:
    """With the real git."""
    people = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    environment = dict.fromkeys(people, "a@example.com") | {
        "HOME": str(folder.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    assert len(examples(DOCS / "git.md")) > 20
    run_examples(DOCS / "git.md", folder, environment)


def test_kustomize_page_examples_do_what_they_show(folder: Path) -> None:
    """With the kustomize inside the real kubectl."""
    path = os.pathsep.join((str(find_programs()), os.environ["PATH"]))
    assert len(examples(DOCS / "kustomize.md")) > 10
    run_examples(DOCS / "kustomize.md", folder, {"HOME": str(folder.parent), "PATH": path})
