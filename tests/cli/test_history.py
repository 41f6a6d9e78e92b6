"""All commits of a repository are looked at, and nothing of a repository is trusted."""

import os
import subprocess
from pathlib import Path

import pytest

from sealer.cli.files.history import History, histories_of
from sealer.errors import InputError
from tests.support.program import write_all


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, files: dict[str, str | bytes]) -> None:
    """Commit files."""
    write_all(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "change")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one commit."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    commit(root, {"a.yaml": "one", "b.txt": "no manifest", "deep/c d.json": "{}"})
    return root


def found(root: Path) -> dict[str, bytes]:
    """Return what is in a repository, by path and content."""
    return {f"{each.path}={each.data.decode()}": each.data for each in History(root).versions()}


def test_every_version_of_every_manifest_is_found(repository: Path) -> None:
    """What was changed, removed, or stands on another branch, tag or stash."""
    commit(repository, {"a.yaml": "two"})
    git(repository, "checkout", "-q", "-b", "side")
    commit(repository, {"side.yml": "side"})
    git(repository, "tag", "t")
    git(repository, "checkout", "-q", "main")
    git(repository, "branch", "-q", "-D", "side")
    git(repository, "rm", "-q", "a.yaml")
    git(repository, "commit", "-q", "-m", "gone")
    write_all(repository, {"deep/c d.json": '{"stashed": 1}'})
    git(repository, "stash", "-q")
    assert set(found(repository)) == {
        "a.yaml=one",
        "a.yaml=two",
        "side.yml=side",
        "deep/c d.json={}",
        'deep/c d.json={"stashed": 1}',
    }


def test_content_is_read_as_it_is(repository: Path) -> None:
    """Line ends, zero bytes and nothing at all; the same content once."""
    data = b"\x00\r\n\n"
    commit(repository, {"zero.yaml": data, "empty.yaml": b"", "again.yaml": data})
    contents = [each.data for each in History(repository).versions()]
    assert sorted(contents) == sorted([b"one", b"{}", b"", data])


def test_content_that_is_too_large_is_told(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what comes behind it is read all the same."""
    monkeypatch.setattr("sealer.cli.files.history.MAXIMUM_SIZE", 5)
    monkeypatch.setattr("sealer.cli.files.history._CHUNK", 3)
    commit(repository, {"0large.yaml": "x" * 100, "z.yaml": "fits"})
    history = History(repository)
    assert {each.data for each in history.versions()} == {b"one", b"{}", b"fits"}
    assert [name.split()[0] for name in history.missing] == ["0large.yaml"]


def test_content_that_the_clone_does_not_have_is_told(repository: Path, tmp_path: Path) -> None:
    """Of a partial clone, and without asking the network for it."""
    git(repository, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    url = repository.as_uri()
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", url, str(clone))
    history = History(clone)
    assert list(history.versions()) == []
    assert history.missing == ["3 objects of a partial clone, whatever they are"]


def test_shallow_clone_is_told(repository: Path, tmp_path: Path) -> None:
    """Older commits are not there."""
    commit(repository, {"a.yaml": "two"})
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", repository.as_uri(), str(clone))
    assert History(clone).is_shallow
    assert not History(repository).is_shallow


def test_environment_of_a_hook_leads_nowhere_else(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a hook, git's variables mean the repository of the hook."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / ".git" / "objects"))
    assert "a.yaml=one" in found(repository)


def test_settings_of_the_repository_start_no_program(repository: Path, tmp_path: Path) -> None:
    """Monitors and hooks of a repository that nobody vouches for."""
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for setting in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external"):
        git(repository, "config", setting, str(trap))
    assert "a.yaml=one" in found(repository)
    assert not (tmp_path / "sprung").exists()


def test_replaced_content_is_read_as_committed(repository: Path) -> None:
    """`git replace` may hide what was there."""
    old = git(repository, "rev-parse", "HEAD:a.yaml")
    new = git(repository, "hash-object", "-w", "b.txt")
    git(repository, "replace", old, new)
    assert "a.yaml=one" in found(repository)


def test_work_tree_of_a_repository_shares_its_history(repository: Path, tmp_path: Path) -> None:
    """There `.git` is a file."""
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    assert "a.yaml=one" in found(tmp_path / "tree")


def test_histories_of_paths_are_each_read_once(repository: Path, tmp_path: Path) -> None:
    """Two paths of one repository; a path of none is refused."""
    paths = [str(repository / "a.yaml"), str(repository / "deep")]
    assert [history.root for history in histories_of(paths)] == [repository.resolve()]
    with pytest.raises(InputError, match="no git work tree"):
        histories_of([str(tmp_path)])


def test_history_that_cannot_be_read_is_told(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged repository, and a machine without git."""
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="git cannot be run"):
        list(History(repository).versions())
    monkeypatch.setenv("PATH", path)
    (repository / ".git" / "refs" / "heads" / "main").write_text("1" * 40 + "\n")
    with pytest.raises(InputError, match="the history cannot be read"):
        list(History(repository).versions())
