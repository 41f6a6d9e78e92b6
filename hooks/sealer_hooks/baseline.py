"""`.sealer-baseline`: findings of an old repository that are known and may stay where they are.

Each line names a blob, a rule, and a place in the blob. A file that changes is another blob, so
that nothing new hides behind what is known; and no line says anything of a value.
"""

import re
from collections.abc import Iterable

from sealer.detect.rules import FAULTY_ALLOW, NEW_ALLOW
from sealer.errors import OutputError, PolicyError, Where
from sealer_hooks.policyfiles import BASELINE as NAME

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from pathlib import Path

    from sealer.detect.finding import Finding

_ENTRY = re.compile(r"(?P<blob>[0-9a-f]{40}|[0-9a-f]{64}) (?P<rule>SH[0-9]{3}) (?P<pointer>/.*)")
_NEVER_NOTED = (FAULTY_ALLOW.id, NEW_ALLOW.id)
_HASHES = {40: "sha1", 64: "sha256"}

# A blob's id, a rule's id and a pointer.
Entry = tuple[str, str, str]


def read(data: bytes) -> frozenset[Entry]:
    """Return the entries of a baseline; blank lines and comments are none.

    Raises:
        PolicyError: A line is something else.
    """
    entries = set()
    for number, line in enumerate(data.decode(errors="replace").split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _ENTRY.fullmatch(line.rstrip("\r"))
        if match is None:
            raise PolicyError(
                "this line is no entry of a baseline",
                where=Where(NAME, number, 1),
                hint="sealer-hook --write-baseline writes it anew",
            )
        entries.add((match["blob"], match["rule"], match["pointer"]))
    return frozenset(entries)


def entry_of(blob: str, finding: "Finding") -> Entry:
    """Return what stands for a finding."""
    return blob, finding.rule, finding.pointer


def text_of(entries: Iterable[Entry]) -> str:
    """Return the text of a baseline: one entry per line, sorted, so that merges are easy."""
    return "".join(f"{' '.join(entry)}\n" for entry in sorted(set(entries)))


def write(path: "Path", entries: Iterable[Entry]) -> None:
    """Write a baseline whole or not at all.

    Args:
        path: The file.
        entries: What it is to hold.

    Raises:
        OutputError: It cannot be written.
    """
    import tempfile
    from pathlib import Path

    try:
        with tempfile.TemporaryDirectory(prefix=NAME, dir=path.parent) as folder:
            made = Path(folder) / NAME
            made.write_text(text_of(entries), newline="\n")
            made.replace(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OutputError(f"cannot write {path}: {reason}") from error


def forms_of(data: bytes) -> list[bytes]:
    """Return what git may hold of a file on disk, which may have other line ends there."""
    return list(dict.fromkeys((data, data.replace(b"\r\n", b"\n"))))


def ids_of(data: bytes) -> list[str]:
    """Return the ids that git may have given a file on disk, by whatever hash."""
    return [blob_id(form, length) for form in forms_of(data) for length in _HASHES]


def blob_id(data: bytes, length: int = 40) -> str:
    """Return git's id of a content (gitformat-loose(5)); it names contents and protects nothing."""
    import hashlib  # takes as long to import as a file takes to examine

    head = b"blob %d\0" % len(data)
    return hashlib.new(_HASHES[length], head + data, usedforsecurity=False).hexdigest()


class Notes:
    """Findings that are to be let pass from now on.

    Attributes:
        root: The folder whose baseline is to hold them; None as long as nothing was examined.
    """

    def __init__(self) -> None:
        self.root: str | None = None
        self._entries: set[Entry] = set()

    def take(self, blobs: "Iterable[str]", findings: "Iterable[Finding]") -> "set[Finding]":
        """Note findings of a file, and return them, but for comments that are to be mended.

        Args:
            blobs: Git's id of the file, or all that it may have.
            findings: What was found in it.
        """
        noted = {each for each in findings if each.rule not in _NEVER_NOTED}
        self._entries.update(entry_of(blob, finding) for blob in blobs for finding in noted)
        return noted

    def write(self, *, is_partial: bool) -> int:
        """Write the baseline, and return how many entries it has.

        Args:
            is_partial: Not everything was looked at, so that what the baseline has stays.

        Raises:
            PolicyError: The baseline that is there is none.
            OutputError: It cannot be written.
        """
        from pathlib import Path

        from sealer_hooks.sources.files import read_policy_file
        from sealer_hooks.sources.source import UnreadableError

        path = Path(self.root or "") / NAME
        try:
            before = read_policy_file(str(path)) if is_partial else None
        except UnreadableError as error:
            raise PolicyError(f"{path} {error}") from error
        self._entries |= read(before or b"")
        write(path, self._entries)
        return len(self._entries)
