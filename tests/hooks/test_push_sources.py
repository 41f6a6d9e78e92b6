"""What a push consists of: git's lines, the framework's variables, and the policy that counts."""

import io
import os
from collections.abc import Mapping

import pytest

from sealer_hooks.git import GitError
from sealer_hooks.main import main
from sealer_hooks.sources import Source
from sealer_hooks.sources.push import pre_push
from tests.hooks.repository import HARMLESS, SECRET, Repository, examine, found

ZEROS = "0" * 40


@pytest.fixture
def published(repository: Repository) -> Repository:
    """Return a repository whose first commit, with a Secret, is known to be on `origin`."""
    repository.write("old.yaml")
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.write("new.yaml", SECRET + "# new\n")
    repository.commit()
    return repository


def _push(
    repository: Repository,
    *lines: str,
    remote: str = "origin",
    environment: Mapping[str, str] | None = None,
) -> list[Source]:
    text = "".join(line + "\n" for line in lines)
    return list(pre_push(repository.opened(), text, remote, environment or {}))


def _line(repository: Repository, name: str = "main", old: str = ZEROS) -> str:
    return f"refs/heads/{name} {repository.id(name)} refs/heads/{name} {old}"


def test_push_leaves_out_what_the_remote_is_known_to_have(published: Repository) -> None:
    """By its branches as they were fetched, and by the ids that git tells."""
    assert found(*_push(published, _line(published))) == ["new.yaml"]
    everything = _push(published, _line(published), remote="../elsewhere")
    assert found(*everything) == ["new.yaml", "old.yaml"]
    told = _push(published, _line(published, old=published.id("main~1")), remote="")
    assert found(*told) == ["new.yaml"]
    unknown = _push(published, _line(published, old="a" * 40), remote="")
    assert found(*unknown) == ["new.yaml", "old.yaml"]


def test_push_knows_a_remote_by_its_whole_name(published: Repository) -> None:
    """The branches of `origin2` say nothing about `origin`."""
    published.git("update-ref", "refs/remotes/origin2/main", "main")
    assert found(*_push(published, _line(published))) == ["new.yaml"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("remote.origin/private.url", "../private"),
        ("remote.private.fetch", "+refs/heads/*:refs/remotes/origin/private/*"),
        ("remote.private.fetch", "+refs/heads/*:refs/remotes/origin/*"),
    ],
)
def test_push_takes_no_ref_of_another_remote_for_its_own(
    published: Repository, key: str, value: str
) -> None:
    """What only `origin/private` has would be new on `origin`, however alike the refs are named."""
    published.git("config", key, value)
    published.git("update-ref", "refs/remotes/origin/private/main", "main")
    assert "new.yaml" in found(*_push(published, _line(published)))


def test_push_knows_its_own_refs_beside_those_of_other_remotes(published: Repository) -> None:
    """Remotes as git makes them say nothing about each other."""
    for name in ("origin", "other", "orig"):
        published.git("remote", "add", name, f"../{name}")
    assert found(*_push(published, _line(published))) == ["new.yaml"]


def test_push_of_many_tags_of_one_commit_asks_for_it_once(published: Repository) -> None:
    """Each question takes as long as the commit is large."""
    names = [f"v{number}" for number in range(3)]
    for name in names:
        published.git("tag", "--annotate", "--message=x", name)
    lines = [f"{name} {published.id(name)} refs/tags/{name} {ZEROS}" for name in names]
    (source,) = _push(published, *lines)
    assert source.newest == [published.id("main")]
    assert found(source) == ["new.yaml"]


@pytest.mark.parametrize("branch", ["HEAD", "main", "master"])
def test_push_of_a_new_branch_obeys_the_default_branch(published: Repository, branch: str) -> None:
    """The remote's HEAD is fetched by a clone; without it the usual names are tried."""
    default = published.id("main~1")
    published.git("update-ref", "-d", "refs/remotes/origin/main")
    published.git("update-ref", f"refs/remotes/origin/{branch}", default)
    (source,) = _push(published, _line(published))
    assert source.policy_revision == default


def test_push_to_nowhere_known_obeys_nothing(published: Repository) -> None:
    """A push cannot bring its own allowances."""
    (source,) = _push(published, _line(published), remote="other")
    assert source.policy_revision is None
    assert source.read_policy_file("old.yaml") is None


def test_push_of_an_existing_branch_obeys_its_old_state(published: Repository) -> None:
    """Where the old state leads to the new one, it is what the remote has agreed to."""
    old = published.id("main~1")
    (source,) = _push(published, _line(published, old=old), remote="")
    assert source.policy_revision == old


def test_push_of_deleted_refs_is_nothing(published: Repository) -> None:
    """There is nothing to bring."""
    assert _push(published, f"(delete) {ZEROS} refs/heads/x {published.id('main')}") == []


def test_push_of_an_expression_with_blanks_is_read(published: Repository) -> None:
    """Git gives the first field as it was typed."""
    line = f"HEAD@{{1 day ago}} {published.id('main')} refs/heads/x {ZEROS}"
    assert found(*_push(published, line)) == ["new.yaml"]


def test_push_of_a_missing_object_is_undecided(published: Repository) -> None:
    """What is not there cannot be examined."""
    verdict = examine(*_push(published, f"refs/heads/x {'a' * 40} refs/heads/x {ZEROS}"))
    assert verdict.undecided == [
        ("refs/heads/x", 0, 0, f"cannot be read: {'a' * 40} is missing or damaged")
    ]


def test_push_under_the_framework_reads_its_variables(published: Repository) -> None:
    """The framework reads git's lines itself, and tells the first ref in variables."""
    variables = {
        "PRE_COMMIT_FROM_REF": published.id("main~1"),
        "PRE_COMMIT_TO_REF": published.id("main"),
        "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main",
        "PRE_COMMIT_REMOTE_NAME": "elsewhere",
    }
    (source,) = _push(published, remote="", environment=variables)
    assert found(source) == ["new.yaml"]
    assert source.policy_revision == published.id("main~1")


def test_push_under_the_framework_of_a_whole_history_reads_the_branch(
    published: Repository,
) -> None:
    """Where nothing of it is on the remote, the framework names no range."""
    variables = {
        "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main",
        "PRE_COMMIT_REMOTE_NAME": "elsewhere",
    }
    sources = _push(published, remote="", environment=variables)
    assert found(*sources) == ["new.yaml", "old.yaml"]
    known = _push(
        published, remote="", environment=variables | {"PRE_COMMIT_REMOTE_NAME": "origin"}
    )
    assert found(*known) == ["new.yaml"]


def test_push_under_the_framework_of_nothing_known_is_an_error(published: Repository) -> None:
    """A name that leads nowhere is no reason to pass."""
    with pytest.raises(GitError, match="is no commit"):
        _push(published, remote="", environment={"PRE_COMMIT_TO_REF": "missing"})


def test_push_lines_count_more_than_variables(published: Repository) -> None:
    """Whoever passes git's lines on knows better than the framework around."""
    variables = {"PRE_COMMIT_TO_REF": "missing"}
    assert found(*_push(published, _line(published), environment=variables)) == ["new.yaml"]


def test_main_push_reads_bytes_that_are_no_text(
    published: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names of refs are bytes."""
    line = f"refs/heads/\xff\x85 {published.id('main')} refs/heads/x {ZEROS}\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(line.encode("latin-1"))))
    assert main(["--pre-push", "origin"]) == 1
    assert capsys.readouterr().out.startswith("new.yaml:4:24: ")


def test_main_push_without_lines_is_clean(
    published: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an empty pipe, nor no input at all, nor a terminal brings anything."""
    assert published.folder.exists()
    leader, follower = os.openpty()
    with open(leader, "rb"), open(follower) as terminal:  # noqa: PTH123 - descriptors
        for stdin in (io.TextIOWrapper(io.BytesIO()), None, terminal):
            monkeypatch.setattr("sys.stdin", stdin)
            assert main(["--pre-push", "origin", "somewhere"]) == 0


def test_staged_lookup_reads_the_index_from_a_subfolder(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neighbours are found by the paths that contents have, and never outside."""
    from sealer_hooks.sources.index import IndexSource

    repository.write("a b", "staged")
    repository.write("a b", "work tree", add=False)
    repository.write(b"two\nlines", "odd")
    repository.write("sub/k.yaml", HARMLESS)
    repository.write(".sealer.yaml", "version: 1\n")
    (repository.folder.parent / "outside").write_text("x")
    monkeypatch.chdir(repository.folder / "sub")
    source = IndexSource(repository.opened())
    (revision,) = {content.revision for content in source.contents()}
    assert source.read_file(revision, "a b") == b"staged"
    assert source.read_file(revision, "two\nlines") == b"odd"
    assert source.read_file(revision, "sub/../sub/k.yaml") == HARMLESS.encode()
    for name in ("missing", ".", "../outside", "/etc/passwd", "a\0b", "a blob 5"):
        assert source.read_file(revision, name) is None
    assert source.read_policy_file(".sealer.yaml") == b"version: 1\n"
