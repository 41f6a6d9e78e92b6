"""Whether and when an object whose reconcile failed is tried again without anything having changed.

Pure: the type of an error decides, never its text.
"""

from sealer.errors import RetryableError, SealerError, UnsealError
from sealer_controller.errors import (
    NotManagedError,
    NotRecreatedError,
    RejectedByStoreError,
    RejectedError,
    UnchangeableError,
)
from sealer_controller.outcome import Retry

__all__ = ["retry_after"]

# Only a change of the object or of the keys cures these. All else is tried again: a right that is
# missing can be granted, and nobody would tell us.
_WAITING = (UnsealError, RejectedError)
# Nor does anybody tell us what happens to a Secret that is in the way.
_LOOK_SECONDS = 30.0
# To find out whether a right was granted, or a rule lifted, is to open, to ask for a creation and
# to be refused again.
_RIGHT_SECONDS = 300.0


def retry_after(failure: SealerError | None) -> Retry | None:
    """Return when to try again after a failure; None after none, or where only a change helps."""
    is_unwatched = isinstance(failure, UnchangeableError) and not failure.is_watched
    if isinstance(failure, NotManagedError) or is_unwatched:
        return Retry(cap=_LOOK_SECONDS)
    if isinstance(failure, NotRecreatedError | RejectedByStoreError):
        return Retry(cap=_RIGHT_SECONDS)
    if failure is None or isinstance(failure, _WAITING):
        return None
    return Retry(failure.after if isinstance(failure, RetryableError) else None)
