"""The real pre-commit framework installs the hook from a repository and runs it.

It builds an environment from the package index, which takes seconds and needs the index. Offline
these tests fail, and the framework's output in the message says why.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.hooks.repository import HARMLESS, ROOT, SECRET, Repository
from tests.hooks.samples import PASSED, REFUSED
from tests.support.vectors import KEYS

_SOURCES = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml",
            "sealer", "keys", "hooks", "controller")  # fmt: skip
_CONFIGURATION = """\
repos:
- repo: {folder}
  rev: {revision}
  hooks:
  - id: sealer-hook
  - id: sealer-hook-push
  - id: sealer-hook-fix
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
    for name, data in (REFUSED | PASSED).items():
        user.write(name, data)
    tried = user.run(
        *("pre-commit", "try-repo", str(published.folder), "sealer-hook", "--all-files")
    )
    output = tried.stdout + tried.stderr
    assert tried.returncode == 1, output
    refused = {line.partition(":")[0] for line in output.splitlines() if ": SH0" in line}
    assert refused == set(REFUSED)


def test_installed_hooks_refuse_commits_merges_and_pushes(
    user: Repository, published: Repository
) -> None:
    """Used as documented, by a configuration file and `pre-commit install`."""
    revision = published.git("rev-parse", "HEAD").strip()
    configuration = _CONFIGURATION.format(folder=published.folder, revision=revision)
    user.write(".pre-commit-config.yaml", configuration)
    stages = ("pre-commit", "pre-merge-commit", "pre-push")
    types = [f"--hook-type={stage}" for stage in stages]
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
    user.git("merge", "--abort")

    remote = Repository.create(user.folder.parent / "remote", user.environment, "--bare")
    user.git("remote", "add", "origin", str(remote.folder))
    pushed = user.run("git", "push", "--quiet", "origin", "main")
    assert pushed.returncode == 0, pushed.stdout + pushed.stderr
    user.git("checkout", "--quiet", "other")
    user.git("rm", "--quiet", "--", "--staged")
    assert user.commit().returncode == 0
    push = user.run("git", "push", "--quiet", "origin", "other")
    assert push.returncode != 0
    assert "--staged:4:24: SH001 db password: " in push.stdout + push.stderr

    _assert_fixes(user)


def _assert_fixes(user: Repository) -> None:
    """Check that the manual stage seals a file where it stands."""
    user.write("shop.yaml", SECRET.replace("name: db", "name: db, namespace: shop"))
    certificate = user.environment | {"SEALER_CERT": str(KEYS / "peer-a.crt.pem")}
    fixing = ("run", "sealer-hook-fix", "--hook-stage=manual", "--files", "shop.yaml")
    fixed = Repository(user.folder, certificate).run("pre-commit", *fixing)
    assert "files were modified by this hook" in fixed.stdout, fixed.stdout + fixed.stderr
    assert "kind: SealedSecret" in (user.folder / "shop.yaml").read_text()
    assert user.run("git", "add", "shop.yaml").returncode == 0
    assert user.commit().returncode == 0
