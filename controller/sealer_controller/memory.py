"""What the controller remembers of each Secret from one reconcile to the next: never any data.

It makes three things possible. A Secret that is seen in the version in which we left it needs no
look. One that is gone is made again, or left gone, as the original does (compat.md 6, lines 75 and
76). And one that is in our way, or cannot be changed, is not the reason to open its SealedSecret
again and again.
"""

from copy import deepcopy
from dataclasses import dataclass
from enum import Enum

from sealer.errors import TerminalError
from sealer_controller.drift import Stamp, State
from sealer_controller.marks import RECREATE_ANNOTATION, SELF_HEAL_ANNOTATION
from sealer_controller.objects import Key, StoredSealedSecret, StoredSecret
from sealer_controller.shaping import is_managed, is_owned
from sealer_controller.status import was_right

__all__ = ["Finding", "Memory"]


class Finding(Enum):
    """What a look at a Secret calls for."""

    LEAVE = "it is right, or is to stay as it is"
    REFUSE = "it stands in the way, as before: `Memory.refusal` says why"
    HEAL = "somebody has changed or deleted it"
    MAKE = "only opening the SealedSecret tells what it has to be"


@dataclass(frozen=True, slots=True)
class _Known:
    """A Secret as we left it.

    Attributes:
        version: Its UID and version.
        input: The digest of what the SealedSecret asked for.
        is_ours: Whether it is made again when it is deleted (controller.md 10, "Ours").
        is_patch: Whether it was only patched.
        refusal: Why it could not become what is asked for, where that is so.
        recreates: What the SealedSecret said then about having it made anew.
    """

    version: tuple[str, str]
    input: bytes
    is_ours: bool = False
    is_patch: bool = False
    refusal: TerminalError | None = None
    recreates: str = ""


class Memory:
    """Remembers the Secrets of all objects."""

    def __init__(self) -> None:
        self._known: dict[Key, _Known] = {}

    def version(self, key: Key) -> tuple[str, str] | None:
        """Return UID and version of a Secret as we left it; None where we have not looked yet."""
        known = self._known.get(key)
        return None if known is None else known.version

    def finding(
        self, stored: StoredSealedSecret, existing: StoredSecret | None, stamp: Stamp
    ) -> Finding:
        """Return what the Secret that was just read calls for."""
        known = self._known.get(stored.key)
        if known is not None and known.input != stamp.input:
            known = None
        if existing is None:
            return _missing(stored, known)
        if known is not None and known.refusal is not None:
            is_same = (known.version, known.recreates) == (_version(existing), _recreates(stored))
            return Finding.REFUSE if is_same else Finding.MAKE
        is_same = known is not None and _is_same(known, existing, stamp)
        match stamp.state(existing.secret, stamp.input if is_same else None):
            case State.RIGHT:
                return Finding.LEAVE
            case State.DRIFTED:
                return Finding.HEAL if _heals(stored) else Finding.LEAVE
            case State.UNKNOWN:
                return Finding.MAKE

    def left(self, stored: StoredSealedSecret, secret: StoredSecret, stamp: Stamp) -> None:
        """Remember a Secret that was written or found right."""
        is_ours = is_owned(stored, secret.secret) or is_managed(secret.secret)
        is_patch = stamp.has_patched(secret.secret)
        self._known[stored.key] = _Known(
            _version(secret), stamp.input, is_ours=is_ours, is_patch=is_patch
        )

    def refused(
        self, stored: StoredSealedSecret, secret: StoredSecret, stamp: Stamp, why: TerminalError
    ) -> None:
        """Remember a Secret that cannot become what is asked for, though the SealedSecret opens."""
        self._known[stored.key] = _Known(
            _version(secret), stamp.input, refusal=_bare(why), recreates=_recreates(stored)
        )

    def refusal(self, key: Key) -> TerminalError:
        """Return why a Secret could not become what is asked for, as an error to raise anew."""
        known = self._known.get(key)
        if known is None or known.refusal is None:
            raise LookupError(f"{key} is not refused")
        return _bare(known.refusal)

    def seen(self, key: Key, secret: StoredSecret) -> None:
        """Remember a Secret that stays although something else is asked for.

        It is of no other use than that we notice when somebody changes or deletes it.
        """
        self._known[key] = _Known(_version(secret), input=b"")

    def forget(self, key: Key) -> None:
        """Forget the Secret of an object that is gone."""
        self._known.pop(key, None)


def _missing(stored: StoredSealedSecret, known: _Known | None) -> Finding:
    if known is not None and known.refusal is None:
        return Finding.HEAL if known.is_ours and _heals(stored) else Finding.LEAVE
    # Another replica, or we before a restart, had made it, and it was not to be made again.
    return Finding.MAKE if _heals(stored) or not was_right(stored) else Finding.LEAVE


def _is_same(known: _Known, existing: StoredSecret, stamp: Stamp) -> bool:
    """Tell whether a Secret is the one that we left, whatever became of it.

    One that we patched and that was taken back from us is another one: that is no drift.
    """
    is_taken_back = known.is_patch and not stamp.may_patch(existing.secret)
    return known.version[0] == existing.uid and not is_taken_back


def _heals(stored: StoredSealedSecret) -> bool:
    return stored.sealed.annotations.get(SELF_HEAL_ANNOTATION) != "false"


def _recreates(stored: StoredSealedSecret) -> str:
    return stored.sealed.annotations.get(RECREATE_ANNOTATION, "")


def _bare(error: TerminalError) -> TerminalError:
    """Return an error without the traceback and its frames: they hold what was opened."""
    return deepcopy(error)


def _version(secret: StoredSecret) -> tuple[str, str]:
    return secret.uid, secret.resource_version
