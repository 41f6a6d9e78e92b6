"""What git ignores, and whether a path lies in a git work tree."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from sealer.cli.errors import WrongUsageError
from sealer.cli.files.git import Answer, run_git
from sealer.cli.files.paths import is_file
from sealer.errors import InputError, Where

_MARK = ".git"
_SOME, _NONE = 0, 1  # what `git check-ignore` exits with


def work_tree_of(path: Path) -> Path | None:
    """Return the root of the git work tree that a path, which need not exist, lies in."""
    start = path.resolve()
    return next((folder for folder in (start, *start.parents) if _is_work_tree(folder)), None)


def _is_work_tree(folder: Path) -> bool:
    mark = folder / _MARK
    # Worktrees and submodules have a file that says where the repository is.
    return is_file(mark) or is_file(mark / "HEAD")


def check_outside_git(
    target: str, *, force: bool, otherwise: str = "would be readable there"
) -> None:
    """Refuse to write what is secret where the next commit may take it along.

    Args:
        target: The file or folder; empty for standard output.
        force: Do it all the same.
        otherwise: What would be wrong with it there.

    Raises:
        WrongUsageError: The target lies in a git work tree.
    """
    tree = work_tree_of(Path(target)) if target and not force else None
    if tree is not None:
        raise WrongUsageError(
            f"{target} lies in the git work tree {tree}, and {otherwise}",
            hint="write elsewhere, or force it: --force",
        )


def ignored_files(folder: Path, files: Iterable[Path]) -> set[Path]:
    """Return which of the files below a folder git ignores.

    Submodules and nested repositories are asked themselves. What is tracked is not ignored, and
    in a folder that is ignored as a whole nothing is: whoever names it means it.

    Raises:
        NoGitError: git cannot be run.
        InputError: git cannot tell.
    """
    members: dict[Path, list[Path]] = {}
    roots: dict[Path, Path | None] = {}
    for file in files:
        if file.parent not in roots:
            roots[file.parent] = work_tree_of(file.parent)
        root = roots[file.parent]
        if root is not None:
            members.setdefault(root, []).append(file)
    ignored: set[Path] = set()
    for root, inside in members.items():
        if not _ask(root, [folder]):
            ignored |= _ask(root, inside)
    return ignored


def _ask(root: Path, paths: Sequence[Path]) -> set[Path]:
    from tempfile import TemporaryFile

    by_name = {os.fsencode(name): path for path in paths if (name := _name_in(root, path))}
    # The repository is named outright: within a hook, GIT_DIR may mean another one.
    repository = (f"--git-dir={root / _MARK}", f"--work-tree={root}")
    with TemporaryFile() as names:
        names.write(b"".join(name + b"\0" for name in by_name))
        names.seek(0)
        answer = run_git(*repository, "check-ignore", "-z", "--stdin", folder=root, stdin=names)
    if answer.status not in (_SOME, _NONE):
        raise _unanswered(root, answer)
    return {by_name[name] for name in answer.output.split(b"\0") if name in by_name}


def _name_in(root: Path, path: Path) -> str:
    """Return a path relative to its work tree; empty for the root and for what lies outside."""
    # Of a link, git looks at the link itself, so only the folder is resolved.
    full = path.parent.resolve() / path.name if path.name else path.resolve()
    if root not in full.parents:
        return ""
    return full.relative_to(root).as_posix()


def _unanswered(root: Path, answer: Answer) -> InputError:
    return InputError(
        f"git cannot tell which files it ignores: {answer.complaint}",
        where=Where(path=str(root)),
        hint=answer.advice or "name the files one by one",
    )
