"""Checks of `spec.template.data`: what a template engine will fill in."""

from collections.abc import Collection, Iterator
from functools import cache
from typing import TYPE_CHECKING

from sealer.errors import TemplateError
from sealer.lint import rules
from sealer.lint.finding import Finding
from sealer.lint.relations import may_meet
from sealer.lint.subject import ENTRIES, METADATA, Subject
from sealer.manifest.sealedsecret import TEMPLATE_ONLY_ANNOTATION

if TYPE_CHECKING:
    from sealer.templates import Renderer

_OPEN = "{{"


def malformed_templates(subject: Subject) -> Iterator[Finding]:
    """Report an entry that the controller cannot read: nothing of the object would open."""
    for key, text in subject.sealed.template.data.items():
        error = _fault_of(key, text) if _OPEN in text else None
        if error is not None:
            rule = rules.REFUSED_FUNCTION if error.hint else rules.MALFORMED_TEMPLATE
            yield subject.finding(rule, error.message, *ENTRIES, item=key, hint=error.hint)


def readable_templates(subject: Subject) -> Iterator[Finding]:
    """Report an entry that is plain text: it stands in the Secret as anyone can read it here."""
    for key, text in subject.sealed.template.data.items():
        if text.strip() and _OPEN not in text:
            message = "the entry has no action, and everybody can read it"
            yield subject.finding(rules.READABLE_TEMPLATE, message, *ENTRIES, item=key)


def shadowed_templates(subject: Subject) -> Iterator[Finding]:
    """Report an entry with the key of a sealed item, which wins (compat.md 2.3)."""
    for key in subject.sealed.template.data:
        if key in subject.sealed.encrypted_data and key not in subject.sealed.template_only:
            message = "the sealed item of the same key wins, and the entry is never seen"
            yield subject.finding(rules.SHADOWED_TEMPLATE, message, *ENTRIES, item=key)


def template_only_names(subject: Subject) -> Iterator[Finding]:
    """Report a name in the annotation for items of templates that leaves nothing out."""
    sealed = subject.sealed
    for name in sorted(sealed.template_only):
        if name not in sealed.encrypted_data:
            message = f"there is no sealed item {name} to leave out"
        elif not sealed.template.data:
            message = f"no template uses {name}, so it stays in the Secret"
        else:
            continue
        yield subject.finding(
            rules.TEMPLATE_ONLY_WITHOUT_EFFECT,
            message,
            *METADATA,
            "annotations",
            TEMPLATE_ONLY_ANNOTATION,
        )


class MissingItems:
    """Entries that print an item that the object does not hold, where that is certain.

    One may be a patch for another of the same name, in whatever namespace that will be, unless the
    policy says that their clusters differ. One without any item surely is.
    """

    def __init__(self) -> None:
        """Begin without any object."""
        self._held: dict[str, list[tuple[str, Collection[str]]]] = {}
        self._missed: list[tuple[str, str, str, Finding]] = []

    def add(self, subject: Subject, cluster: str) -> None:
        """Take an object in, and the cluster that the policy gives it to; empty when none."""
        sealed = subject.sealed
        items = {*sealed.encrypted_data, *sealed.template.data}
        self._held.setdefault(sealed.name, []).append((cluster, items))
        if not sealed.encrypted_data or sealed.legacy_data:
            return
        for key, text in sealed.template.data.items():
            for item in _missing(key, text, items) if _OPEN in text else ():
                message = (
                    f"there is no item {item}, and the Secret would say <no value> or the like"
                )
                found = subject.finding(rules.TEMPLATE_WITHOUT_ITEM, message, *ENTRIES, item=key)
                self._missed.append((sealed.name, cluster, item, found))

    def findings(self) -> Iterator[Finding]:
        """Report what no other object of the name holds."""
        for name, cluster, item, found in self._missed:
            held = self._held[name] if name else []
            if not any(item in items and may_meet(cluster, other) for other, items in held):
                yield found


def _missing(key: str, text: str, known: Collection[str]) -> list[str]:
    from sealer.templates.missing import missing_items  # noqa: PLC0415 - as below

    try:
        return missing_items(_renderer().check(key, text), known)
    except TemplateError:
        return []


def _fault_of(key: str, text: str) -> TemplateError | None:
    try:
        _renderer().check(key, text)
    except TemplateError as error:
        return error
    return None


@cache
def _renderer() -> "Renderer":
    from sealer.templates import Renderer  # noqa: PLC0415 - large, and few objects need it

    return Renderer(lambda *_: b"")  # salts are for rendering, and nothing is rendered here
