"""Everything about manifests that can be checked without a key. Pure: bytes in, findings out.

linter.py      takes files in, one by one, and answers with findings
rules.py       ids, severities, and what to do
finding.py     what is wrong, and where
subject.py     a SealedSecret under examination
values.py      checks of sealed values and sizes
identity.py    checks of names, namespaces and scopes
content.py     checks of types, items and metadata
templates.py   checks of `spec.template.data`
relations.py   checks of what objects say about each other

A check is a small function that yields findings; `docs/lint.md` explains every rule.
"""

from sealer.lint.finding import Finding
from sealer.lint.linter import Linter
from sealer.lint.rules import RULES, Rule, Severity

__all__ = ["RULES", "Finding", "Linter", "Rule", "Severity"]
