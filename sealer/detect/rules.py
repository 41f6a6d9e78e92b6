"""What can be found: each rule's number, name, severity, reason and way out.

`docs/hook.md` explains every rule at length, under an anchor that is its number in lower case.
"""

from enum import Enum
from typing import NamedTuple


class Severity(Enum):
    """What a finding does to a commit."""

    BLOCK = "block"
    WARN = "warn"


class Rule(NamedTuple):
    """One kind of finding.

    Attributes:
        id: `SH` and three digits; never used again for something else.
        name: A few words with hyphens.
        severity: What a finding does, where the file's type says nothing else.
        reason: Why it is a finding, as one clause.
        remedy: What to do; `{path}` stands for the file, quoted for a shell, and `{seal}` for the
            command that seals it.
    """

    id: str
    name: str
    severity: Severity
    reason: str
    remedy: str


READABLE_VALUE = Rule(
    "SH001",
    "readable-value",
    Severity.BLOCK,
    "anyone can read this value of a Secret",
    "{seal}",
)
READABLE_COPY = Rule(
    "SH002",
    "readable-copy",
    Severity.BLOCK,
    "this annotation carries a copy of a Secret that anyone can read",
    "delete the annotation, or seal the Secret: {seal}",
)
UNSEALED_VALUE = Rule(
    "SH003",
    "unsealed-value",
    Severity.BLOCK,
    "this value of a SealedSecret is not sealed",
    "replace it with what this prints: sealer value --like {path}",
)
SEALING_KEY = Rule(
    "SH004",
    "sealing-key",
    Severity.BLOCK,
    "this is the private key that opens everything sealed for its cluster",
    "take it out of the commit and keep it elsewhere: git rm --cached {path}",
)
SECRET_IN_TEXT = Rule(
    "SH005",
    "secret-in-text",
    Severity.BLOCK,
    "a Secret with a value stands in text that is not valid YAML or JSON",
    "mend the syntax, or move the value out of the template; then {seal}",
)

RULES = {
    rule.id: rule
    for rule in (READABLE_VALUE, READABLE_COPY, UNSEALED_VALUE, SEALING_KEY, SECRET_IN_TEXT)
}

# Documentation shows what a Secret looks like; a person decides whether it shows a real one.
_DOCUMENTATION = (".md", ".markdown")


def severity_in(path: str, rule: Rule) -> Severity:
    """Return what a finding of a rule does in a file of that name."""
    return Severity.WARN if path.lower().endswith(_DOCUMENTATION) else rule.severity
