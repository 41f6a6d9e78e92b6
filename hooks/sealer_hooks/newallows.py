"""Comments that are new since the base revision, so that no change allows itself unseen.

They count, and are listed for whoever reviews the change; or, where the base revision's policy says
`new-allows: block`, they do not count (hook.md 3).
"""

from collections.abc import Sequence
from datetime import date

from sealer.detect import scan
from sealer.detect.allows import Permit, apply_comments
from sealer.detect.finding import Finding
from sealer.detect.rules import FAULTY_ALLOW, NEW_ALLOW, Rule, Severity
from sealer.detect.settings import Settings

_REFUSED = "it is new, and the policy of the base revision takes none that are"


def new_permits(
    permits: Sequence[Permit], path: str, before: bytes | None, settings: Settings, *, today: date
) -> list[Permit]:
    """Return what lets a value pass that the same file did not let pass before.

    Args:
        permits: What the comments of a file let pass.
        path: The file.
        before: The file in the base revision; None when it is not there.
        settings: How both are judged.
        today: The day.
    """
    known: set[tuple[str, str]] = set()
    if before is not None:
        found = scan(path, before, settings).findings
        answer = apply_comments(path, before, found, settings, today=today)
        known = {_value(permit) for permit in answer.permits}
    return [permit for permit in permits if _value(permit) not in known]


def listed(new: Sequence[Permit], settings: Settings) -> list[Finding]:
    """Return a finding about each comment, for it counts."""
    return _about(new, NEW_ALLOW, settings)


def refused(new: Sequence[Permit], settings: Settings) -> list[Finding]:
    """Return what the comments were to let pass, and a finding about each, for it does not."""
    stays = [permit.finding for permit in new]
    return [*stays, *_about(new, FAULTY_ALLOW, settings, detail=_REFUSED)]


def _value(permit: Permit) -> tuple[str, str]:
    return permit.finding.rule, permit.finding.pointer


def _about(
    permits: Sequence[Permit], rule: Rule, settings: Settings, *, detail: str = ""
) -> list[Finding]:
    """Return findings at the comments; whose values they are about stays as it is."""
    return [
        finding._replace(
            line=permit.line,
            column=permit.column,
            rule=rule.id,
            severity=severity,
            pointer=f"/comment{finding.pointer}",
            detail=detail,
        )
        for permit in permits
        for finding in [permit.finding]
        if (severity := settings.severity(rule, finding.path)) is not Severity.OFF
    ]
