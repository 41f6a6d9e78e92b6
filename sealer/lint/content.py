"""Checks of what the Secret will be: its type, its items, its metadata."""

from collections.abc import Iterator

from sealer.lint import rules
from sealer.lint.finding import Finding
from sealer.lint.subject import ENTRIES, ITEMS, TEMPLATE, Subject
from sealer.manifest import schema
from sealer.manifest.replication import replicating
from sealer.manifest.secret import SERVICE_ACCOUNT_TOKEN
from sealer.scope import is_item_key
from sealer.sealing.checks import type_demand
from sealer.sealing.copies import LAST_APPLIED_ANNOTATIONS
from sealer.sealing.validation import missing_items


def unknown_fields(subject: Subject) -> Iterator[Finding]:
    """Report a field that no SealedSecret has; the API server drops it without a word."""
    for field in schema.unknown_fields(subject.found.node):
        yield subject.finding(rules.UNKNOWN_FIELD, field.message, *field.path, hint=field.hint)


def empty_objects(subject: Subject) -> Iterator[Finding]:
    """Report an object that makes a Secret without items."""
    sealed = subject.sealed
    if not sealed.encrypted_data and not sealed.template.data and not sealed.legacy_data:
        yield subject.finding(rules.EMPTY_OBJECT, "the Secret will have no item", *ITEMS)


def item_keys(subject: Subject) -> Iterator[Finding]:
    """Report an item whose key no Secret can have."""
    for place, items in (
        (ITEMS, subject.sealed.encrypted_data),
        (ENTRIES, subject.sealed.template.data),
    ):
        for key in items:
            if not is_item_key(key):
                message = f"{key!r} is no item key"
                yield subject.finding(rules.INVALID_ITEM_KEY, message, *place, item=key)


def missing_type_items(subject: Subject) -> Iterator[Finding]:
    """Report a Secret that lacks an item that its type demands; rendered ones count."""
    sealed = subject.sealed
    if sealed.legacy_data:  # its items are not known
        return
    keys = {*sealed.encrypted_data, *sealed.template.data}
    if sealed.template.data:  # what only templates use does not reach the Secret
        keys -= sealed.template_only - sealed.template.data.keys()
    missing = missing_items(sealed.template.type, keys)
    if missing:
        message = type_demand(sealed.template.type, missing)
        yield subject.finding(rules.MISSING_ITEM, message, *ITEMS)


def token_types(subject: Subject) -> Iterator[Finding]:
    """Report a type that the cluster fills in itself."""
    if subject.sealed.template.type == SERVICE_ACCOUNT_TOKEN:
        message = "a service account token is made by the cluster, which overwrites it"
        yield subject.finding(rules.TOKEN_TYPE, message, *TEMPLATE, "type")


def copied_manifests(subject: Subject) -> Iterator[Finding]:
    """Report an annotation that a tool leaves in the cluster and that belongs into no file."""
    for place, key, _ in subject.annotations():
        if key in LAST_APPLIED_ANNOTATIONS:
            message = f"{key} is a copy of the object, written by a tool"
            yield subject.finding(rules.COPIED_MANIFEST, message, *place, key)


def replicated_secrets(subject: Subject) -> Iterator[Finding]:
    """Report a template that lets the Secret be copied elsewhere."""
    for key in replicating(subject.sealed.template.annotations):
        message = f"{key} lets the Secret be copied to where it was not sealed for"
        yield subject.finding(
            rules.REPLICATED_SECRET, message, *TEMPLATE, "metadata", "annotations", key
        )
