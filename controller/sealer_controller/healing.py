"""How long to wait before a Secret is put right that was put right a moment ago.

The first time is at once. Somebody who changes it again and again, another controller perhaps, is
not fought with: each further time comes later, until the Secret has been left alone for a while.
"""

import time
from collections.abc import Callable

from sealer_controller.objects import Key

__all__ = ["Healing"]

_BASE_SECONDS = 1.0
_CAP_SECONDS = 300.0
# A Secret that nobody has touched for so long starts anew.
_CALM_SECONDS = 2 * _CAP_SECONDS


class Healing:
    """Remembers which Secrets were put right lately.

    Args:
        clock: Seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._healed: dict[Key, tuple[int, float]] = {}

    def note(self, key: Key) -> None:
        """Note that a Secret was put right now."""
        times, _ = self._recent(key)
        self._healed[key] = times + 1, self._clock()

    def pause(self, key: Key) -> float:
        """Return the seconds until a Secret may be put right again; 0 is now."""
        times, last = self._recent(key)
        if not times:
            return 0.0
        pause = min(_CAP_SECONDS, _BASE_SECONDS * 2.0 ** min(times - 1, 32))
        return max(0.0, last + pause - self._clock())

    def forget(self, key: Key) -> None:
        """Forget the Secret of an object that is gone."""
        self._healed.pop(key, None)

    def _recent(self, key: Key) -> tuple[int, float]:
        times, last = self._healed.get(key, (0, 0.0))
        if times and self._clock() - last > _CALM_SECONDS:
            self.forget(key)
            return 0, 0.0
        return times, last
