"""A conversation of several requests has one limit of time, and not each request its own."""

import math
import time


class Deadline:
    """How long the rest of a conversation may take.

    Args:
        seconds: The limit from now on; 0 for none.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds or math.inf
        self.restart()

    @property
    def left(self) -> float:
        """How many seconds are left: infinite where there is no limit, 0 when the time is over."""
        return max(0.0, self._end - time.monotonic())

    def restart(self) -> None:
        """Count from now on: so far it was a person who took the time."""
        self._end = time.monotonic() + self._seconds

    def give_up(self) -> None:
        """Let the time be over: whoever did not answer is not asked again."""
        self._end = -math.inf
