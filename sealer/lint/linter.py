"""Takes files in, one by one, and answers with findings."""

import shlex
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import date
from itertools import chain

from sealer.detect import scan
from sealer.detect.allows import apply_comments
from sealer.detect.remedy import remedies
from sealer.detect.rules import RULES as HOOK_RULES
from sealer.detect.rules import Severity
from sealer.documents import Stream
from sealer.errors import InputError, Where
from sealer.faults import Faults
from sealer.lint import content, identity, rules, templates, values
from sealer.lint.finding import Finding
from sealer.lint.relations import duplicate_objects, missing_secrets
from sealer.lint.subject import Subject
from sealer.manifest import Found, read_sealed_secret, sealedsecret
from sealer.manifest.places import placed
from sealer.policy import Destination, HookPolicy
from sealer.sealing.objects import each_object
from sealer.sealing.recovery import SEALED_SECRET
from sealer.sealing.survey import manifest_of
from sealer.usage import Inventory

Check = Callable[[Subject], Iterator[Finding]]

# Each looks at every SealedSecret; one more thing to check becomes one more of them.
CHECKS: tuple[Check, ...] = (
    content.unknown_fields,
    content.empty_objects,
    content.item_keys,
    content.missing_type_items,
    content.token_types,
    content.copied_manifests,
    content.replicated_secrets,
    identity.names,
    identity.namespaces,
    identity.name_mismatches,
    identity.namespace_mismatches,
    identity.scope_mismatches,
    identity.two_scopes,
    identity.scopes_without_effect,
    templates.malformed_templates,
    templates.readable_templates,
    templates.shadowed_templates,
    templates.template_only_names,
    values.malformed_values,
    values.moved_values,
    values.foreign_values,
    values.stale_hints,
    values.legacy_data,
    values.large_secrets,
    values.large_objects,
)


class Linter:
    """Checks files, and what they say about each other."""

    def __init__(self, *, today: date = date.min) -> None:
        """Begin without any file.

        Args:
            today: The day, for what the hook lets pass until one; by default one before them all.
        """
        self._today = today
        self._inventory = Inventory()
        self._missing_items = templates.MissingItems()
        self._findings: list[Finding] = []

    def add(
        self,
        path: str,
        data: bytes,
        *,
        cluster: str = "",
        destination: Destination | None = None,
        hook: HookPolicy | None = None,
        relative: str = "",
    ) -> None:
        """Check a file.

        Args:
            path: What to call it.
            data: The file.
            cluster: The cluster of the policy that it is for; empty when that is open.
            destination: The same cluster, or the default, with the keys that are another one's.
            hook: What the policy says to the hook; by default nothing.
            relative: The path of the file as the policy's patterns have it.

        Raises:
            DocumentError: A document does not parse; the others are checked all the same.
            ManyErrors: Several do not.
        """
        faults = Faults()
        checked = self._check(
            path, each_object(data, faults), cluster, destination or Destination()
        )
        readable = _readable_secrets(path, data, hook or HookPolicy(), relative, self._today)
        self._findings += _without_repeats(chain(checked, readable))
        faults.check()

    def findings(self) -> list[Finding]:
        """Return what is wrong, in the order of files and lines."""
        related = (
            *missing_secrets(self._inventory),
            *duplicate_objects(self._inventory),
            *self._missing_items.findings(),
        )
        return sorted((*self._findings, *related), key=lambda each: each.order)

    def _check(
        self,
        path: str,
        objects: Iterable[tuple[Stream, Found]],
        cluster: str,
        destination: Destination,
    ) -> Iterator[Finding]:
        for stream, found in objects:
            self._inventory.add_found(stream, found, path, cluster)
            if _is_sealed_secret(found):
                subject = yield from _check_object(path, stream, found, destination)
                if subject:
                    self._missing_items.add(subject, cluster)


def _is_sealed_secret(found: Found) -> bool:
    """Tell whether an object is a SealedSecret, or would be if it were spelt right."""
    is_of_no_group = found.kind == sealedsecret.KIND and "/" not in found.api_version
    return is_of_no_group or SEALED_SECRET.is_meant_by(found)


def _check_object(
    path: str, stream: Stream, found: Found, destination: Destination
) -> Generator[Finding, None, Subject | None]:
    """Yield findings about a SealedSecret, and return it; None when it cannot be read."""
    faults = Faults()
    with faults.collected(), placed(stream, found):
        sealed = read_sealed_secret(manifest_of(found))
    for fault in faults.errors:
        where = fault.where._replace(path=path) if isinstance(fault, InputError) else Where(path)
        yield Finding(rules.MALFORMED_OBJECT, fault.message, where, fault.hint)
    if faults.errors:
        return None
    subject = Subject(path, stream, found, sealed, destination)
    for check in CHECKS:
        yield from check(subject)
    return subject


def _readable_secrets(
    path: str, data: bytes, hook: HookPolicy, relative: str, today: date
) -> Iterator[Finding]:
    """Report what the hook would refuse, and what it would warn about."""
    seen = scan(path, data, hook.settings)
    answer = apply_comments(path, data, seen.findings, hook.settings, today=today)
    kept = [each for each in answer.kept if not hook.allow_for(relative, each, today=today)]
    standing = set(kept)
    allowed = [each for each in seen.findings if each not in standing]
    hints = remedies(kept, shlex.quote(path), seen.sealable, allowed)
    for each, hint in zip(kept, hints, strict=True):
        rule = HOOK_RULES[each.rule]
        detail = hook.reminded(relative, each).detail
        where = Where(
            path, each.line, each.column, each.document, each.namespace, each.name, each.key
        )
        kind = rules.READABLE_SECRET if each.severity is Severity.BLOCK else rules.HOOK_WARNING
        reason = f"{rule.reason}: {detail}" if detail else rule.reason
        yield Finding(kind, f"{reason} ({rule.id})", where, hint)
    for doubt in seen.undecided:
        where = Where(path, doubt.line, doubt.column)
        yield Finding(rules.UNDECIDED, doubt.reason, where, rules.UNDECIDED.hint)


def _without_repeats(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one finding for a value that is malformed, and for the hook readable."""
    malformed: set[tuple[int, int]] = set()
    for each in found:
        place = (each.where.line, each.where.column)
        if each.rule is rules.MALFORMED_VALUE:
            malformed.add(place)
        elif each.rule in (rules.READABLE_SECRET, rules.HOOK_WARNING) and place in malformed:
            continue
        yield each
