"""The verdict as a code quality report of GitLab, which shows it in merge requests."""

import json
import os.path
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sealer.detect.rules import Severity
from sealer_hooks.report.advice import advise
from sealer_hooks.report.fingerprints import fingerprint, fingerprints
from sealer_hooks.report.paths import decoded
from sealer_hooks.report.words import Place, described, permitted, title

if TYPE_CHECKING:
    from sealer_hooks.verdict import Verdict


def as_code_quality(verdict: "Verdict", *, show_allowed: bool = False) -> Iterator[str]:
    """Yield the report, which is one array of issues."""
    issues = [*_findings(verdict), *_open_places(verdict)]
    if show_allowed:
        issues += _allowed(verdict)
    yield json.dumps(issues, indent=2)


def _findings(verdict: "Verdict") -> Iterator[dict[str, object]]:
    files = list(advise(verdict))
    pairs = [pair for file in files for pair in zip(file.findings, file.fixes, strict=True)]
    marks = fingerprints(finding for finding, _ in pairs)
    for (finding, fix), mark in zip(pairs, marks, strict=True):
        severity = "minor" if finding.severity is Severity.WARN else "blocker"
        text = f"{described(finding, verdict.origins.get(finding, ''))}. Fix: {fix}"
        yield _issue(severity, mark, title(finding), text, Place.of(finding))


def _open_places(verdict: "Verdict") -> Iterator[dict[str, object]]:
    for path, line, column, reason in verdict.undecided:
        mark = fingerprint(path, str(line), str(column), reason)
        text = f"could not decide: {reason}"
        yield _issue("blocker", mark, "undecided", text, Place(path, line, column))


def _allowed(verdict: "Verdict") -> Iterator[dict[str, object]]:
    findings = [each.finding for each in verdict.allowed]
    for each, mark in zip(verdict.allowed, fingerprints(findings), strict=True):
        text = f"{described(each.finding)}; {permitted(each)}"
        yield _issue("info", mark, title(each.finding), text, Place.of(each.finding))


def _issue(severity: str, mark: str, name: str, text: str, place: Place) -> dict[str, object]:
    """Return an issue. GitLab knows files by their path from the root, without `./`."""
    path = decoded(os.path.normpath(place.path))
    return {
        "description": decoded(text),
        "check_name": name,
        "fingerprint": mark,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": place.line or 1}},
    }
