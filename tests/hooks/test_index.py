"""The index as git leaves it in every situation: what would be committed is looked at, no more."""

import os
from pathlib import Path

import pytest

from sealer_hooks.git import GitError
from sealer_hooks.sources.index import IndexSource
from tests.hooks.repository import HARMLESS, SECRET, Repository, found


def _found(repository: Repository) -> list[str]:
    verdict = repository.staged()
    assert verdict.undecided == []
    return sorted(finding.path for finding in verdict.findings)


def test_index_before_the_first_commit_is_compared_with_nothing(repository: Repository) -> None:
    """Without a HEAD everything staged is new."""
    repository.write("secret.yaml")
    repository.write("sub/other.yaml", HARMLESS)
    assert _found(repository) == ["secret.yaml"]
    assert repository.staged().scanned == 2


def test_index_empty_is_clean(repository: Repository) -> None:
    """There is nothing to look at."""
    assert repository.staged().scanned == 0
    assert (repository.staged().scanned, repository.staged().exit_code) == (0, 0)


def test_index_committed_secret_is_not_new(repository: Repository) -> None:
    """What HEAD holds already, this commit does not bring."""
    repository.write("secret.yaml")
    repository.commit()
    repository.write("other.yaml", HARMLESS)
    assert _found(repository) == []


def test_index_change_is_looked_at(repository: Repository) -> None:
    """A file that was harmless may not become a Secret."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    repository.write("a.yaml", SECRET)
    assert _found(repository) == ["a.yaml"]


def test_index_work_tree_is_not_looked_at(repository: Repository) -> None:
    """Only what is staged counts, whatever the file holds by now."""
    repository.write("staged.yaml", SECRET)
    repository.write("staged.yaml", HARMLESS, add=False)
    repository.write("unstaged.yaml", HARMLESS)
    repository.write("unstaged.yaml", SECRET, add=False)
    repository.write("untracked.yaml", SECRET, add=False)
    assert _found(repository) == ["staged.yaml"]


def test_index_deleted_secret_passes(repository: Repository) -> None:
    """Taking a Secret out is welcome."""
    repository.write("secret.yaml")
    repository.commit()
    repository.git("rm", "--quiet", "secret.yaml")
    assert _found(repository) == []


def test_index_renamed_secret_is_found(repository: Repository) -> None:
    """At its new place it is a new file, and so is a copy, however somebody likes them shown."""
    repository.git("config", "diff.renames", "copies")
    repository.write("old.yaml")
    repository.commit()
    repository.git("mv", "old.yaml", "new.yaml")
    assert _found(repository) == ["new.yaml"]


def test_index_mode_change_alone_brings_nothing(repository: Repository) -> None:
    """The base has the content at this path; executable files are files all the same."""
    repository.write("old.yaml")
    repository.write("changed.yaml", HARMLESS)
    repository.commit()
    repository.write("changed.yaml")
    repository.write("new.yaml")
    for name in ("old.yaml", "changed.yaml", "new.yaml"):
        repository.git("update-index", "--chmod=+x", name)
    assert _found(repository) == ["changed.yaml", "new.yaml"]


def test_index_link_to_a_manifest_that_becomes_a_file_is_looked_at(repository: Repository) -> None:
    """A link's content was never examined, though its id stays the same."""
    (repository.folder / "secret.yaml").symlink_to(SECRET)
    repository.git("add", "secret.yaml")
    repository.commit()
    blob = repository.id("HEAD:secret.yaml")
    repository.git("update-index", "--cacheinfo", f"100644,{blob},secret.yaml")
    assert _found(repository) == ["secret.yaml"]


def test_index_intent_to_add_is_not_committed(repository: Repository) -> None:
    """`add -N` stages a name and no content."""
    repository.write("secret.yaml", add=False)
    repository.git("add", "--intent-to-add", "secret.yaml")
    assert _found(repository) == []
    assert (repository.staged().scanned, repository.staged().exit_code) == (0, 0)


def test_index_empty_file_is_read(repository: Repository) -> None:
    """A blob of no bytes is a blob."""
    repository.write("empty", "")
    repository.write("secret.yaml")
    assert _found(repository) == ["secret.yaml"]


def test_index_symbolic_link_is_no_file(repository: Repository) -> None:
    """A link's blob is a path; what it points to is looked at where it is committed."""
    repository.write("secret.yaml")
    repository.commit()
    (repository.folder / "link.yaml").symlink_to("secret.yaml")
    repository.git("add", "link.yaml")
    assert _found(repository) == []


def test_index_link_that_becomes_a_file_is_looked_at(repository: Repository) -> None:
    """A change of the type is a change of the content."""
    (repository.folder / "a.yaml").symlink_to("elsewhere")
    repository.git("add", "a.yaml")
    repository.commit()
    (repository.folder / "a.yaml").unlink()
    repository.write("a.yaml")
    assert _found(repository) == ["a.yaml"]


def test_index_submodule_is_no_file(repository: Repository, tmp_path: Path) -> None:
    """A submodule's entry names a commit of another repository."""
    inner = Repository.create(tmp_path / "inner", repository.environment)
    inner.write("secret.yaml")
    inner.commit()
    allowed = ("-c", "protocol.file.allow=always")
    repository.git(*allowed, "submodule", "--quiet", "add", str(inner.folder), "in")
    assert _found(repository) == []
    assert repository.staged().scanned == 1  # .gitmodules


@pytest.mark.parametrize(
    "name",
    [b"two\nlines.yaml", b'tab\tquote".yaml', b"it's.yaml", b"-dash.yaml", b"\xff\xfe.yaml",
     "ключ.yaml".encode(), b" blank ", b"back\\slash", b":colon", b"*", b"sub/\x1b[2J.yaml"],
)  # fmt: skip
def test_index_odd_name_is_right(repository: Repository, name: bytes) -> None:
    """Names are bytes, and any byte but NUL and slash may stand in them."""
    repository.write(name)
    repository.write("plain.yaml", HARMLESS)
    assert _found(repository) == [os.fsdecode(name)]


def test_index_many_files_are_read_in_order(repository: Repository) -> None:
    """Contents do not get mixed up, and one git process reads them all."""
    for number in range(60):
        text = SECRET.replace("hunter2", "x" * (number + 1))
        repository.write(f"f{number}.yaml", text + "# " + "-" * 5000 * number, add=False)
    repository.git("add", ".")
    lengths = {finding.path: finding.length for finding in repository.staged().findings}
    assert lengths == {f"f{number}.yaml": number + 1 for number in range(60)}


def test_index_sha256_repository_is_read(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids are longer there, and the empty tree is another one."""
    made = Repository.create(tmp_path / "sha256", environment, "--object-format=sha256")
    monkeypatch.chdir(made.folder)
    made.write("secret.yaml")
    assert _found(made) == ["secret.yaml"]
    made.commit()
    made.write("other.yaml")
    assert _found(made) == ["other.yaml"]


def test_index_of_a_worktree_is_its_own(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linked work trees share objects and have an index each."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    repository.write("main.yaml")
    linked = Repository(tmp_path / "linked", repository.environment)
    linked.write("linked.yaml")
    monkeypatch.chdir(linked.folder)
    assert _found(linked) == ["linked.yaml"]


def test_index_on_a_detached_head_is_read(repository: Repository) -> None:
    """HEAD need not be a branch."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    repository.git("checkout", "--quiet", "--detach")
    repository.write("secret.yaml")
    assert _found(repository) == ["secret.yaml"]


def test_index_from_a_subfolder_is_whole(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths are from the root, as git has them."""
    repository.write("secret.yaml")
    repository.write("sub/a.yaml", HARMLESS)
    monkeypatch.chdir(repository.folder / "sub")
    assert _found(repository) == ["secret.yaml"]


def test_index_named_by_the_environment_is_used(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git prepares partial commits in an index of their own."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/another-index")
    other = Repository(repository.folder, dict(os.environ))
    other.git("read-tree", "HEAD")
    other.write("secret.yaml")
    assert _found(repository) == ["secret.yaml"]
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert _found(repository) == []


def test_index_with_a_conflict_is_undecided(repository: Repository) -> None:
    """Git would refuse the commit, and so does the hook."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    repository.git("checkout", "--quiet", "-b", "other")
    repository.write("a.yaml", HARMLESS + "# other\n")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.write("a.yaml", HARMLESS + "# main\n")
    repository.commit()
    repository.git("merge", "other", check=False)
    verdict = repository.staged()
    assert [(path, reason) for path, _, _, reason in verdict.undecided] == [
        ("a.yaml", "is unmerged: resolve the conflict, then add it")
    ]
    repository.write("a.yaml", SECRET)
    assert _found(repository) == ["a.yaml"]


@pytest.mark.parametrize(
    "command",
    [
        ["update-index", "--split-index"],
        ["update-index", "--index-version=4"],
        ["update-index", "--untracked-cache"],
        ["config", "core.ignoreCase", "true"],
        ["config", "core.quotePath", "true"],
        ["config", "diff.relative", "true"],
        ["config", "diff.renames", "copies"],
        ["config", "diff.orderFile", "/nonexistent"],
        ["config", "diff.ignoreSubmodules", "all"],
        ["config", "core.autocrlf", "true"],
        ["config", "core.abbrev", "4"],
        ["config", "status.relativePaths", "true"],
    ],
)
def test_index_kept_in_any_way_is_read(repository: Repository, command: list[str]) -> None:
    """How git keeps its index, and how a person likes it shown, changes nothing."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    repository.git(*command)
    repository.write("ü sub/secret.yaml")
    repository.write("a.yaml", SECRET)
    assert _found(repository) == ["a.yaml", "ü sub/secret.yaml"]


def test_index_sparse_is_whole(repository: Repository) -> None:
    """Files outside the sparse checkout are committed like all others."""
    repository.write("in/a.yaml", HARMLESS)
    repository.write("out/b.yaml", HARMLESS)
    repository.commit()
    repository.git("sparse-checkout", "set", "--sparse-index", "in")
    blob = repository.git("hash-object", "-w", "-t", "blob", "in/a.yaml").strip()
    repository.write("in/secret.yaml")
    secret = repository.id(":in/secret.yaml")
    repository.git("update-index", "--add", "--cacheinfo", f"100644,{secret},out/secret.yaml")
    repository.git("update-index", "--cacheinfo", f"100644,{blob},out/b.yaml")
    assert _found(repository) == ["in/secret.yaml", "out/secret.yaml"]


def test_index_pointer_of_lfs_is_skipped_and_said(repository: Repository) -> None:
    """Its content is not in git, whatever the work tree shows."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"
    repository.write("a.yaml", pointer)
    repository.write("a.yaml", SECRET, add=False)
    verdict = repository.staged()
    assert [path for path, _ in verdict.skipped] == ["a.yaml"]
    assert verdict.exit_code == 0


def test_index_taken_whole_holds_what_was_committed_before(repository: Repository) -> None:
    """A baseline begins with everything; a name without content is none."""
    repository.write("old.yaml")
    repository.commit()
    repository.write("sub/new.yaml")
    repository.write("later.yaml", add=False)
    repository.git("add", "--intent-to-add", "later.yaml")
    assert found(IndexSource(repository.opened(), is_all=True)) == ["old.yaml", "sub/new.yaml"]


def test_index_with_a_replaced_object_shows_the_real_one(repository: Repository) -> None:
    """A replace reference would show a harmless file where a Secret is committed."""
    repository.write("harmless.yaml", HARMLESS)
    repository.write("secret.yaml")
    ids = {line.split()[3]: line.split()[1] for line in
           repository.git("ls-files", "--stage").splitlines()}  # fmt: skip
    repository.git("replace", ids["secret.yaml"], ids["harmless.yaml"])
    assert _found(repository) == ["secret.yaml"]


@pytest.mark.parametrize("damage", ["remove", "overwrite", "truncate"])
def test_index_with_a_damaged_object_is_undecided(repository: Repository, damage: str) -> None:
    """What git cannot read is not clean; the files beside it are still looked at."""
    repository.write("a.yaml", "kind: Secret # data\n" * 20_000)
    repository.write("secret.yaml")
    blob = repository.git("rev-parse", ":a.yaml").strip()
    file = repository.folder / ".git" / "objects" / blob[:2] / blob[2:]
    content = file.read_bytes()
    file.unlink()
    if damage == "overwrite":
        file.write_bytes(b"nothing")
    elif damage == "truncate":
        file.write_bytes(content[: len(content) // 2])
    verdict = repository.staged()
    assert ("a.yaml", f"cannot be read: its git object {blob} is missing or damaged") in [
        (path, reason) for path, _, _, reason in verdict.undecided
    ]
    assert verdict.exit_code == 2
    if damage == "remove":
        assert [finding.path for finding in verdict.findings] == ["secret.yaml"]


def test_index_damaged_is_an_error(repository: Repository) -> None:
    """An index that git cannot read ends the run."""
    repository.write("a.yaml")
    (repository.folder / ".git" / "index").write_bytes(b"DIRC nothing")
    with pytest.raises(GitError, match="git diff-index failed"):
        repository.staged()


def test_index_outside_a_repository_is_an_error(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing staged where there is no repository."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GitError, match="not a git repository"):
        Repository(tmp_path, environment).staged()


def test_index_huge_blob_is_cut_and_the_next_is_whole(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A blob over the limit is read up to there, and the rest of it passed over."""
    monkeypatch.setattr("sealer_hooks.sources.content.LONGEST_SCAN", 1000)
    repository.write("a.txt", "x" * 3_000_000)
    repository.write("b.yaml", SECRET)
    repository.write("c.yaml", SECRET + "#" * 2000)
    repository.write("d.yaml", "#" * 1000)
    verdict = repository.staged()
    assert [path for path, _ in verdict.skipped] == ["a.txt"]
    assert [finding.path for finding in verdict.findings] == ["b.yaml"]
    assert [path for path, *_ in verdict.undecided] == ["c.yaml"]
    assert verdict.scanned == 2
