"""Checks of sealed values: their form, their length, and whether they stand where they belong."""

import json
from collections.abc import Iterator
from dataclasses import replace

from sealer.errors import SealedValueError
from sealer.lint import rules
from sealer.lint.finding import Finding
from sealer.lint.rules import Severity
from sealer.lint.subject import ITEMS, SPEC, Subject
from sealer.sealing.advice import MAXIMUM_ANNOTATION_SIZE, MAXIMUM_OBJECT_SIZE
from sealer.sealing.blobs import fault_of, measure
from sealer.sealing.hints import digest, read_digests, read_hints
from sealer.sealing.survey import manifest_of
from sealer.sealing.validation import MAXIMUM_DATA_SIZE

_SEALED_FOR_ANOTHER = replace(
    rules.WRONG_CLUSTER,
    severity=Severity.WARNING,
    hint="seal the value again: sealer set FILE KEY; or give the other cluster the path in "
    ".sealer.yaml: paths",
)


def malformed_values(subject: Subject) -> Iterator[Finding]:
    """Report what stands in the place of a sealed value and can be none."""
    for key, text in subject.sealed.encrypted_data.items():
        fault = fault_of(text)
        if fault:
            yield subject.finding(rules.MALFORMED_VALUE, fault, *ITEMS, item=key)
    legacy = subject.sealed.legacy_data
    fault = fault_of(legacy) if legacy else ""
    if fault:
        yield subject.finding(rules.MALFORMED_VALUE, fault, *SPEC, "data")


def moved_values(subject: Subject) -> Iterator[Finding]:
    """Report a value that stands under another item than the one it was sealed for.

    Nothing in the ciphertext tells; the annotation with hints does, as long as nobody rewrites it
    (threats.md T1).
    """
    owners = {noted: key for key, noted in read_digests(subject.sealed).items()}
    for key, text in subject.sealed.encrypted_data.items():
        owner = owners.get(digest(text), key)
        if owner != key:
            message = f"this is the value that was sealed as item {owner}"
            yield subject.finding(rules.MOVED_VALUE, message, *ITEMS, item=key)


def foreign_values(subject: Subject) -> Iterator[Finding]:
    """Report a value that was sealed for another cluster than the one that its file is for.

    The annotation with hints says which key sealed it, the policy whose key that is. Whoever edits
    the file can edit the annotation: it accuses, and clears nobody. What only the default claims
    may well have been sealed for the other one on purpose.
    """
    rule = _SEALED_FOR_ANOTHER if subject.destination.is_default else rules.WRONG_CLUSTER
    for item, key in read_hints(subject.sealed).items():
        message = subject.destination.told(key)
        if message:
            yield subject.finding(rule, message, *ITEMS, item=item)


def stale_hints(subject: Subject) -> Iterator[Finding]:
    """Report a note about a value that is another one by now, or gone."""
    noted = read_digests(subject.sealed)
    present = {key: digest(text) for key, text in subject.sealed.encrypted_data.items()}
    moved = set(present.values())
    for key, was in noted.items():
        if key not in present:
            message = f"the annotation with hints tells of item {key}, and there is none"
            yield subject.finding(rules.STALE_HINT, message, "metadata", "annotations")
        elif present[key] != was and was not in moved:
            message = "the value is not the one that the annotation with hints tells of"
            yield subject.finding(rules.STALE_HINT, message, *ITEMS, item=key)


def legacy_data(subject: Subject) -> Iterator[Finding]:
    """Report the form that early versions wrote: one value for the whole Secret."""
    if subject.sealed.legacy_data:
        message = "spec.data is the form of the first version, which one day goes"
        yield subject.finding(rules.LEGACY_DATA, message, *SPEC, "data")


def large_secrets(subject: Subject) -> Iterator[Finding]:
    """Report a Secret that the API server will refuse for its size."""
    size = sum(_length(text) for text in subject.sealed.encrypted_data.values())
    if size > MAXIMUM_DATA_SIZE:
        message = f"the Secret will have {size} bytes; it may have {MAXIMUM_DATA_SIZE}"
        yield subject.finding(rules.SECRET_TOO_LARGE, message, *ITEMS)


def large_objects(subject: Subject) -> Iterator[Finding]:
    """Report an object that is too large for a cluster, or for kubectl's client-side apply."""
    size = len(json.dumps(manifest_of(subject.found), separators=(",", ":")))
    if size > MAXIMUM_OBJECT_SIZE:
        message = f"the object has {size} bytes; a cluster takes about {MAXIMUM_OBJECT_SIZE}"
        yield subject.finding(rules.OBJECT_TOO_LARGE, message)
    elif size > MAXIMUM_ANNOTATION_SIZE:
        message = f"the object has {size} bytes; `kubectl apply` takes {MAXIMUM_ANNOTATION_SIZE}"
        yield subject.finding(rules.LARGE_OBJECT, message)


def _length(text: str) -> int:
    try:
        return measure(text).length
    except SealedValueError:
        return 0
