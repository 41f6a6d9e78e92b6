"""What a failure, or none, means to people: the condition's reason and message, and the Event.

The first lines are exactly the original's texts (compat.md 2.5, 2.6), because tools match them.
What the original never told, such as which keys were tried, follows on later lines.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sealer.errors import (
    EncodingError,
    NoMatchingKeyError,
    OtherSizeError,
    SealerError,
    TemplateError,
    UnsealError,
)
from sealer_controller.errors import (
    ImmutableSecretError,
    InternalError,
    NotManagedError,
    NotRecreatedError,
    RejectedError,
    UnchangeableError,
)
from sealer_controller.objects import Event, Key
from sealer_controller.outcome import Reason, Step
from sealer_keys.fingerprint import Fingerprint, short

__all__ = ["Verdict", "judge"]

_IMMUTABLE = (
    "Error updating {}: the target Secret is immutable. Once a Secret is marked as immutable, it "
    "is not possible to revert this change nor to mutate the contents of the data field. You can "
    "only delete and recreate the Secret."
)
# A status is part of an object of at most 1.5 MB, and people read it in a terminal.
_MAXIMUM_CHARACTERS = 16_384
_EXPLAINED_ITEMS = 20
_SHOWN_KEYS = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is told about a reconcile.

    Attributes:
        reason: The condition's reason.
        text: What the original says in the condition; empty on success.
        event: The Event.
        failed_at: Which step failed; None on success.
        explanation: Lines that the original does not have.
    """

    reason: Reason
    text: str
    event: Event
    failed_at: Step | None
    explanation: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The condition's message."""
        return _cut("\n".join((self.text, *self.explanation)))

    def is_told_by(self, message: str) -> bool:
        """Tell whether a condition says the same already, whatever it explains."""
        text = _cut(self.text)
        return message == text or message.startswith(text + "\n")


_SUCCESS = Verdict(
    Reason.UNSEALED, "", Event("Normal", "Unsealed", "SealedSecret unsealed successfully"), None
)


def judge(key: Key, failure: SealerError | None) -> Verdict:
    """Return what to tell about the object `key`, given what went wrong, if anything did."""
    match failure:
        case None:
            return _SUCCESS
        case UnsealError():
            event = Event(
                "Warning", "ErrUnsealFailed", _cut(f"Failed to unseal: {failure.message}")
            )
            explanation = tuple(_explain(failure))
            reason = _unseal_reason(failure)
            return Verdict(reason, failure.message, event, Step.UNSEAL, explanation)
        case NotManagedError():
            event = _not_updated(failure.message)
            text = f"failed update: {failure.message}"
            return Verdict(Reason.NOT_MANAGED, text, event, Step.UNMANAGED, _hint(failure))
        case _:
            event = _not_updated(_event_words(key, failure))
            reason = _update_reason(failure)
            return Verdict(reason, failure.message, event, Step.UPDATE, _hint(failure))


def _not_updated(text: str) -> Event:
    return Event("Warning", "ErrUpdateFailed", _cut(text))


def _hint(failure: SealerError) -> tuple[str, ...]:
    return (failure.hint,) if failure.hint else ()


def _update_reason(failure: SealerError) -> Reason:
    if isinstance(failure, UnchangeableError | NotRecreatedError):
        return Reason.IMMUTABLE
    if isinstance(failure, RejectedError):
        return Reason.INVALID
    if isinstance(failure, InternalError):
        return Reason.INTERNAL_ERROR
    return Reason.API_ERROR


def _event_words(key: Key, failure: SealerError) -> str:
    if isinstance(failure, NotRecreatedError):
        failure = failure.refusal
    return _IMMUTABLE.format(key) if isinstance(failure, ImmutableSecretError) else failure.message


def _unseal_reason(error: UnsealError) -> Reason:
    faults = error.faults.values()
    if any(isinstance(fault, TemplateError) for fault in faults):
        return Reason.TEMPLATE_ERROR
    if faults and all(isinstance(fault, NoMatchingKeyError | OtherSizeError) for fault in faults):
        return Reason.NO_MATCHING_KEY
    return Reason.MALFORMED


def _explain(error: UnsealError) -> Iterator[str]:
    """Yield what the original does not tell: a line for each fault, and what to do."""
    faults = error.faults
    # What these say stands in the original's text already.
    silent = (EncodingError, TemplateError)
    items = [item for item in sorted(faults) if not isinstance(faults[item], silent)]
    items_by_text: dict[str, list[str]] = {}
    for item in items[:_EXPLAINED_ITEMS]:
        items_by_text.setdefault(_text(faults[item]), []).append(item)
    for text, named in items_by_text.items():
        yield f"{_named(named)}{text}"
    if len(items) > _EXPLAINED_ITEMS:
        yield f"and {len(items) - _EXPLAINED_ITEMS} more items"
    hints = dict.fromkeys((error.hint, *(fault.hint for fault in faults.values())))
    yield from (hint for hint in hints if hint)


def _named(items: Sequence[str]) -> str:
    """Return the beginning of a line about items; the one value of the V1 format has no name."""
    names = ", ".join(filter(None, items))
    return f"item{'s' * (len(items) > 1)} {names}: " if names else ""


def _text(fault: SealerError) -> str:
    if isinstance(fault, NoMatchingKeyError) and fault.tried:
        shown = ", ".join(short(Fingerprint(key)) for key in fault.tried[:_SHOWN_KEYS])
        more = len(fault.tried) - _SHOWN_KEYS
        return f"{fault.message}; tried {shown}" + (f" and {more} more" if more > 0 else "")
    return fault.message


def _cut(text: str) -> str:
    return text if len(text) <= _MAXIMUM_CHARACTERS else text[: _MAXIMUM_CHARACTERS - 1] + "…"
