"""The verdict as one JSON object; docs/hook.md shows it."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sealer_hooks.report.paths import decoded
from sealer_hooks.report.words import message

if TYPE_CHECKING:
    from sealer.detect.finding import Finding
    from sealer_hooks.verdict import Verdict


def as_json(verdict: "Verdict", *, show_allowed: bool = False) -> Iterator[str]:
    """Yield the report, which is one object; places that are open stand under `skipped`."""
    open_places = [
        (path, f"could not decide: {f'line {line}: ' if line else ''}{reason}")
        for path, line, _, reason in verdict.undecided
    ]
    report: dict[str, object] = {
        "findings": [_as_object(finding) for finding in verdict.findings],
        "scanned": verdict.scanned,
        "skipped": [
            {"path": decoded(path), "reason": reason}
            for path, reason in (*verdict.skipped, *open_places)
        ],
        "allowed": len(verdict.allowed),
    }
    if show_allowed:
        report["allowances"] = [
            _as_object(each.finding) | {"by": each.by, "reason": each.reason}
            for each in verdict.allowed
        ]
    yield json.dumps(report, indent=2)


def _as_object(finding: "Finding") -> dict[str, object]:
    return {
        "path": decoded(finding.path),
        "line": finding.line,
        "column": finding.column,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "namespace": finding.namespace,
        "name": finding.name,
        "key": finding.key,
        "length": finding.length,
        "message": message(finding),
    }
