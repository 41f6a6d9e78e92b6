"""Installed as a stranger would, the hook refuses readable Secrets and passes harmless files.

The pre-commit framework, which takes longer, has a module of its own: `test_pre_commit.py`.
"""

from typing import TYPE_CHECKING

import pytest

from tests.hooks.repository import Repository
from tests.hooks.samples import PASSED, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable


def _by_shim(repository: Repository) -> None:
    repository.install_shim("pre-commit", "pre-merge-commit", "pre-push")


def _by_client(repository: Repository) -> None:
    installed = repository.run("sealer", "git", "install")
    assert installed.returncode == 0, installed.stderr


@pytest.fixture(params=[_by_shim, _by_client], ids=["shim", "client"])
def user(repository: Repository, request: pytest.FixtureRequest) -> Repository:
    """Return the fresh repository of somebody who has just installed the hook."""
    install: Callable[[Repository], None] = request.param
    install(repository)
    return repository


def test_installed_hook_refuses_each_secret_in_words_that_help(user: Repository) -> None:
    """Who never heard of sealing learns where, what, why, what to type, and what sealing is."""
    for name, data in REFUSED.items():
        user.write(name, data)
        refused = user.commit()
        said = refused.stdout + refused.stderr
        assert refused.returncode == 1, name
        assert f"{name}:" in said
        assert "payload1: " in said
        assert "  fix: " in said
        assert "only the cluster can open it" in said
        assert "hunter2" not in said
        user.git("rm", "--quiet", "--cached", name)


def test_installed_hook_passes_harmless_manifests_in_silence(user: Repository) -> None:
    """Ten of them, one by one and then all at once."""
    assert len(PASSED) >= 10
    for name, data in PASSED.items():
        user.write(name, data)
        passed = user.commit()
        assert (passed.returncode, passed.stdout, passed.stderr) == (0, "", ""), name
    everything = user.run("sealer-hook", *PASSED)
    assert (everything.returncode, everything.stdout, everything.stderr) == (0, "", "")


def test_installed_hook_refuses_merges_and_pushes(user: Repository) -> None:
    """What came in past the first hook does not leave."""
    user.write("a.yaml", PASSED["configmap.yaml"])
    assert user.commit().returncode == 0
    user.git("checkout", "--quiet", "-b", "other")
    user.write("plain.yaml", REFUSED["plain.yaml"])
    user.commit("--no-verify")
    user.git("checkout", "--quiet", "main")
    user.write("b.yaml", PASSED["role.yaml"])
    assert user.commit().returncode == 0
    merge = user.run("git", "merge", "--no-edit", "other")
    assert merge.returncode != 0
    assert "plain.yaml:4:24: SH001" in merge.stdout + merge.stderr
    remote = Repository.create(user.folder.parent / "remote", user.environment, "--bare")
    push = user.run("git", "push", "--quiet", str(remote.folder), "other")
    assert push.returncode != 0
    assert "plain.yaml:4:24: SH001" in push.stdout + push.stderr
