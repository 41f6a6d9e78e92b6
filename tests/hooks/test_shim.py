"""The shim in `.git/hooks`: real commits are refused, or pass."""

import pytest

from tests.hooks.repository import HARMLESS, SECRET, SHIM, Repository


@pytest.fixture
def guarded(repository: Repository) -> Repository:
    """Return a repository with one commit and the shim as its hooks."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    repository.install_shim("pre-commit", "pre-merge-commit")
    return repository


def test_shim_refuses_a_secret_and_passes_the_rest(guarded: Repository) -> None:
    """The commit is not made, and git shows why."""
    guarded.write("secret.yaml")
    refused = guarded.commit()
    assert refused.returncode == 1
    assert "secret.yaml:4:24: SH001 db password: " in refused.stdout + refused.stderr
    assert "fix: sealer seal --in-place -n NAMESPACE secret.yaml" in refused.stdout + refused.stderr
    guarded.git("rm", "--quiet", "--cached", "secret.yaml")
    guarded.write("b.yaml", HARMLESS)
    assert guarded.commit().returncode == 0


def test_shim_first_commit_is_checked(repository: Repository) -> None:
    """The first commit has no parent."""
    repository.install_shim()
    repository.write("secret.yaml")
    assert repository.commit().returncode == 1
    repository.write("secret.yaml", HARMLESS)
    assert repository.commit().returncode == 0


def test_shim_commit_of_all_is_checked(guarded: Repository) -> None:
    """`commit -a` stages into an index of its own."""
    guarded.write("a.yaml", SECRET, add=False)
    assert guarded.commit("--all").returncode == 1
    guarded.write("a.yaml", HARMLESS + "# more\n", add=False)
    assert guarded.commit("--all").returncode == 0


def test_shim_partial_commit_is_checked_by_what_it_takes(guarded: Repository) -> None:
    """Naming paths leaves the other staged files out, and takes the work tree of these."""
    guarded.write("secret.yaml", SECRET)
    guarded.write("b.yaml", HARMLESS)
    assert guarded.commit("b.yaml").returncode == 0
    guarded.write("b.yaml", SECRET, add=False)
    assert guarded.commit("b.yaml").returncode == 1


def test_shim_amended_commit_is_checked(guarded: Repository) -> None:
    """What an amendment adds is as new as a commit."""
    guarded.write("secret.yaml")
    assert guarded.commit("--amend").returncode == 1


def test_shim_merge_is_checked(guarded: Repository) -> None:
    """A merge brings in what the other branch holds."""
    guarded.git("checkout", "--quiet", "-b", "other")
    guarded.write("secret.yaml")
    guarded.commit("--no-verify")
    guarded.git("checkout", "--quiet", "main")
    guarded.write("b.yaml", HARMLESS)
    guarded.commit()
    merge = guarded.run("git", "merge", "--no-edit", "other")
    assert merge.returncode != 0
    assert "secret.yaml:4:24: SH001" in merge.stdout + merge.stderr


def test_shim_conflicted_merge_is_checked_when_it_is_committed(guarded: Repository) -> None:
    """The resolution is content that no parent has; so may be what is added beside it."""
    guarded.git("checkout", "--quiet", "-b", "other")
    guarded.write("a.yaml", HARMLESS + "# other\n")
    guarded.commit()
    guarded.git("checkout", "--quiet", "main")
    guarded.write("a.yaml", HARMLESS + "# main\n")
    guarded.commit()
    guarded.git("merge", "other", check=False)
    guarded.write("a.yaml", SECRET)
    assert guarded.commit().returncode == 1
    guarded.write("a.yaml", HARMLESS)
    guarded.write("evil.yaml", SECRET)
    assert guarded.commit().returncode == 1
    guarded.git("rm", "--quiet", "--force", "evil.yaml")
    assert guarded.commit().returncode == 0


def test_shim_merge_that_changes_nothing_else_passes(guarded: Repository) -> None:
    """An old Secret of this branch is not what the other one brings."""
    guarded.write("old.yaml")
    guarded.commit("--no-verify")
    guarded.git("checkout", "--quiet", "-b", "other", "HEAD~1")
    guarded.write("b.yaml", HARMLESS)
    guarded.commit()
    guarded.git("checkout", "--quiet", "main")
    guarded.git("merge", "--quiet", "--no-edit", "other")


def test_shim_commit_without_changes_passes(guarded: Repository) -> None:
    """Messages and empty commits bring no file."""
    assert guarded.commit("--allow-empty").returncode == 0
    assert guarded.commit("--amend", "--allow-empty").returncode == 0


def test_shim_commit_of_only_is_checked_by_what_it_takes(guarded: Repository) -> None:
    """`--only` and `--include` differ in what else of the index they take."""
    guarded.write("secret.yaml", SECRET)
    guarded.write("a.yaml", HARMLESS + "# more\n", add=False)
    assert guarded.commit("--include", "a.yaml").returncode == 1
    assert guarded.commit("--only", "a.yaml").returncode == 0


def test_shim_reverted_removal_is_checked(guarded: Repository) -> None:
    """What comes back is new again."""
    guarded.write("secret.yaml")
    guarded.commit("--no-verify")
    guarded.git("rm", "--quiet", "secret.yaml")
    guarded.commit()
    guarded.git("revert", "--no-commit", "HEAD")
    assert guarded.commit().returncode == 1


def test_shim_from_a_subfolder_names_files_from_the_root(guarded: Repository) -> None:
    """Git runs hooks at the root, wherever the commit was typed."""
    guarded.write("sub/secret.yaml")
    subfolder = Repository(guarded.folder / "sub", guarded.environment)
    refused = subfolder.commit()
    assert (
        "fix: sealer seal --in-place -n NAMESPACE sub/secret.yaml"
        in refused.stdout + refused.stderr
    )


def test_shim_in_a_linked_worktree_works(guarded: Repository) -> None:
    """Git sets GIT_DIR there."""
    guarded.git("worktree", "add", "--quiet", "../linked")
    linked = Repository(guarded.folder.parent / "linked", guarded.environment)
    linked.write("secret.yaml")
    assert linked.commit().returncode == 1
    linked.write("secret.yaml", HARMLESS)
    assert linked.commit().returncode == 0


def _remote(guarded: Repository, *options: str) -> Repository:
    """Return a bare repository that the other one pushes to."""
    remote = Repository.create(
        guarded.folder.parent / "remote", guarded.environment, "--bare", *options
    )
    guarded.git("remote", "add", "origin", str(remote.folder))
    return remote


def test_shim_push_is_checked(guarded: Repository) -> None:
    """Also what a later commit of the same push has removed."""
    _remote(guarded)
    guarded.install_shim("pre-push")
    assert guarded.run("git", "push", "--quiet", "origin", "main").returncode == 0
    guarded.write("secret.yaml")
    guarded.commit("--no-verify")
    guarded.git("rm", "--quiet", "secret.yaml")
    guarded.commit()
    refused = guarded.run("git", "push", "--quiet", "origin", "main")
    assert refused.returncode == 1
    assert "secret.yaml:4:24: SH001 db password: " in refused.stdout + refused.stderr


def test_shim_server_refuses_what_is_pushed(guarded: Repository) -> None:
    """Whatever the pusher has installed; the objects are still in quarantine."""
    remote = _remote(guarded)
    hook = remote.folder / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes(SHIM.with_name("pre-receive").read_bytes())
    hook.chmod(0o755)
    assert guarded.run("git", "push", "--quiet", "origin", "main").returncode == 0
    guarded.write("secret.yaml")
    guarded.commit("--no-verify")
    refused = guarded.run("git", "push", "--quiet", "origin", "main")
    assert refused.returncode == 1
    assert "secret.yaml:4:24: SH001 db password: " in refused.stderr


def test_shim_without_the_program_refuses(guarded: Repository) -> None:
    """A hook that cannot look lets nothing pass, and says what to install."""
    guarded.write("b.yaml", HARMLESS)
    path = guarded.git("--exec-path").strip()
    bare = guarded.folder.parent / "bin"
    bare.mkdir()
    for name in ("git", "sh", "cat"):
        (bare / name).symlink_to(guarded.run("sh", "-c", f"command -v {name}").stdout.strip())
    refused = guarded.run("env", f"PATH={bare}:{path}", "git", "commit", "--message=x")
    assert refused.returncode != 0
    assert "sealer-hook, is not on your PATH" in refused.stdout + refused.stderr


@pytest.mark.parametrize("name", ["pre-commit", "pre-push", "pre-receive"])
def test_shim_is_plain_shell(repository: Repository, name: str) -> None:
    """It runs wherever git runs."""
    shim = SHIM.with_name(name)
    assert shim.read_text().startswith("#!/bin/sh\n")
    assert shim.stat().st_mode & 0o111 == 0o111
    assert repository.run("sh", "-n", str(shim)).returncode == 0
