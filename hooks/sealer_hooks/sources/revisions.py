"""What is new between two revisions, as in CI, or what any revision holds, as in an audit."""

import re

from sealer_hooks.git import GitError, Repository
from sealer_hooks.sources.commits import CommitSource, Tip

_DEFAULT_BRANCHES = ("refs/remotes/origin/HEAD",)
_ZEROS = re.compile("0{40}|0{64}")
_FETCH = "fetch it first; a shallow clone holds only the newest commits"


def between(repository: Repository, old: str, new: str) -> CommitSource:
    """Return what is new in one revision and not in another.

    Args:
        repository: The repository.
        old: What was there before; zeros, as CI systems have it, when there was nothing.
        new: What is there now.

    Raises:
        GitError: One of them names no commit here.
    """
    tip = _commit(repository, new)
    known = _default(repository, tip) if _ZEROS.fullmatch(old) else _commit(repository, old)
    base = (repository.base(known, tip) if known else None) or _default(repository, tip)
    return CommitSource(repository, [Tip(new, tip)], [known] if known else [], base)


def history(repository: Repository, name: str) -> CommitSource:
    """Return what a range of revisions holds, or all that any ref leads to.

    Args:
        repository: The repository.
        name: The range, such as `A..B`; empty for everything.

    Raises:
        GitError: The range names no commits.
    """
    head = repository.commit("HEAD")
    if name:
        ids, known = repository.range(name)
        return CommitSource(
            repository, [Tip(each, each) for each in ids], known, head, is_incoming=False
        )
    tips = [Tip(*each) for each in repository.refs().items()]
    if head is not None:  # which may be detached
        tips.append(Tip("HEAD", head))
    return CommitSource(repository, tips, [], head, is_incoming=False)


def _commit(repository: Repository, name: str) -> str:
    commit = repository.commit(name)
    if commit is None:
        raise GitError(f"{name!r} names no commit here", hint=_FETCH)
    return commit


def _default(repository: Repository, tip: str) -> str | None:
    """Return the default branch, unless that is what is new."""
    default = next(filter(None, map(repository.commit, _DEFAULT_BRANCHES)), None)
    return None if default == tip else default
