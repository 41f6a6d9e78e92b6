"""Checks of `spec.template.data`: what a template engine will fill in."""

from collections.abc import Iterator

from sealer.lint import rules
from sealer.lint.finding import Finding
from sealer.lint.functions import KNOWN, REFUSED, functions_used, has_action
from sealer.lint.subject import ENTRIES, Subject


def unknown_functions(subject: Subject) -> Iterator[Finding]:
    """Report a function that no controller has: nothing of the object would open."""
    for key, text in subject.sealed.template.data.items():
        for name in functions_used(text):
            if name not in KNOWN and name not in REFUSED:
                message = f'function "{name}" is not defined'
                hint = _nearest(name)
                yield subject.finding(
                    rules.UNKNOWN_FUNCTION, message, *ENTRIES, item=key, hint=hint
                )


def refused_functions(subject: Subject) -> Iterator[Finding]:
    """Report a function that the original offers and our controller refuses."""
    for key, text in subject.sealed.template.data.items():
        for name in functions_used(text):
            if name in REFUSED:
                message = f'function "{name}" is refused by the controller: {REFUSED[name]}'
                yield subject.finding(rules.REFUSED_FUNCTION, message, *ENTRIES, item=key)


def readable_templates(subject: Subject) -> Iterator[Finding]:
    """Report an entry that is plain text: it stands in the Secret as anyone can read it here."""
    for key, text in subject.sealed.template.data.items():
        if text.strip() and not has_action(text):
            message = "the entry has no action, and everybody can read it"
            yield subject.finding(rules.READABLE_TEMPLATE, message, *ENTRIES, item=key)


def shadowed_templates(subject: Subject) -> Iterator[Finding]:
    """Report an entry with the key of a sealed item, which wins (compat.md 2.3)."""
    for key in subject.sealed.template.data:
        if key in subject.sealed.encrypted_data:
            message = "the sealed item of the same key wins, and the entry is never seen"
            yield subject.finding(rules.SHADOWED_TEMPLATE, message, *ENTRIES, item=key)


def _nearest(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - rarely needed, slow to import

    close = get_close_matches(name, sorted(KNOWN), 1)
    return f"did you mean {close[0]}?" if close else ""
