"""From what was seen to what is answered: places become lines, and settings decide what counts."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sealer.detect.finding import Finding, Scan, Undecided
from sealer.detect.rules import Severity
from sealer.detect.settings import Settings
from sealer.detect.sighting import Doubt, Seen, Sighting
from sealer.documents.text import SourceText

_MOST_FINDINGS = 10_000


def answer(path: str, source: SourceText, seen: Sequence[Seen], settings: Settings) -> Scan:
    """Return findings and undecided places in the order of the file.

    Args:
        path: The file, as it was given.
        source: Its text.
        seen: What was seen in it.
        settings: What the repository says.
    """
    in_order = sorted(seen, key=lambda each: each.sight.offset)
    undecided = [
        Undecided(path, *source.position(each.sight.offset), each.sight.reason)
        for each in in_order
        if isinstance(each.sight, Doubt)
    ]
    findings = list(_findings(path, source, in_order, settings))
    if len(findings) > _MOST_FINDINGS:
        rest = findings[_MOST_FINDINGS]
        reason = f"more than {_MOST_FINDINGS} findings; those from here on are not listed"
        undecided.append(Undecided(path, rest.line, rest.column, reason))
    return Scan(tuple(findings[:_MOST_FINDINGS]), tuple(undecided))


def _findings(
    path: str, source: SourceText, seen: Sequence[Seen], settings: Settings
) -> Iterator[Finding]:
    """Yield what the settings do not switch off, the second at a pointer told from the first."""
    count: Counter[tuple[str, str]] = Counter()
    for each in seen:
        sight = each.sight
        if not isinstance(sight, Sighting):
            continue
        severity = settings.severity(sight.rule, path)
        if severity is Severity.OFF:
            continue
        count[sight.rule.id, each.pointer] += 1
        number = count[sight.rule.id, each.pointer]
        line, column = source.position(sight.offset)
        yield Finding(
            path=path,
            line=line,
            column=column,
            document=each.document,
            namespace=sight.namespace,
            name=sight.name,
            key=sight.key,
            rule=sight.rule.id,
            severity=severity,
            length=sight.length,
            pointer=each.pointer if number == 1 else f"{each.pointer}#{number}",
        )
