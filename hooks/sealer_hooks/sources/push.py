"""What a push brings: told by git to its hooks, or by the pre-commit framework in its variables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sealer_hooks.git import GitError, Repository
from sealer_hooks.sources.commits import CommitSource, Tip

# A remote has one of these as its default branch, where its HEAD was never fetched.
_USUAL_BRANCHES = ("HEAD", "main", "master")


class Update(NamedTuple):
    """What a push does to a ref of the other side.

    Attributes:
        name: What is pushed, or the ref that it goes to.
        new: The id that the ref gets; zeros when it goes.
        old: The id that it had there; zeros when it is new.
    """

    name: str
    new: str
    old: str


def pre_push(
    repository: Repository, text: str, remote: str, environment: Mapping[str, str]
) -> Iterator[CommitSource]:
    """Yield what a push would bring, by its lines; without lines, by the framework's variables.

    Args:
        repository: Where the push comes from.
        text: What git tells its pre-push hook: local ref and id, remote ref and id per line.
        remote: The name of the remote; the address of one that has no name. May be empty.
        environment: Holds `PRE_COMMIT_...` under the framework.

    Raises:
        GitError: The text holds something else; or git answers with an error.
    """
    updates = [
        Update(name, new, old) for name, new, _, old in _fields(text, "git's pre-push has them")
    ]
    if not updates:
        remote = remote or environment.get("PRE_COMMIT_REMOTE_NAME", "")
        updates = _framework_updates(repository, environment)
    known = _fetched(repository, remote) if remote else {}
    names = [f"refs/remotes/{remote}/{branch}" for branch in _USUAL_BRANCHES]
    names = [name for name in names if name in known]
    yield from _by_policy(repository, updates, list(known.values()), names)


def _fetched(repository: Repository, remote: str) -> dict[str, str]:
    """Return the refs that were fetched from a remote, with their ids.

    A remote may be named `origin/private`, and its refs like branches of `origin`.
    """
    own = f"refs/remotes/{remote}/"
    others = tuple(
        leading
        for other, leading in repository.tracking()
        if other != remote and len(leading) >= len(own)
    )
    refs = repository.refs(own).items()
    return {name: each for name, each in refs if not name.startswith(others)}


def pre_receive(repository: Repository, text: str) -> Iterator[CommitSource]:
    """Yield what a push has brought to a server, into its quarantine.

    What may pass is decided where a branch left the default branch, and not by what the branch had
    before: two pushes of one person would be enough then to allow anything.

    Args:
        repository: Where the push goes.
        text: What git tells its pre-receive hook: old id, new id and ref per line.

    Raises:
        GitError: The text holds something else; or git answers with an error.
    """
    updates = [
        Update(ref, new, old)
        for old, new, ref in _fields(text, "git's pre-receive has them", count=3)
    ]
    known = list(repository.refs().values())
    yield from _by_policy(repository, updates, known, ["HEAD"], is_server=True)


def _fields(text: str, hint: str, count: int = 4) -> Iterator[list[str]]:
    for line in text.split("\n"):
        # What was typed as the first field of a push may hold blanks.
        fields = line.rsplit(" ", count - 1)
        if len(fields) == count:
            yield fields
        elif line:
            raise GitError("standard input holds no lines of a push", hint=hint)


def _framework_updates(repository: Repository, environment: Mapping[str, str]) -> list[Update]:
    """Return what the framework tells: the first ref that is pushed, and where it branched off.

    A history that is new as a whole has no such place, and then it tells the branch only.
    """
    name = environment.get("PRE_COMMIT_TO_REF") or environment.get("PRE_COMMIT_LOCAL_BRANCH")
    if not name:
        return []
    old = environment.get("PRE_COMMIT_FROM_REF", "")
    return [
        Update(name, _known_commit(repository, name), _known_commit(repository, old) if old else "")
    ]


def _known_commit(repository: Repository, name: str) -> str:
    commit = repository.commit(name)
    if commit is None:
        raise GitError(f"{name!r}, which the framework names, is no commit")
    return commit


def _by_policy(
    repository: Repository,
    updates: Sequence[Update],
    known: Sequence[str],
    names: Sequence[str],
    *,
    is_server: bool = False,
) -> Iterator[CommitSource]:
    """Yield what is new, refs with the same policy together.

    Args:
        repository: The repository.
        updates: What is pushed.
        known: What the other side has, besides the old ids.
        names: Where its default branch may be.
        is_server: Nobody trusts what a branch had before, if there is a default branch.
    """
    default = next(filter(None, map(repository.commit, names)), None)
    olds = [update.old for update in updates if update.old.strip("0")]
    groups: dict[str | None, list[Tip]] = {}
    for update in updates:
        if update.new.strip("0"):
            is_old = bool(update.old.strip("0"))
            start = default if is_server and is_old and default else update.old
            base = repository.base(start, update.new) or default
            groups.setdefault(base, []).append(Tip(update.name, update.new))
    for base, tips in groups.items():
        yield CommitSource(repository, tips, [*known, *olds], base)
