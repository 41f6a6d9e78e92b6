"""The real pre-commit framework installs the hook from a repository and runs it.

It builds an environment from the package index, which takes seconds and needs the index. Offline
these tests fail, and the framework's output in the message says why.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.hooks.repository import HARMLESS, ROOT, SECRET, Repository

_SOURCES = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml",
            "sealer", "keys", "hooks", "controller")  # fmt: skip
_CONFIGURATION = """\
repos:
- repo: {folder}
  rev: {revision}
  hooks:
  - id: sealer-hook
"""

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("pre-commit")]


# The package index's settings may stand in the home folder; git's are switched off already.
_HOME = {name: os.environ[name] for name in ("HOME", "XDG_CONFIG_HOME") if name in os.environ}


@pytest.fixture
def user(repository: Repository, tmp_path: Path) -> Repository:
    """Return the repository of somebody who is going to use the hook."""
    settings = {"PRE_COMMIT_HOME": str(tmp_path / "cache"), "PRE_COMMIT_COLOR": "never"}
    environment = {
        name: text for name, text in repository.environment.items() if name != "XDG_CONFIG_HOME"
    }
    return Repository(repository.folder, environment | _HOME | settings)


@pytest.fixture
def published(repository: Repository, tmp_path: Path) -> Repository:
    """Return this project as a repository of one commit."""
    made = Repository.create(tmp_path / "published", repository.environment)
    for name in _SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, made.folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(source, made.folder / name)
    made.git("add", ".")
    made.commit()
    return made


def test_try_repo_refuses_a_secret_and_passes_the_rest(
    user: Repository, published: Repository
) -> None:
    """Whoever tries the hook before using it sees what it would do."""
    user.write("secret.txt", SECRET.encode("utf-16"))
    user.write("harmless.yaml", HARMLESS)
    tried = user.run(
        *("pre-commit", "try-repo", str(published.folder), "sealer-hook", "--all-files")
    )
    output = tried.stdout + tried.stderr
    assert tried.returncode == 1, output
    assert "secret.txt:4:24: SH001 db password: " in output
    assert "harmless.yaml:" not in output


def test_installed_hook_refuses_commits_and_merges(user: Repository, published: Repository) -> None:
    """Used as documented, by a configuration file and `pre-commit install`."""
    revision = published.git("rev-parse", "HEAD").strip()
    configuration = _CONFIGURATION.format(folder=published.folder, revision=revision)
    user.write(".pre-commit-config.yaml", configuration)
    types = ("--hook-type=pre-commit", "--hook-type=pre-merge-commit")
    installed = user.run("pre-commit", "install", "--install-hooks", *types)
    assert installed.returncode == 0, installed.stdout + installed.stderr

    first = user.commit()
    assert first.returncode == 0, first.stdout + first.stderr
    user.write("--staged", SECRET)
    refused = user.commit()
    assert refused.returncode == 1
    assert "--staged:4:24: SH001 db password: " in refused.stdout + refused.stderr

    user.git("checkout", "--quiet", "-b", "other")
    user.commit("--no-verify")
    user.git("checkout", "--quiet", "main")
    user.write("harmless.yaml", HARMLESS)
    assert user.commit().returncode == 0
    merge = user.run("git", "merge", "--no-edit", "other")
    assert merge.returncode != 0
    assert "--staged:4:24: SH001 db password: " in merge.stdout + merge.stderr
