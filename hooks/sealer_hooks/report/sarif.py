"""The verdict as SARIF 2.1.0, the format of code scanning services.

Sources: the OASIS standard and its schema; for limits, GitHub's page on its SARIF support.
"""

import json
import os.path
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from sealer import __version__
from sealer.detect.rules import RULES, Rule, Severity
from sealer_hooks.report.advice import advise
from sealer_hooks.report.fingerprints import fingerprints
from sealer_hooks.report.paths import decoded
from sealer_hooks.report.words import Place, counted, described

if TYPE_CHECKING:
    from sealer.detect.finding import Finding
    from sealer_hooks.verdict import Allowed, Verdict

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# GitHub refuses a run with more results.
MOST_RESULTS = 25_000
_LEVELS = {Severity.BLOCK: "error", Severity.WARN: "warning", Severity.OFF: "none"}
# GitHub sorts security alerts by a number of text: from 9.0 critical, from 7.0 high, from 4.0
# medium.
_SCORES = {Severity.BLOCK: "8.0", Severity.WARN: "4.0", Severity.OFF: "1.0"}

Json = dict[str, object]


def as_sarif(verdict: "Verdict", *, show_allowed: bool = False) -> Iterator[str]:
    """Yield the report, which is one log with one run.

    Args:
        verdict: What to report.
        show_allowed: List what is allowed as suppressed results. GitHub shows those as alerts.
    """
    results = [*_results(verdict), *_suppressed(verdict.allowed if show_allowed else ())]
    # What blocks comes first, should there be too many.
    results.sort(key=lambda each: each["level"] != "error")
    run: Json = {
        "tool": {"driver": _driver()},
        "invocations": [_invocation(verdict, len(results))],
        "columnKind": "unicodeCodePoints",
        "results": results[:MOST_RESULTS],
    }
    yield json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _driver() -> Json:
    rules = [_descriptor(rule) for rule in RULES.values()]
    return {"name": "sealer-hook", "version": __version__, "rules": rules}


def _descriptor(rule: Rule) -> Json:
    reason = f"{rule.reason[0].upper()}{rule.reason[1:]}."
    remedy = rule.remedy.format(path="FILE", seal="sealer seal --in-place FILE")
    advice = f"{reason} What to do: {remedy}. docs/hook.md of sealer explains {rule.id}."
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": reason},
        "fullDescription": {"text": advice},
        "help": {"text": advice},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["security"], "security-severity": _SCORES[rule.severity]},
    }


def _results(verdict: "Verdict") -> Iterator[Json]:
    files = list(advise(verdict))
    pairs = [pair for file in files for pair in zip(file.findings, file.fixes, strict=True)]
    marks = fingerprints(finding for finding, _ in pairs)
    for (finding, fix), mark in zip(pairs, marks, strict=True):
        text = described(finding, verdict.origins.get(finding, ""))
        yield _result(finding, f"{text}. Fix: {decoded(fix)}", mark)


def _suppressed(allowed: "Iterable[Allowed]") -> Iterator[Json]:
    allowances = list(allowed)
    marks = fingerprints(each.finding for each in allowances)
    for each, mark in zip(allowances, marks, strict=True):
        kind = "inSource" if each.by == "comment" else "external"
        suppression = {"kind": kind, "justification": decoded(each.reason)}
        result = _result(each.finding, described(each.finding), mark)
        yield result | {"suppressions": [suppression]}


def _result(finding: "Finding", text: str, mark: str) -> Json:
    """Return a result.

    The fingerprint has the name that GitHub looks for: without it, its uploader makes one of the
    line's own text, which may be the value.
    """
    return {
        "ruleId": finding.rule,
        "ruleIndex": list(RULES).index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [_location(Place.of(finding))],
        "partialFingerprints": {"primaryLocationLineHash": mark},
    }


def _invocation(verdict: "Verdict", count: int) -> Json:
    notifications = [
        _notification("error", f"could not decide: {reason}", Place(path, line, column))
        for path, line, column, reason in verdict.undecided
    ]
    notifications += [
        _notification("note", f"skipped: {reason}", Place(path)) for path, reason in verdict.skipped
    ]
    if count > MOST_RESULTS:
        rest = counted(count - MOST_RESULTS, "result")
        notifications.append(_notification("error", f"{rest} left out: services refuse so many"))
    return {
        "executionSuccessful": not verdict.undecided,
        "exitCode": verdict.exit_code,
        "toolExecutionNotifications": notifications,
    }


def _notification(level: str, text: str, *places: Place) -> Json:
    locations = [_location(place) for place in places]
    return {"level": level, "message": {"text": text}, "locations": locations}


def _location(place: Place) -> Json:
    physical: Json = {"artifactLocation": {"uri": _uri(place.path)}}
    if place.line:
        # Services ask for an end; where the value's is, is nobody's business.
        physical["region"] = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.line,
            "endColumn": place.column + 1,
        }
    return {"physicalLocation": physical}


def _uri(path: str) -> str:
    """Return a path as a URI reference (RFC 3986), relative where the path is.

    The bytes of the name are kept, whatever encoding they are in. A colon could be taken for the
    end of a scheme, and is escaped like anything else.
    """
    escaped = quote(os.path.normpath(path).encode(errors="surrogateescape"), safe="/")
    return f"file://{escaped}" if path.startswith("/") else escaped
