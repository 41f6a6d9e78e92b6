"""What has to be done so that a Secret is as its SealedSecret wants it: decided here, not done.

The rules are those of compat.md 2.2 and 2.4: a Secret that is somebody else's is never touched; of
our own everything is replaced; of one annotated `patch` only what we bring is overwritten; and
nothing is written when nothing differs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sealer.manifest import Secret
from sealer.manifest.sealedsecret import API_VERSION, GROUP, KIND
from sealer.manifest.secret import DEFAULT_TYPE
from sealer.scope import ANNOTATION_PREFIX
from sealer_controller.errors import NotManagedError
from sealer_controller.objects import StoredSealedSecret, StoredSecret

__all__ = ["Create", "Nothing", "Plan", "Replace", "plan"]

MANAGED_ANNOTATION = ANNOTATION_PREFIX + "managed"
PATCH_ANNOTATION = ANNOTATION_PREFIX + "patch"
# Ours on the Secrets that we produce; a template cannot forge them.
_RESERVED_PREFIX = "sealer.dev/"

Reference = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Create:
    """Create this Secret."""

    secret: Secret


@dataclass(frozen=True, slots=True)
class Replace:
    """Replace the Secret that was read by another one."""

    before: StoredSecret
    after: Secret


@dataclass(frozen=True, slots=True)
class Nothing:
    """Leave the Secret as it is: it is right."""

    existing: StoredSecret


Plan = Create | Replace | Nothing


def plan(stored: StoredSealedSecret, desired: Secret, existing: StoredSecret | None) -> Plan:
    """Return what to do.

    Args:
        stored: The SealedSecret.
        desired: What it opens to, without our owner reference.
        existing: The Secret of that name as it is now.

    Raises:
        NotManagedError: There is a Secret of that name that we must not touch.
    """
    wanted = _finish(stored, desired)
    if existing is None:
        return Create(wanted)
    # The store fills in the default type, so its absence is no difference.
    before = replace(existing.secret, type=existing.secret.type or DEFAULT_TYPE)
    if _has(before, PATCH_ANNOTATION):
        after = _merge(stored, before, wanted)
    else:
        after = _overwrite(before, wanted)
    if after == before and _may_be_ours(stored, before):
        return Nothing(existing)
    if not (
        _is_owned(stored, before)
        or _has(before, MANAGED_ANNOTATION)
        or _has(before, PATCH_ANNOTATION)
    ):
        raise NotManagedError(before.name)
    return Nothing(existing) if after == before else Replace(existing, after)


def _finish(stored: StoredSealedSecret, desired: Secret) -> Secret:
    """Add the owner reference, the default type, and drop what is reserved for us."""
    owners = desired.owner_references
    if not stored.sealed.template.skips_owner:
        owners = (_owner_reference(stored),)
    return replace(
        desired,
        type=desired.type or DEFAULT_TYPE,
        labels=_unreserved(desired.labels),
        annotations=_unreserved(desired.annotations),
        owner_references=owners,
    )


def _owner_reference(stored: StoredSealedSecret) -> Reference:
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": stored.sealed.name,
        "uid": stored.uid,
        "controller": True,
    }


def _unreserved(texts: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in texts.items() if not key.startswith(_RESERVED_PREFIX)}


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
    if _has(after, MANAGED_ANNOTATION):
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


def _may_be_ours(stored: StoredSealedSecret, secret: Secret) -> bool:
    """Tell whether a Secret that is exactly what we would write can count as ours.

    Without an owner reference nothing else shows that we created it a moment ago (compat.md 2.4).
    """
    return stored.sealed.template.skips_owner and not any(map(_controls, secret.owner_references))


def _is_owned(stored: StoredSealedSecret, secret: Secret) -> bool:
    """Tell whether a Secret's controller is this SealedSecret, or a deleted one of its name."""
    return any(
        reference.get("uid") == stored.uid or _names(stored, reference)
        for reference in secret.owner_references
        if _controls(reference)
    )


def _names(stored: StoredSealedSecret, reference: Reference) -> bool:
    group = str(reference.get("apiVersion", "")).partition("/")[0]
    named = (group, reference.get("kind"), reference.get("name"))
    return named == (GROUP, KIND, stored.sealed.name)


def _controls(reference: Reference) -> bool:
    return reference.get("controller") is True


def _has(secret: Secret, annotation: str) -> bool:
    return secret.annotations.get(annotation) == "true"
