"""Notice when a Secret is no longer as we left it (controller.md 2, rule 2).

    store.secret_changes() ──► is this the version that we left? ──► look at its object

Only identities and versions are compared, and our own writes are no news. What is wrong, and
whether anything is, finds out the reconcile that follows.
"""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import assert_never

from sealer_controller import logs
from sealer_controller.healing import Healing
from sealer_controller.objects import Key, SecretChange, SecretGone, SecretSeen, SecretsListed
from sealer_controller.observer import Observer
from sealer_controller.ports import Store
from sealer_controller.timers import Later, Timer, call_later

__all__ = ["Guard"]

_log = logs.logger(__name__)
_Version = tuple[str, str]


@dataclass(slots=True)
class _Work:
    """The work on an object that is going on.

    Attributes:
        before: UID and version of its Secret as we had left it; None where we had not looked yet.
        seen: What was last seen of its Secret meanwhile; it can be our own write.
        is_doubtful: Whether a list was completed meanwhile that told nothing of its Secret.
    """

    before: _Version | None
    seen: SecretChange | None = None
    is_doubtful: bool = False


class Guard:
    """Has objects looked at whose Secret somebody has changed or deleted.

    Args:
        store: Reports what happens to Secrets.
        left: Returns UID and version of a Secret as we left it; None where we have not looked yet.
        look: Has an object looked at.
        observer: Told when a look is put off.
        healing: Says how long.
        later: Calls a function after so many seconds; the default is the event loop's.
    """

    def __init__(
        self,
        store: Store,
        left: Callable[[Key], _Version | None],
        look: Callable[[Key], None],
        *,
        observer: Observer | None = None,
        healing: Healing | None = None,
        later: Later = call_later,
    ) -> None:
        self._store = store
        self._left = left
        self._look = look
        self._observer = observer or Observer()
        self._healing = healing or Healing()
        self._later = later
        self._working: dict[Key, _Work] = {}
        # Secrets that nobody has looked at yet; the others are remembered by the reconciler.
        self._unlooked: set[Key] = set()
        # Secrets that we have left and the store has not shown. It will, unless they go before a
        # list is read: then it has nothing to say of them, not even that they are gone.
        self._unseen: set[Key] = set()
        self._is_listed = False
        self._timers: dict[Key, Timer] = {}

    async def run(self) -> None:
        """Follow what happens to Secrets, for ever."""
        try:
            async with aclosing(self._store.secret_changes()) as changes:
                async for change in changes:
                    self._take(change)
        finally:
            for key in tuple(self._timers):
                self._stop_timer(key)
        raise RuntimeError("the store has stopped to report changes of Secrets")

    def shows_none(self, key: Key) -> bool:
        """Tell whether all Secrets of ours are known, and none of that name is among them.

        It counts until we have looked at it: then others know better.
        """
        return self._is_listed and key not in self._unlooked

    def begin(self, key: Key) -> None:
        """Say that the work on an object begins."""
        self._stop_timer(key)
        self._working[key] = _Work(self._left(key))

    def end(self, key: Key, *, is_healed: bool) -> None:
        """Say that the work on an object is over.

        Args:
            key: The object.
            is_healed: Its Secret had been changed or deleted, and is right again.
        """
        if is_healed:
            self._healing.note(key)
        left = self._left(key)
        work = self._working.pop(key, None) or _Work(left)
        if left is not None:
            if left != work.before and key not in self._unlooked:
                self._unseen.add(key)
            self._unlooked.discard(key)
        if work.seen is not None:
            self._take(work.seen)
        elif work.is_doubtful and left is not None:
            self._look_in_time(key)

    def forget(self, key: Key) -> None:
        """Forget an object that is gone."""
        self._stop_timer(key)
        self._unseen.discard(key)
        self._healing.forget(key)

    def _take(self, change: SecretChange) -> None:
        if isinstance(change, SecretsListed):
            self._is_listed = True
            _log.info("secrets_listed", secrets=change.count)
            self._doubt()
            return
        self._unseen.discard(change.key)
        if isinstance(change, SecretGone):
            self._unlooked.discard(change.key)
        elif self._left(change.key) is None:
            self._unlooked.add(change.key)
        if change.key in self._working:
            self._working[change.key].seen = change
        elif self._is_news(change):
            self._look_in_time(change.key)

    def _doubt(self) -> None:
        """Have those looked at that a complete list does not hold and nothing else told of."""
        for key, work in self._working.items():
            is_first = work.before is None and key not in self._unlooked
            work.is_doubtful = work.seen is None and (is_first or key in self._unseen)
        unseen, self._unseen = self._unseen, set()
        for key in sorted(unseen - self._working.keys()):
            self._look_in_time(key)

    def _is_news(self, change: SecretSeen | SecretGone) -> bool:
        left = self._left(change.key)
        match change:
            case _ if left is None:
                return False  # the first look is still to come
            case SecretSeen(_, uid, version):
                return left != (uid, version)
            case SecretGone(_, uid):
                return left[0] == uid
            case _:
                assert_never(change)

    def _look_in_time(self, key: Key) -> None:
        """Have an object looked at, now or when the time has come; there is one time for each."""
        pause = self._healing.pause(key)
        if not pause:
            self._stop_timer(key)
            self._look(key)
        elif key not in self._timers:
            self._timers[key] = self._later(pause, lambda: self._wake(key))
            self._observer.healing_put_off(key)
            _log.warning(
                "healing_put_off", namespace=key.namespace, name=key.name, pause=round(pause, 3)
            )

    def _wake(self, key: Key) -> None:
        self._stop_timer(key)
        self._look(key)

    def _stop_timer(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer:
            timer.cancel()
