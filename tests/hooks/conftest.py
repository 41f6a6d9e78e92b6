"""Real repositories for the hook's tests, cut off from the configuration of whoever runs them."""

import os
from pathlib import Path

import pytest

from tests.hooks.repository import Repository


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Return the environment that git, the hook and the tests share; it is the process's too."""
    foreign = ("GIT_", "SEALER_", "PRE_COMMIT_")
    for name in [name for name in os.environ if name.startswith(foreign)]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    for name, value in {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.com",
    }.items():
        monkeypatch.setenv(name, value)
    return dict(os.environ)


@pytest.fixture
def repository(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Repository:
    """Return an empty repository, which is the current folder as well."""
    made = Repository.create(tmp_path / "repository", environment)
    monkeypatch.chdir(made.folder)
    return made
