"""What checks say: a table for people, and JSON for machines."""

from collections import Counter
from collections.abc import Sequence

from sealer.cli.console import counted, printable
from sealer.cli.jsontext import json_text
from sealer.doctor import Result, Status
from sealer.doctor.facts import Place

SCHEMA_VERSION = 1
_MARKS = {
    Status.OK: ("✓", "ok", "green"),
    Status.NOTE: ("·", "--", "blue"),
    Status.WARNING: ("!", "!!", "yellow"),
    Status.FAULT: ("✗", "XX", "red"),
    Status.UNKNOWN: ("?", "??", "yellow"),
}
_WORDS = {
    Status.OK: "ok",
    Status.NOTE: "note",
    Status.WARNING: "warning",
    Status.FAULT: "fault",
}


def as_lines(results: Sequence[Result], *, is_unicode: bool, is_coloured: bool) -> str:
    """Return results as a table: a mark, the check, what it found, and what to do below that.

    The same advice is given once.

    Args:
        results: What was found.
        is_unicode: Marks may be more than ASCII.
        is_coloured: Marks have colours.
    """
    width = max((len(each.check.id) for each in results), default=0)
    marks = {
        status: _mark(symbol if is_unicode else plain, colour if is_coloured else "")
        for status, (symbol, plain, colour) in _MARKS.items()
    }
    indent = " " * ((1 if is_unicode else 2) + 1 + width + 2)
    lines: list[str] = []
    said: set[str] = set()
    for result in results:
        name = result.check.id
        for finding in result.findings:
            lines.append(f"{marks[finding.status]} {name:<{width}}  {printable(finding.message)}")
            if finding.hint and finding.hint not in said:
                said.add(finding.hint)
                lines.append(f"{indent}{'→' if is_unicode else '->'} {printable(finding.hint)}")
            name = ""
    return "".join(f"{line}\n" for line in lines)


def summary(results: Sequence[Result]) -> str:
    """Return how many checks came out how."""
    counts = Counter(each.status for each in results)
    parts = [
        f"{counts[status]} not known"
        if status is Status.UNKNOWN
        else f"{counts[status]} ok"
        if status is Status.OK
        else counted(counts[status], _WORDS[status])
        for status in _MARKS
        if counts[status]
    ]
    return f"{counted(len(results), 'check')}: {', '.join(parts)}"


def as_document(results: Sequence[Result], place: Place) -> str:
    """Return results as JSON, as the command's help says."""
    counts = Counter(each.status for each in results)
    document = {
        "version": SCHEMA_VERSION,
        "namespace": place.namespace,
        "name": place.name,
        "checks": [
            {
                "check": each.check.id,
                "title": each.check.title,
                "status": each.status.value,
                "findings": [
                    {"status": found.status.value, "message": found.message, "hint": found.hint}
                    for found in each.findings
                ],
            }
            for each in results
        ],
        "summary": {status.value: counts[status] for status in _MARKS},
    }
    return json_text(document) + "\n"


def _mark(text: str, colour: str) -> str:
    import click

    return click.style(text, fg=colour) if colour else text
