"""What has to be done so that a Secret is as its SealedSecret wants it: decided here, not done.

A Secret that is somebody else's is never touched, and nothing is written when nothing differs
(compat.md 2.4, controller.md 2).
"""

from dataclasses import dataclass

from sealer.manifest import Secret
from sealer_controller.drift import Stamp, unmarked
from sealer_controller.errors import NotManagedError
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

__all__ = ["Create", "Mark", "Nothing", "Plan", "Replace", "plan"]


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
class Nothing:
    """Leave the Secret as it is: it is right."""

    existing: StoredSecret


Plan = Create | Replace | Mark | Nothing


def plan(
    stored: StoredSealedSecret,
    desired: Secret,
    existing: StoredSecret | None,
    stamp: Stamp,
    *,
    is_drift: bool = False,
) -> Plan:
    """Return what to do.

    Args:
        stored: The SealedSecret.
        desired: What it opens to, without our owner reference.
        existing: The Secret of that name as it is now.
        stamp: Marks what the SealedSecret turns into.
        is_drift: The SealedSecret asks for the same as when the Secret was last right.

    Raises:
        NotManagedError: There is a Secret of that name that we must not touch.
    """
    wanted = finish(stored, desired)
    if existing is None:
        return Create(stamp.put_on(wanted, is_patch=False))
    before = with_default_type(existing.secret)
    after = settle(stored, before, wanted, keeps_others=is_drift)
    after = stamp.put_on(after, is_patch=is_patched(before))
    is_same = unmarked(after) == unmarked(before)
    if not _may_touch(stored, before, stamp, is_same=is_same):
        raise NotManagedError(before.name)
    if not is_same:
        return Replace(existing, after)
    return Nothing(existing) if after == before else Mark(existing, after)


def _may_touch(stored: StoredSealedSecret, secret: Secret, stamp: Stamp, *, is_same: bool) -> bool:
    """Tell whether a Secret is ours to change.

    One that nobody controls is ours where it carries a digest that only we can have made. Without
    one, and without the owner reference that the template declines, only a Secret that is exactly
    what we would make can be ours.
    """
    if is_owned(stored, secret) or is_managed(secret) or is_patched(secret):
        return True
    if any(map(controls, secret.owner_references)):
        return False
    return stamp.is_ours(secret) or (is_same and stored.sealed.template.skips_owner)
