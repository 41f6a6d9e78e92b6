"""Real diffs, merges, rebases and cherry-picks of SealedSecrets, with what `install` sets up."""

from pathlib import Path

import pytest

from tests.hooks.repository import HARMLESS, PROGRAMS, Repository
from tests.support.program import run
from tests.support.sealed import blob, manifest

A, B, C, X, Y = (blob(mark=mark) for mark in "ABCXY")
BASE = manifest(a=A, b=B, c=C)


def commit(repository: Repository, text: str | bytes, name: str = "db.yaml") -> None:
    """Commit one file."""
    repository.write(name, text)
    done = repository.commit()
    assert done.returncode == 0, done.stderr


@pytest.fixture
def forked(installed: Repository) -> Repository:
    """Return a repository with two branches: `side` changed item a, `main` has to follow."""
    commit(installed, BASE)
    installed.git("checkout", "--quiet", "-b", "side")
    commit(installed, BASE.replace(A, X))
    installed.git("checkout", "--quiet", "main")
    return installed


def content(repository: Repository, name: str = "db.yaml") -> str:
    """Return a file of the work tree."""
    return (repository.folder / name).read_text()


def test_diff_shows_items_and_no_ciphertext(installed: Repository) -> None:
    """In the work tree, in the log, in any encoding; other files are shown as they are."""
    commit(installed, BASE)
    installed.write("db.yaml", BASE.replace(B, Y))
    shown = installed.git("diff", "--cached")
    assert "-    b: sealed (8 bytes, digest " in shown
    assert "+    b: sealed (8 bytes, digest " in shown
    assert A[:40] not in shown
    assert shown.count("\n-") == shown.count("\n+") == 2
    commit(installed, BASE.replace(B, Y).encode("utf-16"))
    assert "sealed (8 bytes" in installed.git("log", "-p")
    assert A[:40] not in installed.git("show", "HEAD") + installed.git("log", "-p")
    commit(installed, HARMLESS, "c.yaml")
    installed.write("c.yaml", HARMLESS + "# ä\n", add=False)
    assert installed.git("diff") == installed.git("diff", "--no-textconv")


def test_diff_of_what_cannot_be_read_shows_it_as_it_is(installed: Repository) -> None:
    """Broken YAML, bytes that are no text, and files that are too large for us: never an error."""
    for number, data in enumerate([b"kind: SealedSecret\na: [\n", b"SealedSecret \xff\xfe\n"]):
        commit(installed, data, f"{number}.yaml")
    assert "+a: [" in installed.git("log", "-p")


def test_patch_for_others_holds_the_ciphertext(installed: Repository) -> None:
    """`git format-patch` and `git apply` work as ever."""
    commit(installed, BASE)
    commit(installed, BASE.replace(A, X))
    patch = installed.git("format-patch", "--stdout", "HEAD~1")
    assert X in patch
    (installed.folder / "x.patch").write_text(patch)
    installed.git("checkout", "--quiet", "HEAD~1")
    installed.git("am", "--quiet", "x.patch")
    assert content(installed) == BASE.replace(A, X)


@pytest.mark.parametrize("command", ["merge", "rebase", "cherry-pick"])
def test_merge_of_neighbouring_items_is_clean(forked: Repository, command: str) -> None:
    """Their lines touch, and git alone would see a conflict."""
    commit(forked, BASE.replace(B, Y))
    options = ("--no-edit",) if command == "merge" else ()
    done = forked.run("git", command, *options, "side")
    assert done.returncode == 0, done.stderr
    assert content(forked) == BASE.replace(A, X).replace(B, Y)
    assert forked.git("status", "--porcelain", "-uno") == ""


@pytest.mark.parametrize("command", ["merge", "rebase", "cherry-pick"])
def test_merge_of_the_same_item_is_a_conflict_around_it(forked: Repository, command: str) -> None:
    """The markers enclose that item; resolving it is choosing a line."""
    commit(forked, BASE.replace(A, Y).replace(C, X))
    options = ("--no-edit",) if command == "merge" else ()
    done = forked.run("git", command, *options, "side")
    assert done.returncode == 1
    assert "db.yaml: shop/db: item a was changed on both sides" in done.stderr
    text = content(forked)
    start, end = text.index("<<<<<<<"), text.index(">>>>>>>")
    assert text[start:end].count("\n") == 4
    assert {X, Y} <= set(text[start:end].replace("a: ", "").split())
    assert text[:start] + text[end:].partition("\n")[2] == BASE.replace(
        f"    a: {A}\n", ""
    ).replace(C, X)
    assert forked.git("diff", "--name-only", "--diff-filter=U") == "db.yaml\n"


def test_merge_of_a_renamed_file_goes_by_item(forked: Repository) -> None:
    """Git follows the rename, the driver merges."""
    forked.git("mv", "db.yaml", "moved.yaml")
    commit(forked, BASE.replace(B, Y), "moved.yaml")
    forked.git("merge", "--no-edit", "side")
    assert content(forked, "moved.yaml") == BASE.replace(A, X).replace(B, Y)


def test_merge_of_other_kinds_and_comments_goes_by_lines(forked: Repository) -> None:
    """A ConfigMap beside the sealed object, and a comment above it."""
    commit(forked, f"# why\n{BASE.replace(B, Y)}---\n{HARMLESS}")
    forked.git("merge", "--no-edit", "side")
    assert content(forked) == f"# why\n{BASE.replace(A, X).replace(B, Y)}---\n{HARMLESS}"


def test_merge_of_fields_and_other_lines_on_both_sides_is_clean(forked: Repository) -> None:
    """Items whose lines touch, a comment of theirs, and another object of ours."""
    forked.git("checkout", "--quiet", "side")
    commit(forked, f"# theirs\n{BASE.replace(A, X)}")
    forked.git("checkout", "--quiet", "main")
    commit(forked, f"{BASE.replace(B, Y)}---\n{HARMLESS}")
    forked.git("merge", "--no-edit", "side")
    assert content(forked) == f"# theirs\n{BASE.replace(A, X).replace(B, Y)}---\n{HARMLESS}"


def test_drivers_that_fail_leave_it_to_git(
    forked: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bug of ours costs the comfort, and neither the merge nor the diff."""
    for name in ("sealer", "sealer-hook"):
        (tmp_path / name).write_text("#!/bin/sh\n[ $# -eq 1 ] || exit 70\n")
        (tmp_path / name).chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setattr("sys.executable", str(tmp_path / "python"))
        assert run("git", "install").code == 0
    commit(forked, f"{BASE}---\n{HARMLESS}")
    forked.git("merge", "--no-edit", "side")
    assert content(forked) == f"{BASE.replace(A, X)}---\n{HARMLESS}"
    assert X in forked.git("show", "HEAD~1") + forked.git("log", "-p", "side")


def test_merge_of_other_files_is_as_git_does_it(forked: Repository) -> None:
    """With the style of conflicts that the user has chosen."""
    commit(forked, "a: 1\n", "x.yaml")
    forked.git("checkout", "--quiet", "-b", "third")
    commit(forked, "a: 2\n", "x.yaml")
    forked.git("checkout", "--quiet", "main")
    commit(forked, "a: 3\n", "x.yaml")
    forked.git("config", "merge.conflictStyle", "diff3")
    assert forked.run("git", "merge", "third").returncode == 1
    expected = "<<<<<<< ours\na: 3\n||||||| base\na: 1\n=======\na: 2\n>>>>>>> theirs\n"
    assert content(forked, "x.yaml") == expected


def test_merge_of_histories_that_cross_is_clean(forked: Repository) -> None:
    """Git merges the common ancestors first, with the same driver."""
    commit(forked, BASE.replace(B, Y))
    forked.git("branch", "other")
    forked.git("merge", "--no-edit", "side")
    forked.git("checkout", "--quiet", "side")
    forked.git("merge", "--no-edit", "other")
    commit(forked, content(forked).replace(C, A))
    forked.git("checkout", "--quiet", "main")
    commit(forked, f"# top\n{content(forked)}")
    forked.git("merge", "--no-edit", "side")
    both = BASE.replace(A, X).replace(B, Y).replace(C, A)
    assert content(forked) == f"# top\n{both}"


def test_merge_driver_keeps_mode_and_says_what_it_cannot_read(
    installed: Repository, tmp_path: Path
) -> None:
    """Called as git calls it; files that git takes for binary stay ours."""
    for name in ("base", "ours", "theirs"):
        (tmp_path / name).write_bytes(b"\0" + name.encode())
    paths = [str(tmp_path / name) for name in ("base", "ours", "theirs")]
    assert run("git", "merge-driver", *paths, "7", "x.yaml").code == 1
    assert (tmp_path / "ours").read_bytes() == b"\0ours"
    assert run("git", "merge-driver", str(tmp_path / "none"), *paths[1:], "7", "x").code == 3
    assert run("git", "merge-driver", *paths, "0", "x").code == 2
    assert installed.folder == Path.cwd()


def test_textconv_passes_other_files_byte_for_byte(tmp_path: Path) -> None:
    """What holds no SealedSecret is not even decoded."""
    (tmp_path / "x").write_bytes(b"\xff\r\n\0")
    assert run("git", "textconv", str(tmp_path / "x")).out == b"\xff\r\n\0"
    assert run("git", "textconv", str(tmp_path / "none")).code == 3


def test_drivers_work_with_percent_signs_and_quotes_in_their_path(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Git expands `%`, and the shell splits at blanks."""
    programs = tmp_path / "100% %A 'mine'"
    programs.mkdir()
    for name in ("sealer", "sealer-hook"):
        text = f'#!/bin/sh\necho {name} >> "{tmp_path}/log"\nexec "{PROGRAMS}/{name}" "$@"\n'
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setattr("sys.executable", str(programs / "python"))
        assert run("git", "install").code == 0
    commit(repository, BASE)
    repository.git("checkout", "--quiet", "-b", "side")
    commit(repository, BASE.replace(A, X))
    repository.git("checkout", "--quiet", "main")
    commit(repository, BASE.replace(B, Y))
    repository.git("merge", "--no-edit", "side")
    assert X[:40] not in repository.git("show", "HEAD~1")
    used = (tmp_path / "log").read_text().split()
    assert {name: used.count(name) for name in used} == {"sealer-hook": 4, "sealer": 3}
