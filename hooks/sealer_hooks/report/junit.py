"""The verdict as JUnit XML: findings fail, warnings are told, and one case stands for the rest."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from sealer.detect.rules import Severity
from sealer_hooks.report.advice import advise
from sealer_hooks.report.paths import printable
from sealer_hooks.report.words import Place, counted, described, message, permitted, subject, title

if TYPE_CHECKING:
    from sealer.detect.finding import Finding
    from sealer_hooks.verdict import Verdict


def as_junit(verdict: "Verdict", *, show_allowed: bool = False) -> Iterator[str]:
    """Yield the lines of the report.

    Args:
        verdict: What to report.
        show_allowed: List what is allowed as cases that were skipped.
    """
    allowed = verdict.allowed if show_allowed else ()
    failures = sum(each.severity is Severity.BLOCK for each in verdict.findings)
    errors, skipped = len(verdict.undecided), len(verdict.skipped) + len(allowed)
    tests = 1 + len(verdict.findings) + errors + skipped
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<testsuites {counts}>"
    yield f'<testsuite name="sealer-hook" {counts}>'
    yield from _case("sealer-hook", f"{counted(verdict.scanned, 'file')} examined")
    for _, findings, fixes, _ in advise(verdict):
        for finding, fix in zip(findings, fixes, strict=True):
            text = described(finding, verdict.origins.get(finding, ""))
            yield from _finding(finding, f"{text}\nfix: {fix}")
    for path, line, column, reason in verdict.undecided:
        name = f"could not decide: {Place(path, line, column)}"
        yield from _case(path, name, "error", reason)
    for path, reason in verdict.skipped:
        yield from _case(path, path, "skipped", reason)
    for each in allowed:
        yield from _case(each.finding.path, _name(each.finding), "skipped", permitted(each))
    yield "</testsuite>"
    yield "</testsuites>"


def _finding(finding: "Finding", text: str) -> Iterator[str]:
    text = f"{Place.of(finding)}: {text}"
    if finding.severity is Severity.BLOCK:
        yield from _case(finding.path, _name(finding), "failure", message(finding), text)
    else:  # the case passes, and says something
        yield from _case(finding.path, _name(finding), "system-out", "", text)


def _case(
    path: str, name: str, outcome: str = "", message: str = "", text: str = ""
) -> Iterator[str]:
    """Yield a test case; the class is the file, by which most viewers group."""
    head = f"<testcase {_attribute('classname', path)} {_attribute('name', name)}"
    if not outcome:
        yield f"{head}/>"
        return
    yield f"{head} {_attribute('file', path)}>"
    attribute = f" {_attribute('message', message)}" if message else ""
    yield f"<{outcome}{attribute}>{_text(text)}</{outcome}>"
    yield "</testcase>"


def _name(finding: "Finding") -> str:
    """Return a name that stays the same when lines move."""
    parts = (title(finding), subject(finding))
    return " ".join(part for part in parts if part)


def _attribute(name: str, text: str) -> str:
    return f'{name}="{_text(text)}"'


def _text(text: str) -> str:
    """Escape a text line by line: XML has no way to write most control characters."""
    return "\n".join(escape(printable(line)) for line in text.split("\n"))
