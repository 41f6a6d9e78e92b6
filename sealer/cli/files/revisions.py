"""Files as they are in a git revision: `HEAD:db.yaml`, `main:clusters/prod`, `:db.yaml`.

Git finds the repository as it does for any command, and reads names as it does: relative to the
repository's root, unless they begin with `./`.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from sealer.cli.files.git import Answer, NoGitError, run_git
from sealer.cli.files.inputs import MANIFEST_SUFFIXES, MAXIMUM_SIZE
from sealer.errors import InputError, Where

_REGULAR_MODES = (b"100644", b"100755")


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
    try:
        asked = run_git("cat-file", "-t", name)
    except NoGitError as error:
        raise error.at(path=name) from None
    kind = asked.output.strip()
    if kind not in (b"blob", b"tree"):
        raise _unknown(name, asked)
    id_ = run_git("rev-parse", "--verify", name).output.strip()
    if kind == b"blob":
        return [("", data) for data in _contents(name, [id_])]
    listing = run_git("ls-tree", "-r", "-z", "--full-tree", os.fsdecode(id_))
    if listing.status:
        raise _damaged(name)
    lines = listing.output.split(b"\0")[:-1]
    entries = [entry for entry in map(_entry, lines) if entry is not None]
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
        output = run_git("cat-file", "--batch", stdin=requests).output
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


def _unknown(name: str, answer: Answer) -> InputError:
    return InputError(
        f"there is no such file, and git knows no such revision and path: {answer.complaint}",
        where=_at(name),
        hint=answer.advice or "git shows what there is: git ls-tree -r --name-only REVISION",
    )


def _damaged(name: str) -> InputError:
    return InputError(
        "git cannot read it: an object is missing or damaged",
        where=_at(name),
        hint="git fsck tells more",
    )


def _at(name: str) -> Where:
    return Where(path=name)
