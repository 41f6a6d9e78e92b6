"""How one reconcile ended: the value that metrics, the log line and the queue go by."""

from dataclasses import dataclass
from enum import Enum

from sealer_controller.objects import Condition, Status, StoredSealedSecret
from sealer_keys.fingerprint import Fingerprint

__all__ = ["Outcome", "Reason", "Result", "Retry", "Step"]


class Reason(Enum):
    """Why the condition `Synced` is as it is: its `reason` (controller.md 2)."""

    UNSEALED = "Unsealed"
    NO_MATCHING_KEY = "NoMatchingKey"
    MALFORMED = "Malformed"
    TEMPLATE_ERROR = "TemplateError"
    NOT_MANAGED = "NotManaged"
    IMMUTABLE = "Immutable"
    INVALID = "Invalid"
    API_ERROR = "ApiError"
    INTERNAL_ERROR = "InternalError"

    @property
    def is_final(self) -> bool:
        """Whether it stays so until somebody changes something; all other failures may pass."""
        return self not in (Reason.UNSEALED, Reason.API_ERROR, Reason.INTERNAL_ERROR)


class Outcome(Enum):
    """What a reconcile did to the Secret."""

    CREATED = "created"
    REPLACED = "replaced"
    RECREATED = "recreated"
    MARKED = "marked"  # it was right, and says now that it is ours
    UNCHANGED = "unchanged"
    FAILED = "failed"
    POSTPONED = "postponed"  # others come first; what is left is to tell, or to find out more


class Step(Enum):
    """Where a reconcile failed: the label `reason` of `unseal_errors_total` (compat.md 3.5)."""

    UNSEAL = "unseal"
    UNMANAGED = "unmanaged"
    UPDATE = "update"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Retry:
    """The reconcile should be tried again without waiting for a change.

    Attributes:
        after: Seconds to wait at least, where the other side said so.
        cap: Seconds to wait at most, where something may change that nobody reports, or where each
            try is a burden.
    """

    after: float | None = None
    cap: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How one reconcile of one object ended. It holds no plaintext and no exception.

    Attributes:
        stored: The object as it was read.
        outcome: What was done to the Secret.
        reason: Why the condition is as it is.
        message: The condition's message; its first line is the original's, the others explain.
        failed_at: Where it failed, for the Secret first, then for the status; None on success.
        status: The status as it should be now.
        condition: The condition that the store holds by now; None when it could not or must not
            be written.
        keys: The keys that opened the items, each once.
        retry: Whether and when to try again; None waits for a change.
        seconds: How long it took.
        is_healed: Whether somebody else had changed or deleted the Secret, and it is right again.
    """

    stored: StoredSealedSecret
    outcome: Outcome
    reason: Reason
    message: str
    failed_at: Step | None
    status: Status
    condition: Condition | None
    keys: tuple[Fingerprint, ...]
    retry: Retry | None
    seconds: float
    is_healed: bool = False
