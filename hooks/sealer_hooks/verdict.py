"""What was found, left out or left open, over all files of one run."""

import functools
import os
import posixpath
import re

from sealer.detect import may_concern_pins, may_hold_secret, may_hold_values, scan
from sealer.detect.prefilter import may_hold_allow
from sealer_hooks.kustomizations import Kustomizations
from sealer_hooks.sources import LONGEST_SCAN, Content

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealer.detect.finding import Finding, Sealable
    from sealer_hooks.baseline import Notes
    from sealer_hooks.kustomizations import Lookup
    from sealer_hooks.policy import HookPolicy
    from sealer_hooks.sources import Source

CLEAN, FOUND, UNDECIDED = 0, 1, 2

_LFS_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n"
    rb"(?:ext-[0-9]-[A-Za-z0-9.-]+ sha256:[0-9a-f]{64}\n)*oid sha256:[0-9a-f]{64}\nsize [0-9]+\n?"
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
        notes: Takes what is found, and lets it pass; None where it has to stand.
        findings: Values that can be read, each once however many commits hold it.
        origins: Where each finding was first seen: a commit, a ref that alone keeps it, the index
            or the work tree.
        allowed: Those that were let pass, each once as well.
        undecided: Path, line, column and reason of each place that could not be examined; line and
            column are 0 when the whole file is meant.
        skipped: Path and reason of each file that was not examined and need not be.
        sealable: What `sealer seal` would meet in files with findings, by their paths.
        scanned: How many files were examined.
        source: The last one that was examined, which knows where the paths are.
        at: The file that is examined now; `.` between two.
    """

    def __init__(self, *, is_strict: bool = False) -> None:
        self.is_strict = is_strict
        self.notes: Notes | None = None
        self.findings: list[Finding] = []
        self.origins: dict[Finding, str] = {}
        self.allowed: list[Allowed] = []
        self._passed: set[Finding] = set()
        self.undecided: list[tuple[str, int, int, str]] = []
        self.skipped: list[tuple[str, str]] = []
        self.sealable: dict[str, tuple[Sealable, ...]] = {}
        self.scanned = 0
        self.source: Source | None = None
        self.at = "."

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

    def let_pass(self, allowed: Allowed) -> None:
        """Take in what was let pass, once however many commits hold it."""
        if allowed.finding not in self._passed:
            self._passed.add(allowed.finding)
            self.allowed.append(allowed)

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
        count = "1 file was" if self.scanned == 1 else f"{self.scanned} files were"
        reason = f"the deadline has passed; {count} examined until then"
        if may_pass:
            self.skipped.append((self.at, reason))
        else:
            self.undecided.append((self.at, 0, 0, reason))

    def break_off(self) -> None:
        """Note that an error ended the run before all was examined."""
        self.undecided.append((".", 0, 0, "an error ended the run; what else there is is unknown"))


def judge(verdict: Verdict, source: "Source", policy: "HookPolicy") -> None:
    """Examine the files of a source.

    Args:
        verdict: Where the answer goes. What was examined stays there if the source ends in an
            error.
        source: The files.
        policy: What may pass.
    """
    try:
        _judge_all(verdict, source, policy)
    finally:
        source.close()


def _judge_all(verdict: Verdict, source: "Source", policy: "HookPolicy") -> None:
    if verdict.notes is not None:
        verdict.notes.root = source.root
    verdict.source = source
    kustomizations = Kustomizations(source)
    contents = source.contents()
    try:
        for content in contents:
            verdict.at = content.path
            _judge(verdict, source, policy, content)
            verdict.at = "."
            if not content.is_link:
                kustomizations.note(content)
    finally:
        contents.close()  # ends git, whoever keeps the error
    for content, look_up in kustomizations.affected():
        _judge_anew(verdict, source, policy, content, look_up)
    verdict.undecided.extend(
        (source.path_of(path), line, column, reason)
        for path, line, column, reason in policy.faults()
    )


def _judge(verdict: Verdict, source: "Source", policy: "HookPolicy", content: Content) -> None:
    path, data = content.path, content.data
    if content.problem:
        verdict.undecided.append((path, 0, 0, content.problem))
    elif content.notice:
        verdict.leave_out(path, content.notice)
    elif content.is_link:
        if not content.blob:  # it was named, and not found among many
            verdict.skipped.append((path, "is a symbolic link; git stores only where it leads"))
        _compare_with_pins(verdict, source, policy, content)
    elif _LFS_POINTER.fullmatch(data):
        verdict.skipped.append((path, "is a Git LFS pointer; its content is not in git"))
    elif not (may_hold_secret(data) or (content.is_whole and _is_asked_for(path, data))):
        if content.is_whole:
            _ask_policy(verdict, source, policy, content)
            verdict.scanned += 1
        else:
            verdict.leave_out(path, f"is larger than {_LIMIT}, and no Secret begins it")
    elif not content.is_whole:
        if _was_stored_otherwise(verdict, source, policy, content):
            return
        reason = f"is larger than {_LIMIT}, and a Secret may stand in it"
        verdict.undecided.append((path, 0, 0, reason))
    else:
        _scan(verdict, source, policy, content)


def _scan(verdict: Verdict, source: "Source", policy: "HookPolicy", content: Content) -> None:
    path = content.path
    settings = policy.settings(content)._replace(
        lookup=functools.partial(source.read_neighbour, content), before=source.read_before
    )
    answer = scan(path, content.data, settings)
    has_news = answer.findings or answer.undecided
    if has_news and _was_stored_otherwise(verdict, source, policy, content):
        return
    if answer.sealable:
        verdict.sealable[path] = answer.sealable
    _ask_policy(verdict, source, policy, content, answer.findings)
    verdict.undecided.extend(
        (path, place.line, place.column, place.reason) for place in answer.undecided
    )
    verdict.scanned += 1


def _compare_with_pins(
    verdict: Verdict, source: "Source", policy: "HookPolicy", content: Content
) -> None:
    """Examine what a link leads to, if it may stand in for a certificate that a policy pins."""
    target = posixpath.join(posixpath.dirname(content.path), os.fsdecode(content.data))
    data = source.read_neighbour(content, posixpath.normpath(target))
    if data is None or not may_concern_pins(content.path, data):
        return
    from sealer.detect.rules import UNPINNED_CERTIFICATE

    def look_up(path: str) -> bytes | None:
        return data if path == content.path else source.read_neighbour(content, path)

    settings = policy.settings(content)._replace(lookup=look_up, before=source.read_before)
    answer = scan(content.path, data, settings)
    findings = [each for each in answer.findings if each.rule == UNPINNED_CERTIFICATE.id]
    if findings:
        _enter(verdict, source, content, *policy.judge(content, findings))


def _was_stored_otherwise(
    verdict: Verdict, source: "Source", policy: "HookPolicy", content: Content
) -> bool:
    """Examine what git holds in place of the disk, and tell whether that is something else."""
    stored = source.as_stored(content)
    if stored is not content:
        _judge(verdict, source, policy, stored)
    return stored is not content


def _judge_anew(
    verdict: Verdict, source: "Source", policy: "HookPolicy", content: Content, look_up: "Lookup"
) -> None:
    """Examine a kustomization that did not change, for the sake of files that did."""
    from sealer.detect.rules import GENERATOR_FILE

    settings = policy.settings(content)._replace(lookup=look_up)
    answer = scan(content.path, content.data, settings)
    findings = [each for each in answer.findings if each.rule == GENERATOR_FILE.id]
    if findings:
        kept, allowed = policy.judge(content, findings)
        # What is said about the comments in it is old.
        kept = [each for each in kept if each.rule == GENERATOR_FILE.id]
        _enter(verdict, source, content, kept, allowed)
    if answer.undecided:
        # What is open about the kustomization itself was told when it came in.
        alone = scan(content.path, content.data, settings._replace(lookup=None))
        verdict.undecided.extend(
            (content.path, place.line, place.column, place.reason)
            for place in answer.undecided
            if place not in alone.undecided
        )


def _ask_policy(
    verdict: Verdict,
    source: "Source",
    policy: "HookPolicy",
    content: Content,
    findings: "Sequence[Finding]" = (),
) -> None:
    """Let pass what may pass. A comment is to let something pass, even where there is nothing."""
    policy.check(content)
    if findings or may_hold_allow(content.data):
        _enter(verdict, source, content, *policy.judge(content, findings))


def _enter(
    verdict: Verdict,
    source: "Source",
    content: Content,
    kept: "Sequence[Finding]",
    allowed: "Sequence[Allowed]",
) -> None:
    """Enter what was found, each finding once; a baseline that is written takes what stands."""
    if verdict.notes is not None:
        noted = verdict.notes.take(source.blobs_of(content), kept)
        allowed = [*allowed, *(Allowed(each, "baseline") for each in kept if each in noted)]
        kept = [each for each in kept if each not in noted]
    verdict.findings.extend(finding for finding in kept if finding not in verdict.origins)
    for finding in kept:
        verdict.origins.setdefault(finding, content.ref or content.revision)
    for each in allowed:
        verdict.let_pass(each)


def _blocks(finding: "Finding") -> bool:
    return finding.severity.value == "block"


def _is_asked_for(path: str, data: bytes) -> bool:
    """Tell whether the policy may ask about a file in which no Secret stands."""
    return may_concern_pins(path, data) or may_hold_values(path, data)
