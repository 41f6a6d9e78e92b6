"""What the hook looks at, one module per way to ask: files on disk, or contents that git holds.

    content.py     one file to look at
    source.py      what all sources have in common
    files.py       files as they are on disk
    attributes.py  whether git may hold files otherwise than the disk
    changed.py     files on disk that differ between two revisions
    objects.py     what sources have in common whose contents git holds
    index.py       what git would commit
    commits.py     what commits bring
    push.py        the commits of a push, on either side
    revisions.py   the commits between two revisions, or all of them

Each is imported when it is asked for: files on disk need no git.
"""

import os
from collections.abc import Iterator, Sequence

from sealer_hooks.sources.content import LONGEST_SCAN, Content
from sealer_hooks.sources.source import INDEX, KUSTOMIZATIONS, WORK_TREE, Source

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from typing import TextIO

    from sealer_hooks.arguments import Options
    from sealer_hooks.git import Repository

__all__ = [
    "INDEX",
    "KUSTOMIZATIONS",
    "LONGEST_SCAN",
    "WORK_TREE",
    "Content",
    "Source",
    "open_sources",
]


def open_sources(options: "Options", folder: str, stdin: "TextIO") -> Iterator[Source]:
    """Yield what is to be examined; refs of a push that have policies of their own stand apart.

    Args:
        options: What was asked for.
        folder: The current folder.
        stdin: Where git tells what is pushed.

    Raises:
        GitError: Git cannot be run, or answers with an error.
    """
    if options.files and not options.pre_push:
        yield _file_source(options.files, folder)
    else:
        from sealer_hooks.sources.objects import open_repository

        yield from _git_sources(options, open_repository(folder), stdin)


def _file_source(paths: Sequence[str], folder: str) -> Source:
    old, new = (os.environ.get(f"PRE_COMMIT_{name}_REF") for name in ("FROM", "TO"))
    if old and new:
        from sealer_hooks.sources.changed import ChangedFileSource

        return ChangedFileSource(paths, folder, old, new)
    from sealer_hooks.sources.files import FileSource

    return FileSource(paths, folder)


def _git_sources(options: "Options", repository: "Repository", stdin: "TextIO") -> Iterator[Source]:
    from sealer_hooks.sources.index import IndexSource
    from sealer_hooks.sources.push import pre_push, pre_receive
    from sealer_hooks.sources.revisions import between, history

    if options.pre_push:
        remote = options.files[0] if options.files else ""
        yield from pre_push(repository, _lines(stdin), remote, os.environ)
    elif options.pre_receive:
        yield from pre_receive(repository, _lines(stdin))
    elif options.from_ref is not None and options.to_ref is not None:
        yield between(repository, options.from_ref, options.to_ref)
    elif options.history is not None:
        yield history(repository, options.history)
    else:
        yield IndexSource(repository, is_all=not options.staged)


def _lines(stdin: "TextIO | None") -> str:
    """Return what git tells; nothing, where there is only a person who types."""
    if stdin is None or stdin.isatty():
        return ""
    return os.fsdecode(stdin.buffer.read())
