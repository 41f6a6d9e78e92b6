"""Whether the process is alive (restart it if not) and ready (send requests if so).

An API server that is away or an old watch are no reason to restart anybody: they show in the
metrics. Alive means that the event loop turns, which answering shows, and that the workers do not
all hang (controller.md 6).
"""

import time
from collections.abc import Callable

from sealer_controller.objects import Key
from sealer_controller.observer import Observer
from sealer_controller.outcome import Result

__all__ = ["Health"]

HANGING_SECONDS = 300.0


class Health(Observer):
    """Watches the workers.

    Args:
        is_ready: Tells whether everything was listed and a key is there.
        clock: Seconds of a clock that never goes back.
    """

    def __init__(
        self, is_ready: Callable[[], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._is_ready = is_ready
        self._clock = clock
        self._working = 0
        self._moved = clock()

    @property
    def is_alive(self) -> bool:
        """Whether the workers get anything done, or have nothing to do."""
        return not self._working or self._clock() - self._moved < HANGING_SECONDS

    @property
    def is_ready(self) -> bool:
        """Whether the controller can answer for what it is there for."""
        return self._is_ready()

    def reconciled(self, result: Result) -> None:
        """Note that something was done."""
        del result
        self._moved = self._clock()

    def removed(self, key: Key) -> None:
        """Note that something was done."""
        del key
        self._moved = self._clock()

    def queue_changed(self, waiting: int, working: int) -> None:
        """Note when there is something to do after there was nothing."""
        del waiting
        if working and not self._working:
            self._moved = self._clock()
        self._working = working
