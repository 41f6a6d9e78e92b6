"""What a store answers when it does not do what the controller asks.

    RetryableError                 (sealer.errors)
    ├── ChangedMeanwhileError      what was read is out of date: read again, plan again
    └── NotLeadingError            another replica writes, or may soon
    TerminalError                  (sealer.errors)
    ├── NotManagedError            a Secret of that name exists and is somebody else's
    ├── RejectedError              no store would take the Secret as it is
    │   ├── RejectedByStoreError   ... says the store, while our own checks found nothing
    │   ├── UnchangeableError      ... because of the one it would replace
    │   │   ├── ImmutableSecretError   which is immutable
    │   │   └── ChangedTypeError       which has another type
    │   └── PutBackError           ... when it was to take the place of one that was deleted
    ├── NotRecreatedError          the Secret should be recreated, and may not be deleted
    ├── NoSealingKeyError          there is no key, and none may be made
    ├── LeaseForbiddenError        we have no right on Leases
    └── InternalError              a fault of ours

Everything else that a store cannot do is a plain `RetryableError` or `TerminalError`.
"""

from sealer.errors import RetryableError, TerminalError

__all__ = [
    "ChangedMeanwhileError",
    "ChangedTypeError",
    "ImmutableSecretError",
    "InternalError",
    "LeaseForbiddenError",
    "NoSealingKeyError",
    "NotLeadingError",
    "NotManagedError",
    "NotRecreatedError",
    "PutBackError",
    "RejectedByStoreError",
    "RejectedError",
    "UnchangeableError",
]


class ChangedMeanwhileError(RetryableError):
    """Somebody else wrote in between. Read again and plan again, at once."""


class NotLeadingError(RetryableError):
    """This replica does not lead, so it must not write. Try again once it does."""


_MANAGE = 'annotate it sealedsecrets.bitnami.com/managed: "true", or rename one of the two'


class NotManagedError(TerminalError):
    """The Secret exists and nothing says that we may touch it (compat.md 2.4).

    Args:
        name: What is there already.
        hint: What to do, where it cannot be annotated.
    """

    def __init__(
        self,
        name: str,
        *,
        hint: str = _MANAGE,
    ) -> None:
        super().__init__(
            f'Resource "{name}" already exists and is not managed by SealedSecret', hint=hint
        )


class RejectedError(TerminalError):
    """The store refuses the Secret; `message` is the store's own, fit for status and Events."""


class RejectedByStoreError(RejectedError):
    """The store refuses what our own checks have passed, so the rule may not be Kubernetes' own.

    It may be a webhook's that answers as the API server does. Look again now and then.
    """


_RECREATE = 'annotate the SealedSecret sealer.dev/recreate: "true" to have the Secret made anew'


class UnchangeableError(RejectedError):
    """The existing Secret can never become the one that is wanted.

    Attributes:
        is_watched: Whether we would hear of it if somebody deleted the existing one.
    """

    def __init__(self, message: str, *, hint: str = _RECREATE) -> None:
        super().__init__(message, hint=hint)
        self.is_watched = True


class ImmutableSecretError(UnchangeableError):
    """The existing Secret is immutable and the change touches what must not change."""


class ChangedTypeError(UnchangeableError):
    """The existing Secret has another type, which can never change."""


class PutBackError(RejectedError):
    """The Secret was deleted, its successor was refused, and it is put back as it was."""


class NotRecreatedError(TerminalError):
    """The Secret should be deleted and created anew, and it may not be deleted.

    Attributes:
        refusal: Why it cannot be changed as it is.
    """

    def __init__(self, refusal: UnchangeableError, *, hint: str) -> None:
        super().__init__(refusal.message, hint=hint)
        self.refusal = refusal


class NoSealingKeyError(TerminalError):
    """There is no usable sealing key, and the settings forbid to make one. Restore the key."""


class LeaseForbiddenError(TerminalError):
    """We may not use Leases, so replicas could not know of each other. Grant the right."""


class InternalError(TerminalError):
    """A fault of ours met one object. It names the place in the code, and nothing it held."""
