"""What has to be done so that a Secret is as its SealedSecret wants it: decided here, not done.

A Secret that is somebody else's is never touched, and nothing is written when nothing differs
(compat.md 2.4, controller.md 2). What the API server would refuse is refused here, before anything
is written. One of ours that cannot be changed is made anew where that is wanted.
"""

from dataclasses import dataclass, replace

from sealer.manifest import Secret
from sealer_controller.drift import Stamp, unmarked
from sealer_controller.errors import (
    NotManagedError,
    NotRecreatedError,
    UnchangeableError,
)
from sealer_controller.marks import MANAGED_LABEL, RECREATE_ANNOTATION
from sealer_controller.objects import StoredSealedSecret, StoredSecret
from sealer_controller.shaping import (
    controls,
    finish,
    is_managed,
    is_owned,
    is_patched,
    settle,
    with_default_type,
)
from sealer_controller.validation import check_change, check_secret

__all__ = ["Create", "Mark", "Nothing", "Plan", "Recreate", "Replace", "may_delete", "plan"]


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
class Mark:
    """As `Replace`, and nothing but our own marks differs: for people it stays the same."""

    before: StoredSecret
    after: Secret


@dataclass(frozen=True, slots=True)
class Recreate:
    """Delete the Secret that was read, and create another one in its place.

    Attributes:
        before: The Secret to delete.
        after: The one to create.
        refusal: Why the one cannot become the other.
    """

    before: StoredSecret
    after: Secret
    refusal: UnchangeableError


@dataclass(frozen=True, slots=True)
class Nothing:
    """Leave the Secret as it is: it is right."""

    existing: StoredSecret


Plan = Create | Replace | Mark | Recreate | Nothing


def plan(
    stored: StoredSealedSecret,
    desired: Secret,
    existing: StoredSecret | None,
    stamp: Stamp,
    *,
    is_drift: bool = False,
    recreates: bool = False,
) -> Plan:
    """Return what to do.

    Args:
        stored: The SealedSecret.
        desired: What it opens to, without our owner reference.
        existing: The Secret of that name as it is now.
        stamp: Marks what the SealedSecret turns into.
        is_drift: The SealedSecret asks for the same as when the Secret was last right.
        recreates: Whether Secrets of ours are made anew where nothing else helps, also those whose
            SealedSecret does not ask for it.

    Raises:
        NotManagedError: There is a Secret of that name that we must not touch.
        RejectedError: No API server would take the Secret, or the change.
        NotRecreatedError: It should be made anew, and something holds the existing one.
    """
    wanted = finish(stored, desired)
    if existing is None:
        wanted = stamp.put_on(wanted, is_patch=is_patched(wanted))
        check_secret(wanted)
        return Create(wanted)
    before = with_default_type(existing.secret)
    after = settle(stored, before, wanted, keeps_others=is_drift)
    # Also where the template takes the permission away: what was in it before is still in it.
    after = stamp.put_on(after, is_patch=is_patched(before) or is_patched(after))
    is_same = unmarked(after) == unmarked(before)
    if not _may_touch(stored, before, stamp, is_same=is_same):
        raise NotManagedError(before.name)
    if after == before:
        return Nothing(existing)
    try:
        check_change(before, after)
    except UnchangeableError as refusal:
        refusal.is_watched = before.labels.get(MANAGED_LABEL) == "true"
        if not may_delete(stored, before, stamp):
            refusal.hint = "it is not ours, so whoever it belongs to has to delete it"
            raise
        if not recreates and stored.sealed.annotations.get(RECREATE_ANNOTATION) != "true":
            raise
        # What counts at creation alone counts now.
        anew = replace(after, immutable=wanted.immutable, finalizers=wanted.finalizers)
        return _recreate(existing, anew, refusal)
    check_secret(after)
    return Mark(existing, after) if is_same else Replace(existing, after)


def _recreate(existing: StoredSecret, anew: Secret, refusal: UnchangeableError) -> Recreate:
    """Plan to make a Secret anew.

    Raises:
        RejectedError: No API server would take it.
        NotRecreatedError: The existing one would stay when it is deleted.
    """
    check_secret(anew)
    if existing.secret.finalizers:
        held = ", ".join(existing.secret.finalizers)
        hint = f"it is not made anew, because these finalizers would hold it back: {held}"
        raise NotRecreatedError(refusal, hint=hint) from refusal
    return Recreate(existing, anew, refusal)


def may_delete(stored: StoredSealedSecret, secret: Secret, stamp: Stamp) -> bool:
    """Tell whether a Secret is ours altogether (controller.md 10, Ours)."""
    if is_owned(stored, secret) or is_managed(secret):
        return True
    if is_patched(secret) or any(map(controls, secret.owner_references)):
        return False
    return stamp.is_ours(secret)


def _may_touch(stored: StoredSealedSecret, secret: Secret, stamp: Stamp, *, is_same: bool) -> bool:
    """Tell whether a Secret is ours to change.

    One that nobody controls is ours where it carries a digest that only we can have made, for a
    Secret that we made and did not only patch. The original leaves no digest, and no owner
    reference where the template declines it: of its Secrets equality in everything is all the proof
    that there is, and without it none of them could be taken over.
    """
    if is_owned(stored, secret) or is_managed(secret) or is_patched(secret):
        return True
    if any(map(controls, secret.owner_references)):
        return False
    may_be_of_original = stored.sealed.template.skips_owner and not stamp.has_patched(secret)
    return stamp.is_ours(secret) or (is_same and may_be_of_original)
