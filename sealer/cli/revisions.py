"""Files as they are in a git revision: `HEAD:db.yaml`, `main:clusters/prod`, `:db.yaml`.

Git finds the repository as it does for any command, and reads names as it does: relative to the
repository's root, unless they begin with `./`. Nothing that the repository configures may run.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO

from sealer.cli.files import MANIFEST_SUFFIXES, MAXIMUM_SIZE
from sealer.errors import InputError, Where

_REGULAR_MODES = (b"100644", b"100755")
_OPTIONS = (
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
    "-c",
    "core.fsmonitor=false",
)
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # A missing object of a partial clone is not fetched: a remote may name a program to run.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}


def names_revision(name: str) -> bool:
    """Tell whether a name that is no file may be `REV:path`."""
    return ":" in name and not name.startswith("-")


def read_revision(name: str) -> list[tuple[str, bytes]]:
    """Return the manifests that a revision and path name, and their paths below it.

    Args:
        name: `REV:path` of a file, whose path below is empty, or of a folder.

    Raises:
        InputError: Git cannot be run, or knows no such file or folder.
    """
    known, output = _git("rev-parse", "--verify", "--quiet", name)
    if not known:
        raise _unknown(name)
    id_ = output.strip()
    _, kind = _git("cat-file", "-t", os.fsdecode(id_))
    if kind.strip() == b"blob":
        return [("", data) for data in _contents(name, [id_])]
    if kind.strip() != b"tree":
        raise _unknown(name)
    is_read, listing = _git("ls-tree", "-r", "-z", "--full-tree", os.fsdecode(id_))
    if not is_read:
        raise _damaged(name)
    entries = [entry for entry in map(_entry, listing.split(b"\0")[:-1]) if entry is not None]
    contents = _contents(name, [blob for _, blob in entries])
    return [(path, data) for (path, _), data in zip(entries, contents, strict=True)]


def _entry(line: bytes) -> tuple[str, bytes] | None:
    """Return path and id of a manifest in a tree; None for anything else."""
    facts, _, path = line.partition(b"\t")
    mode, _, blob = facts.split(b" ")
    name = os.fsdecode(path)
    is_manifest = PurePosixPath(name).suffix.lower() in MANIFEST_SUFFIXES
    return (name, blob) if is_manifest and mode in _REGULAR_MODES else None


def _contents(name: str, ids: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the contents of blobs, from one process."""
    from tempfile import TemporaryFile

    with TemporaryFile() as requests:
        requests.write(b"".join(each + b"\n" for each in ids))
        requests.seek(0)
        _, output = _git("cat-file", "--batch", stdin=requests)
    at = 0
    for _ in ids:
        end = output.find(b"\n", at)
        head = output[at:end].split(b" ")
        if len(head) != 3 or head[1] != b"blob":  # noqa: PLR2004 - missing, or git has given up
            raise _damaged(name)
        at = end + 1
        size = int(head[2])
        if size > MAXIMUM_SIZE:
            raise InputError(
                f"a file is larger than {MAXIMUM_SIZE // 1024 // 1024} MiB", where=_at(name)
            )
        yield output[at : at + size]
        at += size + 1


def _git(*arguments: str, stdin: BinaryIO | None = None) -> tuple[bool, bytes]:
    """Run git; return whether it succeeded, and what it printed."""
    from git import Git
    from git.exc import GitCommandNotFound

    try:
        status, output, _ = Git().execute(
            ["git", *_OPTIONS, *arguments],
            istream=stdin,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            env=_ENVIRONMENT,
        )
    except GitCommandNotFound:
        raise InputError("git is not installed", hint="install it, or name files") from None
    return status == 0, output


def _unknown(name: str) -> InputError:
    return InputError(
        "there is no such file, and git knows no such revision and path",
        where=_at(name),
        hint="git shows what there is: git ls-tree -r --name-only REVISION",
    )


def _damaged(name: str) -> InputError:
    return InputError(
        "git cannot read it: an object is missing or damaged",
        where=_at(name),
        hint="git fsck tells more",
    )


def _at(name: str) -> Where:
    return Where(path=name)
