"""`--from-ref` and `--to-ref`: what CI asks about a range of commits, in real repositories."""

import pytest

from sealer_hooks.git import GitError
from sealer_hooks.main import main
from sealer_hooks.sources import Source
from sealer_hooks.sources.revisions import between
from tests.hooks.repository import HARMLESS, SECRET, Repository, examine, found

ZEROS = "0" * 40


@pytest.fixture
def branched(repository: Repository) -> Repository:
    """Return a repository with an old Secret on `main`, and the branch `work` without changes."""
    repository.write("old.yaml")
    repository.commit()
    repository.git("checkout", "--quiet", "-b", "work")
    return repository


def _between(repository: Repository, old: str = "main", new: str = "work") -> Source:
    return between(repository.opened(), old, new)


def test_range_brings_what_its_commits_bring(branched: Repository) -> None:
    """An old Secret is nobody's fault in this range, a new one is."""
    branched.write("sub/new.yaml")
    branched.commit()
    assert found(_between(branched)) == ["sub/new.yaml"]


def test_range_without_commits_is_clean(branched: Repository) -> None:
    """The branch holds an old Secret, and brings nothing."""
    verdict = examine(_between(branched))
    assert (verdict.scanned, verdict.exit_code) == (0, 0)


def test_range_with_a_secret_removed_again_is_found_with_its_commit(branched: Repository) -> None:
    """A merge brings the whole history; the report names the commit to change."""
    branched.write("new.yaml")
    branched.commit()
    guilty = branched.id("HEAD")
    branched.git("rm", "--quiet", "new.yaml")
    branched.commit()
    verdict = examine(_between(branched))
    assert [(each.path, verdict.origins[each]) for each in verdict.findings] == [
        ("new.yaml", guilty)
    ]


def test_range_finding_of_many_commits_is_told_once(branched: Repository) -> None:
    """Each commit that touches the file holds the value; one line is enough to find it."""
    for number in range(3):
        branched.write("new.yaml", SECRET + f"# {number}\n")
        branched.commit()
    assert found(_between(branched)) == ["new.yaml"]


def test_range_same_file_at_two_paths_is_judged_at_each(branched: Repository) -> None:
    """What only warns in documentation stops the commit elsewhere, whichever comes first."""
    branched.write("docs/a.md", f"```\n{SECRET}```\n")
    branched.write("prod/a.yaml", f"```\n{SECRET}```\n")
    branched.commit()
    assert found(_between(branched)) == ["docs/a.md", "prod/a.yaml"]


def test_range_takes_deletions_links_and_submodules_for_no_files(branched: Repository) -> None:
    """Only regular files are looked at; the mode of one makes no difference."""
    branched.git("rm", "--quiet", "old.yaml")
    (branched.folder / "link").symlink_to("kind: Secret\ndata: {a: YQ==}")
    branched.git("add", "link")
    branched.git("update-index", "--add", "--cacheinfo", f"160000,{branched.id('HEAD')},module")
    branched.write("run.yaml", HARMLESS)
    branched.git("update-index", "--chmod=+x", "run.yaml")
    branched.commit()
    verdict = examine(_between(branched))
    assert (verdict.scanned, verdict.findings, verdict.undecided) == (1, [], [])


def test_range_renamed_secret_is_found(branched: Repository) -> None:
    """At its new place it is a new file, as in the index."""
    branched.git("config", "diff.renames", "copies")
    branched.git("mv", "old.yaml", "new.yaml")
    branched.commit()
    assert found(_between(branched)) == ["new.yaml"]


def test_range_over_a_merge_takes_what_no_parent_has(branched: Repository) -> None:
    """What a merge adds of its own is new; what `main` had is not."""
    branched.write("b.yaml", HARMLESS)
    branched.commit()
    branched.git("checkout", "--quiet", "main")
    branched.write("main.yaml")
    branched.commit()
    branched.git("checkout", "--quiet", "work")
    branched.git("merge", "--quiet", "--no-commit", "main")
    branched.git("commit", "--quiet", "--no-edit")
    assert found(_between(branched)) == []
    branched.git("reset", "--quiet", "--hard", "HEAD~1")
    branched.git("merge", "--quiet", "--no-commit", "main")
    branched.write("evil.yaml")
    branched.git("commit", "--quiet", "--no-edit")
    assert found(_between(branched)) == ["evil.yaml"]


def test_range_mode_change_alone_brings_nothing(branched: Repository) -> None:
    """Neither in a commit, nor in a merge that differs by the mode from all its parents."""
    branched.write("b.yaml", HARMLESS)
    branched.commit()
    branched.git("checkout", "--quiet", "-b", "side", "main")
    branched.write("c.yaml", HARMLESS)
    branched.commit()
    branched.git("merge", "--quiet", "--no-commit", "work")
    (branched.folder / "old.yaml").chmod(0o755)
    branched.git("add", "old.yaml")
    branched.git("commit", "--quiet", "--no-edit")
    assert found(_between(branched, new="side")) == []
    branched.git("checkout", "--quiet", "work")
    (branched.folder / "old.yaml").chmod(0o755)
    branched.commit("--all")
    assert found(_between(branched)) == []


def test_range_conflict_resolved_to_a_secret_is_found(branched: Repository) -> None:
    """A resolution is content that no parent has."""
    for branch in ("main", "work"):
        branched.git("checkout", "--quiet", branch)
        branched.write("a.yaml", HARMLESS + f"# {branch}\n")
        branched.commit()
    branched.git("merge", "main", check=False)
    branched.write("a.yaml", SECRET)
    branched.git("commit", "--quiet", "--no-edit")
    assert found(_between(branched)) == ["a.yaml"]


def test_range_of_force_pushed_commits_is_what_is_new(branched: Repository) -> None:
    """The old tip need not lead to the new one."""
    branched.write("a.yaml", HARMLESS)
    branched.commit()
    before = branched.id("HEAD")
    branched.git("reset", "--quiet", "--hard", "main")
    branched.write("b.yaml")
    branched.commit()
    assert found(_between(branched, before)) == ["b.yaml"]


@pytest.mark.parametrize("old", [ZEROS, "0" * 64])
def test_range_from_nothing_is_the_whole_history(branched: Repository, old: str) -> None:
    """CI systems give zeros for a new branch; without a default branch all of it is new."""
    source = _between(branched, old)
    assert found(source) == ["old.yaml"]
    assert source.policy_revision is None


def test_range_from_nothing_begins_at_the_default_branch(branched: Repository) -> None:
    """Where it is known, a new branch brings what the default branch has not, and obeys it."""
    branched.git("update-ref", "refs/remotes/origin/main", "main")
    branched.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    branched.write("new.yaml")
    branched.commit()
    source = _between(branched, ZEROS)
    assert found(source) == ["new.yaml"]
    assert source.policy_revision == branched.id("main")
    unpublished = _between(branched, ZEROS, "main")  # is it new itself, or only just branched?
    assert found(unpublished) == ["old.yaml"]
    assert unpublished.policy_revision is None


def test_range_obeys_the_policy_from_where_it_branched_off(branched: Repository) -> None:
    """Neither the branch's own policy counts, nor one that `main` got since."""
    fork = branched.id("main")
    branched.write(".sealer.yaml", "version: 1\n")
    branched.commit()
    branched.git("checkout", "--quiet", "main")
    branched.write(".sealer.yaml", "version: 1\n# main\n")
    branched.commit()
    source = _between(branched)
    assert source.policy_revision == fork
    assert source.read_policy_file(".sealer.yaml") is None


def test_range_of_unrelated_histories_obeys_nothing(branched: Repository) -> None:
    """No common commit and no default branch: nothing is allowed."""
    branched.git("checkout", "--quiet", "--orphan", "alone")
    branched.git("commit", "--quiet", "--message=alone")
    assert _between(branched, "main", "alone").policy_revision is None


@pytest.mark.parametrize("name", ["missing", "a" * 40, "--all", "-x", "", "main^{tree}"])
def test_range_with_a_name_that_leads_nowhere_is_an_error(branched: Repository, name: str) -> None:
    """A name that git does not know may be one that was not fetched; it is never an option."""
    with pytest.raises(GitError, match="names no commit here"):
        _between(branched, name)
    with pytest.raises(GitError, match="names no commit here"):
        _between(branched, "main", name)


def test_range_in_a_shallow_clone_says_so(
    branched: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was cut off could not be examined; a strict run does not pass that."""
    branched.write("a.yaml", HARMLESS)
    branched.commit()
    branched.git("clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=work",
                 f"file://{branched.folder}", "../clone")  # fmt: skip
    clone = Repository(branched.folder.parent / "clone", branched.environment)
    monkeypatch.chdir(clone.folder)
    clone.write("b.yaml", HARMLESS + "# b\n")
    clone.commit()
    near = between(clone.opened(), "origin/work", "work")
    assert examine(near, is_strict=True).exit_code == 0, "the range does not reach the cut"
    clone.git("update-ref", "-d", "refs/remotes/origin/HEAD")
    far = between(clone.opened(), ZEROS, "work")
    (path, reason) = examine(far).skipped[0]
    assert (path, "git fetch --unshallow" in reason) == (".git/shallow", True)
    assert examine(far, is_strict=True).exit_code == 2


@pytest.mark.parametrize("part", ["HEAD~1", "HEAD~1^{tree}", "HEAD^{tree}"])
def test_range_with_a_missing_commit_or_tree_is_an_error(branched: Repository, part: str) -> None:
    """A history with a hole in it is not clean."""
    for name in ("a.yaml", "b.yaml"):
        branched.write(name, HARMLESS + name)
        branched.commit()
    branched.lose(part)
    with pytest.raises(GitError, match="failed: "):
        examine(_between(branched))


def test_range_with_a_missing_file_is_undecided(branched: Repository) -> None:
    """The file is named, and the others are examined."""
    branched.write("a.yaml", HARMLESS + "# a\n")
    branched.write("b.yaml")
    branched.commit()
    blob = branched.lose("HEAD:a.yaml")
    verdict = examine(_between(branched))
    reason = f"cannot be read: its git object {blob} is missing or damaged"
    assert verdict.undecided == [("a.yaml", 0, 0, reason)]
    assert [finding.path for finding in verdict.findings] == ["b.yaml"]


def test_range_of_replaced_and_grafted_commits_is_the_real_one(branched: Repository) -> None:
    """Neither a replace reference nor a graft can hide a commit."""
    branched.write("new.yaml")
    branched.commit()
    branched.git("rm", "--quiet", "new.yaml")
    branched.commit()
    branched.git("replace", "--graft", "work", "main")
    info = branched.folder / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "grafts").write_text(f"{branched.id('work')} {branched.id('main')}\n")
    assert branched.git("log", "--format=%H", "main..work").count("\n") == 1, "git is fooled"
    assert found(_between(branched)) == ["new.yaml"]


def test_range_of_a_forged_commit_graph_is_the_real_one(branched: Repository) -> None:
    """Git takes parents from this cache without a look at the commits."""
    branched.write("new.yaml")
    branched.commit()
    branched.git("rm", "--quiet", "new.yaml")
    branched.git("commit", "--quiet", "--message=gone")
    branched.git("commit", "--quiet", "--message=tip", "--allow-empty")
    branched.git("commit-graph", "write", "--reachable")
    _forge_parent(branched, "work~1", "main")
    assert branched.git("rev-list", "main..work").count("\n") == 2, "git is fooled"
    assert found(_between(branched)) == ["new.yaml"]


def _forge_parent(repository: Repository, commit: str, parent: str) -> None:
    """Change a commit's parent in the commit graph (gitformat-commit-graph(5))."""
    path = repository.folder / ".git" / "objects" / "info" / "commit-graph"
    data = bytearray(path.read_bytes())
    chunks = {
        bytes(data[at : at + 4]): int.from_bytes(data[at + 4 : at + 12], "big")
        for at in range(8, 8 + 12 * data[6], 12)
    }
    count = int.from_bytes(data[chunks[b"OIDF"] + 1020 : chunks[b"OIDF"] + 1024], "big")
    starts = range(chunks[b"OIDL"], chunks[b"OIDL"] + 20 * count, 20)
    ids = [data[start : start + 20].hex() for start in starts]
    where = chunks[b"CDAT"] + 36 * ids.index(repository.id(commit)) + 20
    data[where : where + 4] = ids.index(repository.id(parent)).to_bytes(4, "big")
    path.chmod(0o644)
    path.write_bytes(data)


def test_range_lookup_reads_the_commit_of_the_file(
    branched: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file's neighbours are those of its own commit, not of the newest, counted from the root."""
    branched.write("k.yaml", HARMLESS)
    branched.write("other", "then")
    branched.write("folder/a", "x")
    branched.commit()
    branched.write("other", "now")
    branched.commit()
    monkeypatch.chdir(branched.folder / "folder")
    source = _between(branched)
    contents = {content.path: content for content in source.contents()}
    assert source.read_file(contents["k.yaml"].revision, "sub/../other") == b"then"
    assert source.read_file(contents["k.yaml"].revision, "../other") is None
    for name in ("missing", "folder", ".", "folder/"):
        assert source.read_file(contents["k.yaml"].revision, name) is None


def test_main_range_is_examined(branched: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """Both options together name the range."""
    branched.write("new.yaml")
    branched.commit()
    assert main(["--from-ref", "main", "--to-ref", "work"]) == 1
    output = capsys.readouterr()
    assert f"in commit {branched.id('work')[:12]})" in output.out
    assert "git rebase --interactive" in output.err
