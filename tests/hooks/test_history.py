"""`--history`: all that any ref leads to, in real repositories."""

import os
import subprocess
from pathlib import Path

import pytest

from sealer_hooks.git import GitError
from sealer_hooks.main import main
from sealer_hooks.sources import Source
from sealer_hooks.sources.revisions import history
from tests.hooks.repository import HARMLESS, SECRET, Repository, examine, found


def _history(repository: Repository, name: str = "") -> Source:
    return history(repository.opened(), name)


def test_history_empty_is_clean(repository: Repository) -> None:
    """Before the first commit there is none."""
    verdict = examine(_history(repository))
    assert (verdict.scanned, verdict.exit_code) == (0, 0)


def test_history_holds_every_branch_tag_and_stash(repository: Repository) -> None:
    """Whatever a ref keeps alive is there to be read."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    for name in ("branch", "tagged"):
        repository.git("checkout", "--quiet", "--detach", "main")
        repository.write(f"{name}.yaml")
        repository.commit()
        repository.git("branch" if name == "branch" else "tag", f"the-{name}")
    repository.git("checkout", "--quiet", "main")
    repository.write("stashed.yaml")
    repository.git("stash", "--quiet")
    assert found(_history(repository)) == ["branch.yaml", "stashed.yaml", "tagged.yaml"]


def test_history_holds_what_a_detached_head_leads_to(repository: Repository) -> None:
    """HEAD is no ref of its own."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    repository.git("checkout", "--quiet", "--detach")
    repository.write("secret.yaml")
    repository.commit()
    assert found(_history(repository)) == ["secret.yaml"]


def test_history_holds_what_was_removed_and_every_version(repository: Repository) -> None:
    """Each value of a file that changed is told, at its line."""
    for text in (SECRET, "# moved\n" + SECRET, HARMLESS):
        repository.write("a.yaml", text)
        repository.commit()
    repository.write("b.yaml")
    repository.commit()
    repository.git("rm", "--quiet", "b.yaml")
    repository.commit()
    verdict = examine(_history(repository))
    places = sorted((finding.path, finding.line) for finding in verdict.findings)
    assert places == [("a.yaml", 4), ("a.yaml", 5), ("b.yaml", 4)]


def test_history_holds_tagged_files_and_trees(repository: Repository) -> None:
    """A tag can keep a file or a folder that no commit has; tags of tags lead there as well."""
    repository.write("sub/tree.yaml")
    tree = repository.git("write-tree").strip()
    repository.write("blob.yaml", SECRET + "# blob\n")
    blob = repository.id(":blob.yaml")
    repository.git("tag", "plain-blob", blob)
    repository.git("tag", "--annotate", "--message=x", "tree", tree)
    repository.git("tag", "--annotate", "--message=x", "tag-of-tag", "tree")
    verdict = examine(_history(repository))
    assert {finding.path for finding in verdict.findings} == {
        "refs/tags/plain-blob",
        "sub/tree.yaml",
    }
    assert verdict.undecided == []


def test_history_of_refs_that_alone_keep_something_says_how_to_delete_them(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no commit to change, and no file to seal."""
    repository.write("secret.yaml")
    tree, blob = repository.git("write-tree").strip(), repository.id(":secret.yaml")
    repository.git("tag", "a-tree", tree)
    repository.git("tag", "a'file", blob)
    repository.git("rm", "--quiet", "--cached", "secret.yaml")
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    repository.git("notes", "add", "-m", SECRET)
    assert main(["--history"]) == 1
    lines = capsys.readouterr().out.split("\n")
    assert [
        line.rpartition(", ")[2] for line in lines if "SH001" in line and "allow" not in line
    ] == [
        "in refs/tags/a'file)",
        "in refs/tags/a-tree)",
        "in refs/notes/commits)",
    ]
    assert [line for line in lines if line.startswith("  fix: ")] == [
        "  fix: no commit holds this; delete the tag: git tag -d 'a'\"'\"'file'",
        "  fix: no commit holds this; delete the tag: git tag -d a-tree",
        "  fix: no file holds this; delete the ref: git update-ref -d refs/notes/commits",
    ]


def test_history_names_of_any_bytes_are_right(repository: Repository) -> None:
    """Line feeds and bytes that are no UTF-8 are part of names."""
    names = [b"two\nlines", b'tab\tquote"', b"\xff\xfe", b" blank ", b":colon", b"-dash"]
    for name in names:
        repository.write(name, SECRET.encode() + name)
    repository.commit()
    assert found(_history(repository)) == sorted(map(os.fsdecode, names))


def test_history_of_a_range_is_what_it_says(repository: Repository) -> None:
    """Ranges are git's: what leads to A is left out of A..B."""
    for name in ("one.yaml", "two.yaml", "three.yaml"):
        repository.write(name)
        repository.commit()
    assert found(_history(repository, "HEAD~1..HEAD")) == ["three.yaml"]
    assert found(_history(repository, "HEAD~1")) == ["one.yaml", "two.yaml"]
    assert found(_history(repository, "HEAD~2...HEAD")) == ["three.yaml", "two.yaml"]
    assert main(["--history", "HEAD..HEAD"]) == 0


@pytest.mark.parametrize(
    "name", ["missing", "missing..main", "--all", "--output=x", "^HEAD", "a b", "x.y"]
)
def test_history_of_no_range_is_an_error(repository: Repository, name: str) -> None:
    """A word that names no commits is wrong usage, and never an option or a file."""
    repository.write("x.y", HARMLESS)
    repository.commit()
    with pytest.raises(GitError):
        examine(_history(repository, name))
    assert main(["--history", name]) == 2
    assert not Path("x").exists()


def test_history_of_a_sha256_repository_is_read(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids are longer there."""
    made = Repository.create(tmp_path / "sha256", environment, "--object-format=sha256")
    monkeypatch.chdir(made.folder)
    made.write("secret.yaml")
    made.commit()
    made.git("rm", "--quiet", "secret.yaml")
    made.commit()
    assert found(_history(made)) == ["secret.yaml"]


def test_history_without_a_work_tree_is_read(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An audit may run on the server."""
    repository.write("secret.yaml")
    repository.commit()
    repository.git("clone", "--quiet", "--bare", ".", "../bare.git")
    monkeypatch.chdir(repository.folder.parent / "bare.git")
    source = _history(repository)
    assert found(source) == ["secret.yaml"]
    assert source.read_policy_file("secret.yaml") == SECRET.encode()


def test_history_from_a_subfolder_is_whole(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git's options cannot narrow it; paths are those from the root."""
    repository.git("config", "diff.relative", "true")
    repository.write("secret.yaml")
    repository.write("sub/other.yaml")
    repository.commit()
    monkeypatch.chdir(repository.folder / "sub")
    assert found(_history(repository)) == ["secret.yaml", "sub/other.yaml"]


def test_history_that_is_cut_off_is_said(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shallow clone has only the end of it; a strict run does not pass that."""
    for number in range(3):
        repository.write("a.yaml", HARMLESS + f"# {number}\n")
        repository.commit()
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", "../clone")
    monkeypatch.chdir(repository.folder.parent / "clone")
    assert [path for path, _ in examine(_history(repository)).skipped] == [".git/shallow"]
    assert main(["--history"]) == 0
    assert main(["--history", "--strict"]) == 2


def test_history_of_a_partial_clone_says_how_to_fetch_the_rest(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is damaged, and nothing is passed; one line says it for all files."""
    for name in ("a.yaml", "b.yaml"):
        repository.write(name, HARMLESS + f"# {name}\n")
    repository.commit()
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "partial"
    address = f"file://{repository.folder}"
    repository.git("clone", "-q", "--no-checkout", "--filter=blob:none", address, str(clone))
    monkeypatch.chdir(clone)
    ((path, _, _, reason),) = examine(_history(repository)).undecided
    assert (path, "contents of 2 files" in reason) == (".git", True)
    command = reason.partition("; ")[2].removesuffix(" fetches them").split()
    subprocess.run([*command, "--quiet"], check=True)
    assert examine(_history(repository)).exit_code == 0


def test_history_obeys_the_policy_of_head(repository: Repository) -> None:
    """The work tree and the index may hold another."""
    repository.write(".sealer.yaml", "version: 1\n")
    repository.commit()
    repository.write(".sealer.yaml", "version: 1\n# staged\n")
    assert _history(repository).read_policy_file(".sealer.yaml") == b"version: 1\n"
