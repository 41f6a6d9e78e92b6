"""The verdict in words for people, or as JSON for programs. No format ever shows a value."""

import shlex
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sealer.detect.remedy import remedies
from sealer.detect.rules import RULES, Severity

if TYPE_CHECKING:
    from sealer.detect.finding import Finding
    from sealer_hooks.verdict import Verdict

_EXPLANATION = (
    "Git keeps for ever what is committed, and whoever can read the repository can read it.\n"
    "Do what stands behind `fix:`, then `git add` the files again. Every rule is explained in\n"
    "docs/hook.md of sealer, under its number."
)


def as_text(verdict: "Verdict") -> Iterator[str]:
    """Yield the lines of the report: findings by file with what mends them, then what is open."""
    for path, findings in _by_path(verdict.findings):
        for finding in findings:
            yield f"{printable(path)}:{finding.line}:{finding.column}: {_described(finding)}"
        for remedy in dict.fromkeys(remedies(findings, shell_quoted(path))):
            yield f"  fix: {remedy}"
    for path, line, column, reason in verdict.undecided:
        place = f":{line}:{column}" if line else ""
        yield f"{printable(path)}{place}: could not decide: {reason}"


def summary(verdict: "Verdict") -> Iterator[str]:
    """Yield the words around the report: what was left out, how much was found, what to do."""
    for path, reason in verdict.skipped:
        yield f"{printable(path)}: skipped: {reason}"
    if verdict.findings:
        count, files = len(verdict.findings), len({each.path for each in verdict.findings})
        yield f"sealer-hook: {_counted(count, 'finding')} in {_counted(files, 'file')}."
        yield _EXPLANATION
    if verdict.undecided:
        count = len(verdict.undecided)
        yield (
            f"sealer-hook: {_counted(count, 'place')} could not be examined, so nothing is passed."
        )


def as_json(verdict: "Verdict") -> str:
    """Return the report as one JSON object; places that are open stand under `skipped`."""
    import json

    open_places = [
        (path, f"could not decide: {f'line {line}: ' if line else ''}{reason}")
        for path, line, _, reason in verdict.undecided
    ]
    report = {
        "findings": [_as_object(finding) for finding in verdict.findings],
        "scanned": verdict.scanned,
        "skipped": [
            {"path": decoded(path), "reason": reason}
            for path, reason in (*verdict.skipped, *open_places)
        ],
        "allowed": 0,
    }
    return json.dumps(report, indent=2)


def render(format_name: str, verdict: "Verdict") -> Iterator[str]:
    """Yield the lines of the report in a format for programs."""
    yield {"json": as_json}[format_name](verdict)


def printable(text: str) -> str:
    """Return a path for a terminal: what could move the cursor or forge a line is escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in decoded(text)
    )


def decoded(path: str) -> str:
    r"""Return a path as text; bytes that are no UTF-8 become `\xNN`."""
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")


def shell_quoted(path: str) -> str:
    """Return a path for a command line, on one line whatever it holds."""
    if path.startswith("-"):
        path = f"./{path}"
    if path.isprintable():
        return shlex.quote(path)
    data = path.encode(errors="surrogateescape")
    escaped = "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"\\'" else f"\\x{byte:02x}"  # noqa: PLR2004 - printable ASCII
        for byte in data
    )
    return f"$'{escaped}'"


def _by_path(findings: Iterable["Finding"]) -> Iterable[tuple[str, list["Finding"]]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.path, []).append(finding)
    return groups.items()


def _described(finding: "Finding") -> str:
    """Return `RULE namespace/name key: why (N bytes)`, without the parts that are unknown."""
    identity = "/".join(part for part in (finding.namespace, finding.name) if part)
    subject = " ".join(part for part in (finding.rule, identity, finding.key) if part)
    mark = ", only a warning" if finding.severity is Severity.WARN else ""
    return f"{subject}: {RULES[finding.rule].reason} ({_counted(finding.length, 'byte')}{mark})"


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
        "message": RULES[finding.rule].reason,
    }


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
