"""Refuse what the API server would refuse about a Secret, in its words, before anything is written.

So no write is tried in vain, and an object that works on a plain host works in a cluster too.
"""

from sealer.manifest import Secret
from sealer.sealing.validation import change_faults, creation_faults, invalid
from sealer_controller.errors import ChangedTypeError, ImmutableSecretError, RejectedError

__all__ = ["check_change", "check_secret"]

_TYPE = ("type",)


def check_secret(secret: Secret) -> None:
    """Refuse a Secret that may not exist as it is.

    Raises:
        RejectedError: The message is the API server's.
    """
    faults = list(creation_faults(secret))
    if faults:
        raise RejectedError(invalid(secret, faults))


def check_change(before: Secret, after: Secret) -> None:
    """Refuse a change that may not be made, whatever the Secret would be like after it.

    Raises:
        ImmutableSecretError: The existing Secret is immutable, and its data or that would change.
        ChangedTypeError: Its type would change.
    """
    faults = list(change_faults(before, after))
    if not faults:
        return
    message = invalid(after, [*faults, *creation_faults(after)])
    if all(fault.field == _TYPE for fault in faults):
        raise ChangedTypeError(message)
    raise ImmutableSecretError(message)
