"""What the hook looks at, one module per way to ask: files on disk, or contents that git holds.

    content.py   one file to look at
    source.py    what all sources have in common
    files.py     files as they are on disk
    index.py     what git would commit
    push.py      what a push would bring

Each is imported when it is asked for: files on disk need no git.
"""

from collections.abc import Iterator

from sealer_hooks.sources.content import LONGEST_SCAN, Content
from sealer_hooks.sources.source import INDEX, WORK_TREE, Source

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from typing import TextIO

    from sealer_hooks.arguments import Options

__all__ = ["INDEX", "LONGEST_SCAN", "WORK_TREE", "Content", "Source", "open_sources"]


def open_sources(options: "Options", folder: str, stdin: "TextIO") -> Iterator[Source]:
    """Yield what is to be examined; refs of a push that have policies of their own stand apart.

    Args:
        options: What was asked for.
        folder: The current folder.
        stdin: Where git tells what is pushed.

    Raises:
        GitError: Git cannot be run, or answers with an error.
    """
    if options.staged:
        from sealer_hooks.sources.index import IndexSource

        yield IndexSource(folder)
    elif options.pre_push:
        from sealer_hooks.sources.push import PushSource

        remote = options.files[0] if options.files else ""
        yield PushSource(folder, remote, stdin.read().splitlines())
    else:
        from sealer_hooks.sources.files import FileSource

        yield FileSource(options.files, folder)
