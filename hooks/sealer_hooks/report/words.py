"""The words that every format uses for a finding. None of them can be a value."""

from typing import TYPE_CHECKING, NamedTuple

from sealer.detect.rules import RULES
from sealer_hooks.report.paths import printable

if TYPE_CHECKING:
    from sealer.detect.finding import Finding
    from sealer_hooks.verdict import Allowed


# How much of a commit's id is shown; enough for git to find it.
_SHORT = 12


class Place(NamedTuple):
    """Where something is.

    Attributes:
        path: The file.
        line: Counted from 1; 0 when the whole file is meant.
        column: Counted from 1; 0 when the whole file is meant.
    """

    path: str
    line: int = 0
    column: int = 0

    @classmethod
    def of(cls, finding: "Finding") -> "Place":
        """Return the place of a finding."""
        return cls(finding.path, finding.line, finding.column)

    def __str__(self) -> str:
        """Return `path:line:column`, safe to print."""
        path = printable(self.path)
        return f"{path}:{self.line}:{self.column}" if self.line else path


def subject(finding: "Finding") -> str:
    """Return `namespace/name key`, without the parts that are unknown."""
    identity = "/".join(part for part in (finding.namespace, finding.name) if part)
    return " ".join(part for part in (identity, finding.key) if part)


def title(finding: "Finding") -> str:
    """Return the rule by number and name."""
    return f"{finding.rule} {RULES[finding.rule].name}"


def described(finding: "Finding", origin: str = "", *, mark: str = "") -> str:
    """Return `RULE namespace/name key: why (N bytes)`, without the parts that are unknown.

    Args:
        finding: The finding.
        origin: Where it stands; a commit is told.
        mark: What else to say behind the length.
    """
    head = " ".join(part for part in (finding.rule, subject(finding)) if part)
    size = counted(finding.length, "byte") if finding.length else ""
    notes = ", ".join(part for part in (size, mark, _told(origin)) if part)
    return f"{head}: {message(finding)}" + (f" ({notes})" if notes else "")


def _told(origin: str) -> str:
    if is_commit(origin):
        return f"in commit {origin[:_SHORT]}"
    return f"in {printable(origin)}" if is_ref(origin) else ""


def is_ref(origin: str) -> bool:
    """Tell whether that is the name of a ref, which alone keeps what it leads to."""
    return origin.startswith("refs/")


def is_commit(origin: str) -> bool:
    """Tell whether that is the id of a commit, and neither the index nor the work tree."""
    return origin.isalnum()


def message(finding: "Finding") -> str:
    """Return why it is a finding, and what exactly is wrong where that is not said by then."""
    reason = RULES[finding.rule].reason
    return f"{reason}: {finding.detail}" if finding.detail else reason


def permitted(allowed: "Allowed") -> str:
    """Return what let a finding pass, and why where that is said."""
    by = f"allowed by {allowed.by}"
    return f"{by}: {allowed.reason}" if allowed.reason else by


def counted(count: int, noun: str) -> str:
    """Return a number and what is counted, in the right form."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
