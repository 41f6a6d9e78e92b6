"""Whether the process is alive (restart it if not) and ready (send requests if so).

Alive means that the event loop turns, which answering shows, and that the workers do not all hang.
An API server that is away, or a watch that says nothing, is no reason to restart anybody: that is
not ready, and shows in the metrics (controller.md 6).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sealer_controller.objects import Key
from sealer_controller.observer import Observer
from sealer_controller.outcome import Result

__all__ = ["Health"]

HANGING_SECONDS = 300.0
# Watches break and come back; only what lasts is worth telling.
FAILING_SECONDS = 30.0
# What fails is tried again after a pause and a try of 30 seconds each at most. A watch that has not
# failed for longer goes on, though it may have nothing to say yet.
RETRYING_SECONDS = 90.0
# A watch that is silent for 150 seconds is begun again (platform.md 8), which is heard or fails.
SILENT_SECONDS = 240.0
# These are about our rights and do not mean that the API server is away.
_REFUSALS = ("forbidden", "notfound")


@dataclass(frozen=True, slots=True)
class _Failing:
    """A row of failures of one watch, with nothing heard in between."""

    since: float
    until: float
    reason: str

    def lasts(self, now: float) -> bool:
        """Whether it goes on."""
        return now - self.until < RETRYING_SECONDS


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
        self._heard: dict[str, float] = {}
        self._failing: dict[str, _Failing] = {}
        self._lost_lease: float | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the workers get anything done, or have nothing to do."""
        return not self._working or self._clock() - self._moved < HANGING_SECONDS

    @property
    def is_ready(self) -> bool:
        """Whether the controller can answer for what it is there for."""
        return not self.unready

    @property
    def unready(self) -> tuple[str, ...]:
        """Why the controller cannot answer for what it is there for; nothing if it can."""
        reasons = [] if self._is_ready() else ["not everything is listed yet, or there is no key"]
        now = self._clock()
        if self._lost_lease is not None and now - self._lost_lease >= FAILING_SECONDS:
            reasons.append("the Lease cannot be reached")
        for kind, row in sorted(self._failing.items()):
            if row.until - row.since >= FAILING_SECONDS and row.lasts(now):
                reasons.append(f"the watch of {kind} fails: {row.reason}")
        if self._heard and now - max(self._heard.values()) >= SILENT_SECONDS:
            reasons.append("no watch says anything")
        return tuple(reasons)

    def lease_reached(self) -> None:
        """Note that we know who leads; a replica that stands by is ready."""
        self._lost_lease = None

    def lease_not_reached(self) -> None:
        """Note since when we do not know who leads."""
        if self._lost_lease is None:
            self._lost_lease = self._clock()

    def watch_heard(self, kind: str) -> None:
        """Note that a watch works."""
        self._heard[kind] = self._clock()
        self._failing.pop(kind, None)

    def watch_restarted(self, kind: str, reason: str) -> None:
        """Note since when a watch has been failing; one that has ended properly is not."""
        if reason != "ended" and reason not in _REFUSALS:
            now, before = self._clock(), self._failing.get(kind)
            since = before.since if before and before.lasts(now) else now
            self._failing[kind] = _Failing(since, now, reason)

    def reconciled(self, result: Result) -> None:
        """Note that something was done."""
        del result
        self._moved = self._clock()

    def keys_used(self, opened: int, not_opened: int) -> None:
        """Note that something is being done, though it takes long."""
        if opened or not_opened:
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
