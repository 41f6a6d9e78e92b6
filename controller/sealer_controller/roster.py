"""The SealedSecrets that there are, each held whole only while there is something to do about it.

Ciphertext is nearly all of an object. Once one has been dealt with, its outline is enough to tell
whether a later version asks for work; what is sealed in it is read again in the rare case that the
Secret has to be made again though the object has not changed. So it is where thousands wait for
their turn (controller.md 5, memory).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sealer.scope import Scope
from sealer_controller.marks import HEEDED_ANNOTATIONS
from sealer_controller.objects import Key, StoredSealedSecret
from sealer_controller.ports import Store

__all__ = ["Roster"]

# Some 6 KiB each. Installations of ordinary size never read an object twice.
_MOST_WHOLE = 4000


@dataclass(frozen=True, slots=True)
class _Outline:
    """What is kept of an object that nobody works on.

    Attributes:
        uid: The store's name for this very object.
        essence: What of it decides about its Secret; the generation stands for the spec.
    """

    uid: str
    essence: tuple[object, ...]


class Roster:
    """All SealedSecrets that the store has reported.

    Args:
        store: Gives back what was not kept.
        most_whole: So many objects are held whole at most.
    """

    def __init__(self, store: Store, *, most_whole: int = _MOST_WHOLE) -> None:
        self._store = store
        self._most_whole = most_whole
        self._whole: dict[Key, StoredSealedSecret] = {}
        self._outlines: dict[Key, _Outline] = {}

    def __contains__(self, key: Key) -> bool:
        """Tell whether there is an object of that name."""
        return key in self._outlines

    def __iter__(self) -> Iterator[Key]:
        """Yield the names of all objects."""
        return iter(tuple(self._outlines))

    def take(self, stored: StoredSealedSecret) -> bool:
        """Note an object as it is now; return whether that can change its Secret.

        Our own writes to the status cannot, nor can labels and annotations, except those that
        decide the scope, and ours (compat.md 3.6, controller.md 2).
        """
        before, outline = self._outlines.get(stored.key), _outline(stored)
        is_news = before != outline
        if is_news:
            self._outlines[stored.key] = outline
        if stored.key in self._whole or (is_news and len(self._whole) < self._most_whole):
            self._whole[stored.key] = stored
        return is_news

    def drop(self, key: Key, uid: str) -> bool:
        """Forget an object that is gone; return false if it is another one by now."""
        known = self._outlines.get(key)
        if known is None or known.uid != uid:
            return False
        del self._outlines[key]
        self._whole.pop(key, None)
        return True

    async def whole(self, key: Key) -> StoredSealedSecret | None:
        """Return an object with all that is in it; None when it is gone.

        Raises:
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses to answer.
        """
        known = self._outlines.get(key)
        if known is None or key in self._whole:
            return self._whole.get(key)
        found = await self._store.read_sealed_secret(key)
        if found is None or key in self._whole or self._outlines.get(key) is not known:
            return self._whole.get(key)  # what came meanwhile is newer, or is gone and told to be
        self._outlines[key] = _outline(found)
        if len(self._whole) < self._most_whole:
            self._whole[key] = found
        return found

    def settle(self, stored: StoredSealedSecret) -> None:
        """Keep no more than the outline of an object that was dealt with as it is now."""
        if self._outlines.get(stored.key) == _outline(stored):
            self._whole.pop(stored.key, None)

    def replace(self, before: StoredSealedSecret, after: StoredSealedSecret) -> None:
        """Note what we know better than the store has told so far, unless it has by now."""
        if self._whole.get(before.key) is before:
            self._whole[before.key] = after


def _outline(stored: StoredSealedSecret) -> _Outline:
    annotations = stored.sealed.annotations
    heeded = tuple((name, annotations[name]) for name in HEEDED_ANNOTATIONS if name in annotations)
    fault = stored.fault and stored.fault.message
    return _Outline(stored.uid, (stored.generation, Scope.of(annotations), heeded, fault))
