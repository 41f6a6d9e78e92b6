"""The SealedSecrets that there are, each held whole only while there is something to do about it.

Ciphertext is nearly all of an object. Once one has been dealt with, its outline is enough to tell
whether a later version asks for work; what is sealed in it is read again in the rare case that the
Secret has to be made again though the object has not changed (controller.md 5, memory).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sealer.scope import Scope
from sealer_controller.marks import HEEDED_ANNOTATIONS
from sealer_controller.objects import Key, StoredSealedSecret
from sealer_controller.ports import Store

__all__ = ["Roster"]


@dataclass(frozen=True, slots=True)
class _Outline:
    """What is kept of an object that was dealt with.

    Attributes:
        uid: The store's name for this very object.
        essence: What of it decides about its Secret, but for what is sealed.
    """

    uid: str
    essence: tuple[object, ...]


class Roster:
    """All SealedSecrets that the store has reported.

    Args:
        store: Gives back what was not kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._objects: dict[Key, StoredSealedSecret | _Outline] = {}

    def __contains__(self, key: Key) -> bool:
        """Tell whether there is an object of that name."""
        return key in self._objects

    def __iter__(self) -> Iterator[Key]:
        """Yield the names of all objects."""
        return iter(tuple(self._objects))

    def take(self, stored: StoredSealedSecret) -> bool:
        """Note an object as it is now; return whether that can change its Secret.

        Our own writes to the status cannot, nor can labels and annotations, except those that
        decide the scope, and ours (compat.md 3.6, controller.md 2).
        """
        before = self._objects.get(stored.key)
        if before is not None and _essence_of(before) == _essence(stored):
            if isinstance(before, StoredSealedSecret):
                self._objects[stored.key] = stored
            return False
        self._objects[stored.key] = stored
        return True

    def drop(self, key: Key, uid: str) -> bool:
        """Forget an object that is gone; return false if it is another one by now."""
        known = self._objects.get(key)
        if known is None or known.uid != uid:
            return False
        del self._objects[key]
        return True

    async def whole(self, key: Key) -> StoredSealedSecret | None:
        """Return an object with all that is in it; None when it is gone.

        Raises:
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses to answer.
        """
        known = self._objects.get(key)
        if not isinstance(known, _Outline):
            return known
        found = await self._store.read_sealed_secret(key)
        if self._objects.get(key) is known and found is not None:
            self._objects[key] = found
        newer = self._objects.get(key)
        return None if isinstance(newer, _Outline) else newer

    def settle(self, stored: StoredSealedSecret) -> None:
        """Keep no more than the outline of an object that was dealt with as it is now."""
        known = self._objects.get(stored.key)
        if isinstance(known, StoredSealedSecret) and _essence(known) == _essence(stored):
            self._objects[stored.key] = _Outline(stored.uid, _essence(stored))

    def replace(self, before: StoredSealedSecret, after: StoredSealedSecret) -> None:
        """Note what we know better than the store has told so far, unless it has by now."""
        if self._objects.get(before.key) is before:
            self._objects[before.key] = after


def _essence_of(known: StoredSealedSecret | _Outline) -> tuple[object, ...]:
    return known.essence if isinstance(known, _Outline) else _essence(known)


def _essence(stored: StoredSealedSecret) -> tuple[object, ...]:
    annotations = stored.sealed.annotations
    heeded = tuple((name, annotations[name]) for name in HEEDED_ANNOTATIONS if name in annotations)
    fault = stored.fault and stored.fault.message
    return (stored.uid, stored.generation, Scope.of(annotations), heeded, fault)
