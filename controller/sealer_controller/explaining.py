"""What the faults of an object say once it is known where its items were sealed for.

A wrong key and a wrong place look the same. The keys at hand can tell them apart for the places
that the object itself names: its other scopes, the name and namespace of its template. That is as
far as it goes: to look among the names of other objects would tell their authors of each other.
"""

from collections.abc import Mapping

from sealer.errors import (
    CorruptCiphertextError,
    ElsewhereError,
    NoMatchingKeyError,
    SealerError,
    UnsealError,
)
from sealer.sealing.explain import Cause, Explanation

__all__ = ["MAXIMUM_ITEMS", "MAXIMUM_TRIES", "explained", "is_unexplained", "unexplained"]

# Each try is a private-key operation: all of them take a thread for about half a second.
MAXIMUM_TRIES = 240
MAXIMUM_ITEMS = 20


def is_unexplained(fault: SealerError) -> bool:
    """Tell whether an item may belong elsewhere: no key opens it, and there are keys."""
    return type(fault) is NoMatchingKeyError and bool(fault.tried)


def unexplained(error: UnsealError) -> list[str]:
    """Return the items that no key opens, so that they may belong elsewhere; not more than fit."""
    items = [item for item, fault in sorted(error.faults.items()) if is_unexplained(fault)]
    return items[:MAXIMUM_ITEMS]


def explained(error: UnsealError, found: Mapping[str, Explanation]) -> UnsealError:
    """Return the error with faults that say what was found; its message stays the original's."""
    faults = {
        item: _fault(fault, found[item]) if item in found else fault
        for item, fault in error.faults.items()
    }
    return UnsealError(error.message, faults=faults, where=error.where, hint=error.hint)


def _fault(fault: SealerError, found: Explanation) -> SealerError:
    if found.cause is Cause.CORRUPT:
        return CorruptCiphertextError(found.message, hint=found.hint)
    if found.cause is Cause.IDENTITY:
        return ElsewhereError(found.message, tried=found.tried, hint=found.hint)
    return fault
