"""Notice when a Secret is no longer as we left it (controller.md 2, rule 2).

    store.secret_changes() ──► is this the version that we left? ──► look at its object

Only identities and versions are compared, and our own writes are no news. What is wrong, and
whether anything is, finds out the reconcile that follows.
"""

from collections.abc import Callable
from contextlib import aclosing
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
        # What is seen of a Secret while its object is worked on can be our own write.
        self._working: dict[Key, SecretChange | None] = {}
        # Secrets that nobody has looked at yet; the others are remembered by the reconciler.
        self._unlooked: set[Key] = set()
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
        self._working[key] = None

    def end(self, key: Key, *, is_healed: bool) -> None:
        """Say that the work on an object is over.

        Args:
            key: The object.
            is_healed: Its Secret had been changed or deleted, and is right again.
        """
        if is_healed:
            self._healing.note(key)
        if self._left(key) is not None:
            self._unlooked.discard(key)
        seen = self._working.pop(key, None)
        if seen is not None:
            self._take(seen)

    def forget(self, key: Key) -> None:
        """Forget an object that is gone."""
        self._stop_timer(key)
        self._healing.forget(key)

    def _take(self, change: SecretChange) -> None:
        if isinstance(change, SecretsListed):
            self._is_listed = True
            _log.info("secrets_listed", secrets=change.count)
            return
        if isinstance(change, SecretGone):
            self._unlooked.discard(change.key)
        elif self._left(change.key) is None:
            self._unlooked.add(change.key)
        if change.key in self._working:
            self._working[change.key] = change
        elif self._is_news(change):
            self._look_in_time(change.key)

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
