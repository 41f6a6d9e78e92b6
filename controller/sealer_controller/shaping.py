"""What the Secret of a SealedSecret looks like, and what an existing one becomes by it.

Values go in and values come out; whether we may touch the existing one is decided in `plan`. The
rules are those of compat.md 2.2 and 2.4: of our own Secrets everything is replaced; of one
annotated `patch` only what we bring is overwritten.
"""

from collections.abc import Mapping
from dataclasses import replace

from sealer.manifest import Secret
from sealer.manifest.sealedsecret import API_VERSION, GROUP, KIND
from sealer.manifest.secret import DEFAULT_TYPE
from sealer.scope import ANNOTATION_PREFIX
from sealer_controller.marks import MANAGED_LABEL, PREFIX
from sealer_controller.objects import StoredSealedSecret

__all__ = [
    "controls",
    "finish",
    "is_managed",
    "is_owned",
    "is_patched",
    "settle",
    "with_default_type",
]

MANAGED_ANNOTATION = ANNOTATION_PREFIX + "managed"
PATCH_ANNOTATION = ANNOTATION_PREFIX + "patch"
# The API server keeps no others, so no others may count as a difference.
_REFERENCE_FIELDS = ("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion")

Reference = Mapping[str, object]


def finish(stored: StoredSealedSecret, desired: Secret) -> Secret:
    """Add owner reference, default type and our label to what an object opens to.

    What is reserved for us is dropped: no template can forge it.
    """
    owners = tuple(map(_known_fields, desired.owner_references))
    if not stored.sealed.template.skips_owner:
        owners = (_owner_reference(stored),)
    return replace(
        with_default_type(desired),
        labels={**_unreserved(desired.labels), MANAGED_LABEL: "true"},
        annotations=_unreserved(desired.annotations),
        owner_references=owners,
    )


def settle(
    stored: StoredSealedSecret, before: Secret, wanted: Secret, *, keeps_others: bool
) -> Secret:
    """Return what an existing Secret is to become.

    Args:
        stored: The SealedSecret.
        before: The Secret as it is.
        wanted: What `finish` made.
        keeps_others: The labels and annotations that others have added stay: the SealedSecret asks
            for the same as before.
    """
    if is_patched(before):
        return _merge(stored, before, wanted)
    after = _overwrite(before, wanted)
    if keeps_others:
        return replace(
            after,
            labels={**before.labels, **wanted.labels},
            annotations={**before.annotations, **wanted.annotations},
        )
    return after


def with_default_type(secret: Secret) -> Secret:
    """Fill in the type that the store fills in: its absence is no difference."""
    return replace(secret, type=secret.type or DEFAULT_TYPE)


def is_patched(secret: Secret) -> bool:
    """Tell whether only what we bring may be overwritten."""
    return secret.annotations.get(PATCH_ANNOTATION) == "true"


def is_managed(secret: Secret) -> bool:
    """Tell whether somebody has given the Secret into our hands."""
    return secret.annotations.get(MANAGED_ANNOTATION) == "true"


def is_owned(stored: StoredSealedSecret, secret: Secret) -> bool:
    """Tell whether a Secret's controller is this SealedSecret, or a deleted one of its name."""
    return any(
        reference.get("uid") == stored.uid or _names(stored, reference)
        for reference in secret.owner_references
        if controls(reference)
    )


def controls(reference: Reference) -> bool:
    """Tell whether an owner reference is that of a controller."""
    return reference.get("controller") is True


def _owner_reference(stored: StoredSealedSecret) -> Reference:
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": stored.sealed.name,
        "uid": stored.uid,
        "controller": True,
    }


def _known_fields(reference: Reference) -> Reference:
    return {field: reference[field] for field in _REFERENCE_FIELDS if field in reference}


def _unreserved(texts: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in texts.items() if not key.startswith(PREFIX)}


def _overwrite(before: Secret, wanted: Secret) -> Secret:
    """Replace all that comes from us; finalizers and `immutable` count at creation only."""
    return replace(
        before,
        data=wanted.data,
        type=wanted.type,
        labels=wanted.labels,
        annotations=wanted.annotations,
        owner_references=wanted.owner_references,
    )


def _merge(stored: StoredSealedSecret, before: Secret, wanted: Secret) -> Secret:
    """Overwrite what we bring and keep the rest; become the owner only where `managed` says so."""
    after = replace(
        before,
        data={**before.data, **wanted.data},
        type=wanted.type,
        labels={**before.labels, **wanted.labels},
        annotations={**before.annotations, **wanted.annotations},
    )
    if is_managed(after):
        return replace(after, owner_references=wanted.owner_references)
    return replace(after, owner_references=_refreshed(stored, before))


def _refreshed(stored: StoredSealedSecret, secret: Secret) -> tuple[Reference, ...]:
    """Return the references with the UID of a deleted SealedSecret of our name replaced by ours.

    Otherwise garbage collection would take the Secret away with the reference's dead owner.
    """
    return tuple(
        {**reference, "uid": stored.uid} if _names(stored, reference) else reference
        for reference in secret.owner_references
    )


def _names(stored: StoredSealedSecret, reference: Reference) -> bool:
    group = str(reference.get("apiVersion", "")).partition("/")[0]
    named = (group, reference.get("kind"), reference.get("name"))
    return named == (GROUP, KIND, stored.sealed.name)
