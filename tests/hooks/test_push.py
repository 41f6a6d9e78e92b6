"""`--pre-push`: every commit of every pushed ref is looked at, in real pushes to a real remote."""

import io
from pathlib import Path

import pytest

from sealer_hooks.main import main
from tests.hooks.repository import HARMLESS, PROGRAMS, SECRET, Repository

GUARD = f'#!/bin/sh\nexec "{PROGRAMS}/sealer-hook" --pre-push "$@"\n'


@pytest.fixture
def guarded(repository: Repository, environment: dict[str, str]) -> Repository:
    """Return a repository with one pushed commit, and the hook for the next push."""
    repository.git("init", "--quiet", "--bare", "../remote.git")
    repository.git("remote", "add", "origin", "../remote.git")
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    repository.git("push", "--quiet", "origin", "main")
    hook = repository.folder / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(GUARD)
    hook.chmod(0o755)
    assert environment
    return repository


def test_push_of_a_secret_is_refused(guarded: Repository) -> None:
    """The report names the file; nothing arrives."""
    guarded.write("sub/secret.yaml")
    guarded.commit()
    refused = guarded.run("git", "push", "origin", "main")
    assert refused.returncode != 0
    assert "sub/secret.yaml:4:24: SH001 db password: " in refused.stdout + refused.stderr
    assert "origin/main" not in guarded.git("branch", "-r", "--contains", "main")


def test_push_of_a_secret_that_a_later_commit_removes_is_refused(guarded: Repository) -> None:
    """Whoever fetches gets the history too."""
    guarded.write("secret.yaml")
    guarded.commit()
    guarded.git("rm", "--quiet", "secret.yaml")
    guarded.commit()
    assert guarded.run("git", "push", "origin", "main").returncode != 0


def test_push_of_harmless_commits_passes(guarded: Repository) -> None:
    """Deletions of refs pass as well, and so does a push of nothing."""
    guarded.write("b.yaml", HARMLESS + "# more\n")
    guarded.commit()
    guarded.git("push", "--quiet", "origin", "main", "main:side")
    guarded.git("push", "--quiet", "origin", "--delete", "side")
    guarded.git("push", "--quiet", "origin", "main")


def test_push_of_what_the_remote_has_is_not_examined_again(guarded: Repository) -> None:
    """An old finding does not stop new work, on a new branch either."""
    guarded.write("secret.yaml")
    guarded.commit()
    guarded.git("push", "--quiet", "--no-verify", "origin", "main")
    guarded.write("b.yaml", HARMLESS + "# more\n")
    guarded.commit()
    guarded.git("push", "--quiet", "origin", "main")
    guarded.git("push", "--quiet", "origin", "main:other")


def test_push_of_several_refs_examines_each(guarded: Repository) -> None:
    """The second branch is no less dangerous than the first."""
    guarded.git("checkout", "--quiet", "-b", "side")
    guarded.write("secret.yaml")
    guarded.commit()
    guarded.git("checkout", "--quiet", "main")
    guarded.write("b.yaml", HARMLESS + "# more\n")
    guarded.commit()
    assert guarded.run("git", "push", "origin", "main", "side").returncode != 0


def test_push_of_a_merge_that_adds_a_secret_of_its_own_is_refused(guarded: Repository) -> None:
    """An evil merge brings what neither parent has; an honest one brings nothing new."""
    guarded.git("checkout", "--quiet", "-b", "side")
    guarded.write("b.yaml", HARMLESS + "# b\n")
    guarded.commit()
    guarded.git("checkout", "--quiet", "main")
    guarded.write("c.yaml", HARMLESS + "# c\n")
    guarded.commit()
    guarded.git("merge", "--quiet", "--no-edit", "side")
    guarded.git("push", "--quiet", "origin", "main")
    guarded.git("checkout", "--quiet", "-b", "third", "HEAD~1")
    guarded.write("d.yaml", HARMLESS + "# d\n")
    guarded.commit()
    guarded.git("merge", "--no-commit", "main")
    guarded.write("secret.yaml")
    guarded.commit()
    assert guarded.run("git", "push", "origin", "third").returncode != 0


def test_push_of_a_tag_examines_what_it_points_to(guarded: Repository) -> None:
    """An annotated tag leads to a commit."""
    guarded.git("checkout", "--quiet", "--detach")
    guarded.write("secret.yaml")
    guarded.commit()
    guarded.git("tag", "--annotate", "--message=x", "v1")
    assert guarded.run("git", "push", "origin", "v1").returncode != 0


def test_push_to_an_address_without_a_name_examines_everything(guarded: Repository) -> None:
    """Nothing is known of what the other side has, but for the refs that it tells."""
    guarded.write("secret.yaml", SECRET)
    guarded.commit()
    guarded.git("push", "--quiet", "--no-verify", "origin", "main")
    guarded.git("init", "--quiet", "--bare", "../other.git")
    assert guarded.run("git", "push", "../other.git", "main").returncode != 0


def test_push_with_names_of_any_bytes_is_examined(guarded: Repository) -> None:
    """Line feeds and bytes that are no UTF-8 are part of names."""
    guarded.write(b"a\nb \xff.yaml", SECRET)
    guarded.commit()
    refused = guarded.run("git", "push", "origin", "main")
    assert "a\\nb \\xff.yaml:4:24: SH001" in refused.stdout


@pytest.mark.parametrize(
    ("lines", "code"), [("", 0), ("what is this\n", 2), ("r 1234 s 0000\n", 2)]
)
def test_push_lines_that_make_no_sense_are_undecided(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, lines: str, code: int
) -> None:
    """No lines are no push."""
    assert repository.folder == Path.cwd()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    assert main(["--pre-push", "origin", "somewhere"]) == code


@pytest.mark.parametrize("arguments", [["--staged"], ["a", "b", "c"]])
def test_push_takes_no_other_source(arguments: list[str]) -> None:
    """One source at a time."""
    assert main(["--pre-push", *arguments]) == 2
