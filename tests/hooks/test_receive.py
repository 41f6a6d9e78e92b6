"""`--pre-receive`: a real server refuses real pushes, and what it refuses it does not keep."""

from collections.abc import Sequence

import pytest

from sealer_hooks.git import GitError
from sealer_hooks.sources.push import pre_receive
from tests.hooks.repository import HARMLESS, PROGRAMS, SECRET, Repository, examine, found

ZEROS = "0" * 40
GUARD = f'#!/bin/sh\nexec "{PROGRAMS}/sealer-hook" --pre-receive {{options}}\n'


class Server(Repository):
    """A repository on a server, which nobody works in."""

    def guard(self, *options: str) -> None:
        """Let the hook decide from now on."""
        hook = self.folder / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(GUARD.format(options=" ".join(options)))
        hook.chmod(0o755)


@pytest.fixture
def server(repository: Repository, environment: dict[str, str]) -> Server:
    """Return a guarded server with one harmless commit of `repository`, its remote `origin`."""
    made = Server(repository.folder.parent / "server.git", environment)
    repository.git("init", "--quiet", "--bare", "--initial-branch=main", str(made.folder))
    repository.git("remote", "add", "origin", str(made.folder))
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    repository.git("push", "--quiet", "origin", "main")
    made.guard()
    return made


def _push(repository: Repository, *arguments: str) -> tuple[bool, str]:
    """Return whether a push was accepted, and what was said."""
    done = repository.run("git", "push", "origin", *arguments)
    return done.returncode == 0, done.stdout + done.stderr


def test_receive_of_a_secret_is_refused_and_not_kept(
    repository: Repository, server: Server
) -> None:
    """The pusher reads why; nothing of it stays on the server."""
    repository.write("sub/secret.yaml")
    repository.commit()
    is_accepted, said = _push(repository, "main")
    assert not is_accepted
    assert "sub/secret.yaml:4:24: SH001 db password: " in said
    lost = repository.id("HEAD:sub/secret.yaml")
    assert server.run("git", "cat-file", "-e", lost).returncode != 0


def test_receive_of_a_secret_removed_again_is_refused(
    repository: Repository, server: Server
) -> None:
    """Whoever fetches gets the history too."""
    repository.write("secret.yaml")
    repository.commit()
    repository.git("rm", "--quiet", "secret.yaml")
    repository.commit()
    assert not _push(repository, "main")[0]
    assert server.git("rev-list", "--all", "--count").strip() == "1"


def test_receive_of_harmless_refs_passes(repository: Repository, server: Server) -> None:
    """New branches, tags, deletions and forced updates, many at once."""
    repository.write("b.yaml", HARMLESS + "# b\n")
    repository.commit()
    repository.git("tag", "--annotate", "--message=x", "v1")
    assert _push(repository, "main", "main:side", "v1")[0]
    repository.git("commit", "--quiet", "--amend", "--message=y")
    assert _push(repository, "--force", "main", ":side", ":v1")[0]
    assert server.git("for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]


def test_receive_of_several_refs_examines_each(repository: Repository, server: Server) -> None:
    """One guilty ref refuses the push; what is on the server already is not examined again."""
    repository.git("checkout", "--quiet", "-b", "side")
    repository.write("secret.yaml")
    repository.commit()
    assert not _push(repository, "main", "side")[0]
    (server.folder / "hooks" / "pre-receive").unlink()
    assert _push(repository, "side")[0]
    server.guard()
    assert _push(repository, "side:third", "main:fourth")[0]


def test_receive_of_a_forced_update_examines_what_is_new(
    repository: Repository, server: Server
) -> None:
    """The old tip need not lead to the new one."""
    repository.write("secret.yaml")
    repository.git("commit", "--quiet", "--amend", "--message=y")
    assert server.folder.exists()
    is_accepted, said = _push(repository, "--force", "main")
    assert (is_accepted, "secret.yaml:4:24: " in said) == (False, True)


@pytest.mark.parametrize("kind", ["blob", "tree", "commit"])
@pytest.mark.parametrize("options", [[], ["--annotate", "--message=x"]])
def test_receive_of_a_tag_examines_what_it_points_to(
    repository: Repository, server: Server, kind: str, options: list[str]
) -> None:
    """A tag brings a commit, a folder or a single file."""
    assert server.folder.exists()
    repository.git("checkout", "--quiet", "--detach")
    repository.write("sub/secret.yaml")
    repository.commit()
    name = {"blob": "HEAD:sub/secret.yaml", "tree": "HEAD:sub", "commit": "HEAD"}[kind]
    repository.git("tag", *options, "v1", repository.id(name))
    is_accepted, said = _push(repository, "v1")
    place = {"blob": "refs/tags/v1", "tree": "secret.yaml", "commit": "sub/secret.yaml"}[kind]
    assert not is_accepted
    assert f" {place}:4:24: SH001" in said
    harmless = {"blob": "main:a.yaml", "tree": "main^{tree}", "commit": "main"}[kind]
    repository.git("tag", *options, "v2", repository.id(harmless))
    assert _push(repository, "v2")[0]
    assert _push(repository, "main:later")[0], "what is known may be a file"


def test_receive_of_a_first_push_examines_everything(
    repository: Repository, server: Server
) -> None:
    """An empty server knows nothing, and has no policy."""
    server.git("update-ref", "-d", "refs/heads/main")
    repository.write("secret.yaml")
    repository.commit()
    assert not _push(repository, "main")[0]


def test_receive_in_a_sha256_repository_works(
    environment: dict[str, str], repository: Repository
) -> None:
    """Ids are longer there."""
    folder = repository.folder.parent
    made = Repository.create(folder / "work", environment, "--object-format=sha256")
    server = Server(folder / "server.git", environment)
    made.git("init", "--quiet", "--bare", "--object-format=sha256", str(server.folder))
    made.git("remote", "add", "origin", str(server.folder))
    server.guard()
    made.write("a.yaml", HARMLESS)
    made.commit()
    assert _push(made, "main")[0]
    made.write("secret.yaml")
    made.commit()
    assert not _push(made, "main")[0]


@pytest.mark.parametrize(("outcome", "is_accepted"), [("block", False), ("warn", True)])
def test_receive_after_the_deadline_does_as_told(
    repository: Repository, server: Server, outcome: str, *, is_accepted: bool
) -> None:
    """A server may rather refuse, or rather not be in the way."""
    server.guard("--deadline=1ms", f"--on-deadline={outcome}")
    repository.write("b.yaml", HARMLESS + "# b\n")
    repository.commit()
    done, said = _push(repository, "main")
    assert done is is_accepted
    assert "the deadline has passed" in said


def _policies(repository: Repository, *updates: Sequence[str]) -> list[str | None]:
    text = "".join(" ".join(update) + "\n" for update in updates)
    return [source.policy_revision for source in pre_receive(repository.opened(), text)]


def test_receive_obeys_the_policy_from_where_each_ref_left_the_default_branch(
    repository: Repository,
) -> None:
    """No ref is judged by what another one, or a push to itself, brings along."""
    repository.write(".sealer.yaml", "version: 1\n")
    repository.commit()
    main = repository.id("main")
    repository.git("checkout", "--quiet", "--detach")
    repository.write("b.yaml", HARMLESS + "# b\n")
    repository.commit()
    one = repository.id("HEAD")
    repository.write("c.yaml", HARMLESS + "# c\n")
    repository.commit()
    two = repository.id("HEAD")
    repository.git("checkout", "--quiet", "--orphan", "alone")
    repository.git("commit", "--quiet", "--message=alone")
    alone = repository.id("HEAD")
    repository.git("checkout", "--quiet", "main")
    assert _policies(repository, [main, one, "refs/heads/main"]) == [main]
    assert _policies(repository, [one, two, "refs/heads/side"]) == [main]
    assert _policies(repository, [ZEROS, two, "refs/heads/new"]) == [main]
    assert _policies(repository, [main, alone, "refs/heads/main"]) == [main]
    assert _policies(repository, [main, ZEROS, "refs/heads/main"]) == []
    both = [[one, two, "refs/heads/side"], [main, two, "refs/heads/main"]]
    assert _policies(repository, *both) == [main]
    same = [[main, two, "refs/heads/a"], [ZEROS, one, "refs/heads/b"]]
    assert _policies(repository, *same) == [main]
    repository.git("update-ref", "HEAD", one)
    assert _policies(repository, [main, two, "refs/heads/side"]) == [one]
    assert _policies(repository, [two, main, "refs/heads/old"]) == [main]
    assert _policies(repository, *both, [ZEROS, main, "refs/tags/old"]) == [one]
    repository.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    assert _policies(repository, [main, two, "refs/heads/side"]) == [main]


@pytest.mark.parametrize("allowance", ["policy", "baseline"])
def test_receive_of_two_pushes_cannot_allow_what_one_cannot(
    repository: Repository, server: Server, allowance: str
) -> None:
    """A branch that was pushed before is nobody's word but the pusher's."""
    repository.git("checkout", "--quiet", "-b", "side")
    repository.write("secret.yaml")
    if allowance == "policy":
        repository.write(".sealer.yaml", "version: 1\nhook: {rules: {SH001: off}}\n")
    else:
        repository.run(f"{PROGRAMS}/sealer-hook", "--write-baseline")
        repository.git("add", ".sealer-baseline")
    repository.git("rm", "--quiet", "--cached", "secret.yaml")
    repository.commit()
    assert _push(repository, "side")[0]
    repository.git("add", "secret.yaml")
    repository.commit()
    is_accepted, said = _push(repository, "side")
    assert (is_accepted, "secret.yaml:4:24: SH001" in said) == (False, True)
    assert _push(repository, "HEAD~:main")[0]  # where somebody looks at it
    assert _push(repository, "side")[0]
    assert server.folder.exists()


def test_receive_of_what_mends_the_policy_passes_on_any_branch(
    repository: Repository, server: Server
) -> None:
    """By a branch of its own, and by the default branch itself."""
    (server.folder / "hooks" / "pre-receive").unlink()
    repository.write(".sealer.yaml", "version: 1\nhook: {rule: {}}\n")
    repository.commit()
    assert _push(repository, "main", "main:mend")[0]
    server.guard()
    repository.write(".sealer.yaml", "version: 1\nhook: {rules: {SH001: off}}\n")
    repository.commit()
    assert _push(repository, "main:mend")[0]
    repository.write("secret.yaml")
    repository.commit()
    assert not _push(repository, "main:mend")[0]
    assert _push(repository, "main~:main")[0]
    assert _push(repository, "main:mend")[0]


def test_receive_without_a_default_branch_obeys_nothing(repository: Repository) -> None:
    """A first push cannot bring its own allowances."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    new = repository.id("HEAD")
    repository.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    assert _policies(repository, [ZEROS, new, "refs/heads/main"]) == [None]


def test_receive_of_the_same_commit_in_two_refs_is_told_once(repository: Repository) -> None:
    """Refs with policies of their own are examined apart; what they share is one finding."""
    repository.write("a.yaml", HARMLESS)
    repository.commit()
    old = repository.id("HEAD")
    repository.write("b.yaml", HARMLESS + "# b\n")
    repository.commit()
    repository.git("checkout", "--quiet", "--detach", old)
    repository.write("secret.yaml", SECRET)
    repository.commit()
    new = repository.id("HEAD")
    repository.git("checkout", "--quiet", "main")
    text = f"{old} {new} refs/heads/one\n{ZEROS} {new} refs/heads/two\n"
    sources = list(pre_receive(repository.opened(), text))
    assert len(sources) == 2
    assert found(*sources) == ["secret.yaml"]


def test_receive_of_an_unknown_id_is_undecided(repository: Repository) -> None:
    """What is not there cannot be examined; the other refs are."""
    repository.write("secret.yaml")
    repository.commit()
    new = repository.id("HEAD")
    repository.git("checkout", "--quiet", "--orphan", "empty")
    repository.git("branch", "--quiet", "-D", "main")
    text = f"{ZEROS} {'a' * 40} refs/heads/lost\n{ZEROS} {new} refs/heads/main\n"
    verdict = examine(*pre_receive(repository.opened(), text))
    assert [place[0] for place in verdict.undecided] == ["refs/heads/lost"]
    assert [finding.path for finding in verdict.findings] == ["secret.yaml"]


@pytest.mark.parametrize("text", ["what\n", "one two\n", "\n \n"])
def test_receive_lines_that_make_no_sense_are_an_error(repository: Repository, text: str) -> None:
    """Somebody else has started the hook."""
    with pytest.raises(GitError, match="no lines of a push"):
        list(pre_receive(repository.opened(), text))
