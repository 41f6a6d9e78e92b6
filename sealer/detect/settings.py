"""What a repository or a caller may say about a scan: severities, placeholders, other files."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sealer.detect.rules import Rule, Severity, severity_in


class Settings(NamedTuple):
    """How files are judged.

    Attributes:
        severities: Severities by rule id, where they differ from the rule's own.
        placeholders: Whole values that count as placeholders, besides those that are by form.
        lookup: Gives a file of the same revision by its path, or None if there is none. None where
            no other file can be asked.
        before: Gives a file as it was before the change that is examined, in the same way.
    """

    severities: Mapping[str, Severity] = MappingProxyType({})
    placeholders: Collection[str] = ()
    lookup: Callable[[str], bytes | None] | None = None
    before: Callable[[str], bytes | None] | None = None

    def severity(self, rule: Rule, path: str) -> Severity:
        """Return what a finding of a rule does in a file."""
        return self.severities.get(rule.id) or severity_in(path, rule)


DEFAULT = Settings()
