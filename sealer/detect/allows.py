"""Comments that let a finding pass: `# sealer:allow RULE reason [until=YYYY-MM-DD]` (hook.md 3).

Such a comment stands on the line of a value, or above it, and lets one finding of that rule pass:
never a whole file. One that lets nothing pass is a finding itself, so that nobody relies on it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import NamedTuple

from sealer.detect.expiry import is_past, read_day
from sealer.detect.finding import Finding
from sealer.detect.margins import NOWHERE, Comment, Margins, Spot
from sealer.detect.prefilter import may_hold_allow
from sealer.detect.reasons import Reasons
from sealer.detect.rules import FAULTY_ALLOW, RULES, Severity, is_documentation
from sealer.detect.settings import Settings
from sealer.errors import DocumentLimitError

_UNTIL = "until="
_MOST_COMMENTS = 1000
_MOST_FAULTS = 100
_TOO_MANY = f"a file can have {_MOST_COMMENTS}, and this is one more"


class Permit(NamedTuple):
    """A finding that a comment lets pass.

    Attributes:
        finding: The finding.
        reason: What the comment says; empty where it repeats the value.
        line: Of the comment, counted from 1.
        column: Of the comment, counted in characters from 1.
    """

    finding: Finding
    reason: str
    line: int
    column: int


class Answer(NamedTuple):
    """The findings of a file, divided by its comments.

    Attributes:
        kept: Those that stand, and those about comments.
        permits: Those that are let pass.
    """

    kept: Sequence[Finding]
    permits: Sequence[Permit] = ()


class _Allow(NamedTuple):
    """What a comment says, and what is wrong with it."""

    rule: str
    reason: str
    fault: str


def apply_comments(
    path: str, data: bytes, findings: Sequence[Finding], settings: Settings, *, today: date
) -> Answer:
    """Let the findings pass that comments of the file allow.

    Args:
        path: The file's name.
        data: The file.
        findings: What was found in it.
        settings: How severe a comment is that lets nothing pass.
        today: The day, for those that end.
    """
    if not may_hold_allow(data):
        return Answer(findings)
    try:
        margins = Margins(path, data)
    except DocumentLimitError:  # the scan has said so
        return Answer(findings)
    targets, reasons = _Targets(path, margins, findings), Reasons(margins)
    permits: list[Permit] = []
    faults = []
    for number, comment in enumerate(islice(margins.comments(), _MOST_COMMENTS + _MOST_FAULTS)):
        allow = _read(comment.text, today)
        fault = allow.fault if number < _MOST_COMMENTS else _TOO_MANY
        finding = None if fault else targets.take(comment, allow.rule)
        if finding is not None:
            reason = reasons.shown(allow.reason, finding)
            permits.append(Permit(finding, reason, comment.spot.line, comment.column))
        elif not fault and settings.severity(RULES[allow.rule], path) is Severity.OFF:
            continue  # nobody has looked
        elif fault is _TOO_MANY or targets.expect(comment):
            faults.append((comment, fault or targets.missing(comment)))
    return Answer([*targets.left(), *_faulty(path, faults, settings)], permits)


class _Targets:
    """The findings that comments can let pass, by their lines. Each is taken once."""

    def __init__(self, path: str, margins: Margins, findings: Sequence[Finding]) -> None:
        self._is_documentation = is_documentation(path)
        self._margins = margins
        self._findings = findings
        self._taken: set[int] = set()
        self._places = sorted(
            (spot, at)
            for at, finding in enumerate(findings)
            for spot in margins.spots_of(finding.line, finding.column)
        )
        self._texts = {spot.within for spot, _ in self._places}

    def take(self, comment: Comment, rule: str) -> Finding | None:
        """Return the first finding of a rule that a comment is about."""
        for at in self._about(comment):
            if self._findings[at].rule == rule:
                self._taken.add(at)
                return self._findings[at]
        return None

    def left(self) -> Iterator[Finding]:
        """Yield what nobody has taken."""
        return (each for at, each in enumerate(self._findings) if at not in self._taken)

    def expect(self, comment: Comment) -> bool:
        """Tell whether a comment means to let something pass, and is not just shown to people.

        In documentation it may be an example, and in a string a part of some text.
        """
        if self._is_documentation:
            return any(True for _ in self._about(comment))
        return comment.spot.within == NOWHERE or comment.spot.within in self._texts

    def missing(self, comment: Comment) -> str:
        """Return what is wrong with a comment that could take nothing."""
        rule = next((self._findings[at].rule for at in self._about(comment)), "")
        if rule:
            return f"the finding there is one of {rule}"
        return "there is no such finding on its line, or on the line below"

    def _about(self, comment: Comment) -> Iterator[int]:
        """Yield the findings that a comment stands beside or above, but for those taken."""
        line, within = comment.spot
        last = self._margins.end_of_run(line) + 1 if comment.is_alone else line
        first = bisect_left(self._places, line, key=_line_of)
        for spot, at in islice(self._places, first, None):
            if spot.line > last:
                break
            if at not in self._taken and spot.within == within:
                yield at


def _line_of(place: tuple[Spot, int]) -> int:
    return place[0].line


def _read(text: str, today: date) -> _Allow:
    """Read `RULE reason [until=YYYY-MM-DD]`."""
    rule, *words = text.split() or [""]
    days = [word.removeprefix(_UNTIL) for word in words if word.startswith(_UNTIL)]
    reason = " ".join(word for word in words if not word.startswith(_UNTIL))
    return _Allow(rule, reason, _fault(rule, reason, days, today))


def _fault(rule: str, reason: str, days: Sequence[str], today: date) -> str:
    """Return why a comment cannot count; empty when it can. No word of it is repeated."""
    until = read_day(days[0]) if days else None
    if rule not in RULES:
        return "there is no such rule"
    if not any(character.isalnum() for character in reason):
        return "it gives no reason"
    if len(days) > 1 or (days and until is None):
        return "its last day must be one, written until=YYYY-MM-DD"
    return f"its last day was {until}" if is_past(until, today) else ""


def _faulty(
    path: str, faults: Sequence[tuple[Comment, str]], settings: Settings
) -> Iterator[Finding]:
    severity = settings.severity(FAULTY_ALLOW, path)
    if severity is Severity.OFF:
        return
    for number, (comment, fault) in enumerate(faults[:_MOST_FAULTS], 1):
        yield Finding(
            path=path,
            line=comment.spot.line,
            column=comment.column,
            document=0,
            namespace="",
            name="",
            key="",
            rule=FAULTY_ALLOW.id,
            severity=severity,
            length=0,
            pointer="/comment" if number == 1 else f"/comment#{number}",
            detail=fault,
        )
