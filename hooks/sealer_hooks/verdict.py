"""What was found, left out or left open, over all files of one run."""

import re
from collections.abc import Iterable

from sealer.detect import may_hold_secret, scan
from sealer_hooks.sources import LONGEST_SCAN, Content

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from sealer.detect.finding import Finding

CLEAN, FOUND, UNDECIDED = 0, 1, 2

_LFS_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n"
    rb"(?:ext-[^\n]*\n)*oid sha256:[0-9a-f]{64}\nsize [0-9]+\n?"
)
_LIMIT = f"{LONGEST_SCAN // 1024 // 1024} MiB"


class Verdict:
    """The result of one run. A plain class: `dataclasses` takes longer to import than most scans.

    Attributes:
        findings: Values that can be read.
        undecided: Path, line, column and reason of each place that could not be examined; line and
            column are 0 when the whole file is meant.
        skipped: Path and reason of each file that was not examined and need not be.
        scanned: How many files were examined.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.undecided: list[tuple[str, int, int, str]] = []
        self.skipped: list[tuple[str, str]] = []
        self.scanned = 0

    @property
    def exit_code(self) -> int:
        """0 when nothing stops the commit, 1 for findings that do, 2 when something is open."""
        if self.undecided:
            return UNDECIDED
        return FOUND if any(_blocks(finding) for finding in self.findings) else CLEAN


def judge(contents: Iterable[Content], *, strict: bool = False) -> Verdict:
    """Examine files.

    Args:
        contents: The files.
        strict: A file that is too large to be examined whole is undecided, whatever its beginning
            holds.
    """
    verdict = Verdict()
    for content in contents:
        _judge(verdict, content, strict=strict)
    return verdict


def _judge(verdict: Verdict, content: Content, *, strict: bool) -> None:
    path, data = content.path, content.data
    if content.problem:
        verdict.undecided.append((path, 0, 0, content.problem))
    elif _LFS_POINTER.fullmatch(data):
        verdict.skipped.append((path, "is a Git LFS pointer; its content is not in git"))
    elif not may_hold_secret(data):
        if content.is_whole:
            verdict.scanned += 1
        elif strict:
            verdict.undecided.append((path, 0, 0, f"is larger than {_LIMIT}"))
        else:
            verdict.skipped.append((path, f"is larger than {_LIMIT}, and no Secret begins it"))
    elif not content.is_whole:
        reason = f"is larger than {_LIMIT}, and a Secret may stand in it"
        verdict.undecided.append((path, 0, 0, reason))
    else:
        verdict.scanned += 1
        answer = scan(path, data)
        verdict.findings.extend(answer.findings)
        verdict.undecided.extend(
            (path, place.line, place.column, place.reason) for place in answer.undecided
        )


def _blocks(finding: "Finding") -> bool:
    return finding.severity.value == "block"
