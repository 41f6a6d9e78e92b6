"""What was found, left out or left open, over all files of one run."""

import functools
import re

from sealer.detect import may_hold_secret, scan
from sealer_hooks.sources import LONGEST_SCAN, Content

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from sealer.detect.finding import Finding
    from sealer_hooks.policy import HookPolicy
    from sealer_hooks.sources import Source

CLEAN, FOUND, UNDECIDED = 0, 1, 2

_LFS_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n"
    rb"(?:ext-[^\n]*\n)*oid sha256:[0-9a-f]{64}\nsize [0-9]+\n?"
)
_LIMIT = f"{LONGEST_SCAN // 1024 // 1024} MiB"


class Allowed:
    """A finding that was let pass.

    Attributes:
        finding: What was found.
        by: What let it pass: `comment`, `policy` or `baseline`.
        reason: Why, in the words of whoever allowed it; empty for the baseline.
    """

    __slots__ = ("by", "finding", "reason")

    def __init__(self, finding: "Finding", by: str, reason: str = "") -> None:
        self.finding = finding
        self.by = by
        self.reason = reason


class Verdict:
    """The result of one run. A plain class: `dataclasses` takes longer to import than most scans.

    Args:
        is_strict: What could be left out may not be left out.

    Attributes:
        findings: Values that can be read, each once however many commits hold it.
        origins: Where each finding was first seen: a commit, the index or the work tree.
        allowed: Those that were let pass.
        undecided: Path, line, column and reason of each place that could not be examined; line and
            column are 0 when the whole file is meant.
        skipped: Path and reason of each file that was not examined and need not be.
        scanned: How many files were examined.
    """

    def __init__(self, *, is_strict: bool = False) -> None:
        self.is_strict = is_strict
        self.findings: list[Finding] = []
        self.origins: dict[Finding, str] = {}
        self.allowed: list[Allowed] = []
        self.undecided: list[tuple[str, int, int, str]] = []
        self.skipped: list[tuple[str, str]] = []
        self.scanned = 0

    @property
    def exit_code(self) -> int:
        """0 when nothing stops the commit, 1 for findings that do, 2 when something is open."""
        if self.undecided:
            return UNDECIDED
        return FOUND if any(_blocks(finding) for finding in self.findings) else CLEAN

    @property
    def has_news(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.findings or self.undecided or self.skipped or self.allowed)

    def leave_out(self, path: str, reason: str) -> None:
        """Note what was not examined and need not be, unless the run is strict."""
        if self.is_strict:
            self.undecided.append((path, 0, 0, reason))
        else:
            self.skipped.append((path, reason))

    def end_early(self, *, may_pass: bool) -> None:
        """Note that the time was over before all was examined.

        Args:
            may_pass: Whether that which was not examined may pass.
        """
        reason = f"the deadline has passed; {self.scanned} files were examined until then"
        if may_pass:
            self.skipped.append((".", reason))
        else:
            self.undecided.append((".", 0, 0, reason))


def judge(verdict: Verdict, source: "Source", policy: "HookPolicy") -> None:
    """Examine the files of a source.

    Args:
        verdict: Where the answer goes. What was examined stays there if the source ends in an
            error.
        source: The files.
        policy: What may pass.
    """
    for content in source.contents():
        _judge(verdict, source, policy, content)


def _judge(verdict: Verdict, source: "Source", policy: "HookPolicy", content: Content) -> None:
    path, data = content.path, content.data
    if content.problem:
        verdict.undecided.append((path, 0, 0, content.problem))
    elif content.notice:
        verdict.leave_out(path, content.notice)
    elif _LFS_POINTER.fullmatch(data):
        verdict.skipped.append((path, "is a Git LFS pointer; its content is not in git"))
    elif not may_hold_secret(data):
        if content.is_whole:
            verdict.scanned += 1
        else:
            verdict.leave_out(path, f"is larger than {_LIMIT}, and no Secret begins it")
    elif not content.is_whole:
        reason = f"is larger than {_LIMIT}, and a Secret may stand in it"
        verdict.undecided.append((path, 0, 0, reason))
    else:
        verdict.scanned += 1
        _scan(verdict, source, policy, content)


def _scan(verdict: Verdict, source: "Source", policy: "HookPolicy", content: Content) -> None:
    path = content.path
    lookup = functools.partial(source.read_file, content.revision)
    answer = scan(path, content.data, policy.settings._replace(lookup=lookup))
    kept, allowed = policy.judge(content, answer.findings)
    verdict.findings.extend(finding for finding in kept if finding not in verdict.origins)
    for finding in kept:
        verdict.origins.setdefault(finding, content.revision)
    verdict.allowed.extend(allowed)
    verdict.undecided.extend(
        (path, place.line, place.column, place.reason) for place in answer.undecided
    )


def _blocks(finding: "Finding") -> bool:
    return finding.severity.value == "block"
