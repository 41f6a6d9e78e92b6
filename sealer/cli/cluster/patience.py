"""A controller that is busy is asked again after a pause, not for ever."""

from collections.abc import Callable
from threading import Event
from typing import TypeVar

from sealer.cli.errors import TooManyRequestsError

T = TypeVar("T")
# The original admits two requests a second, ours fifty; together these are about a minute.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0)


class Patience:
    """Asks again as long as the answer is `too many requests`.

    Args:
        pause: Waits a number of seconds, and returns whether to give up instead; for tests.
    """

    def __init__(self, pause: Callable[[float], bool] | None = None) -> None:
        self._stopped = Event()
        self._pause = pause or self._stopped.wait

    def ask(self, question: Callable[[], T]) -> T:
        """Return what a question is answered with.

        Raises:
            TooManyRequestsError: The other side stays busy, or nobody waits any more.
        """
        for seconds in PAUSES:
            try:
                return question()
            except TooManyRequestsError:
                if self._pause(seconds):
                    raise
        return question()

    def stop(self) -> None:
        """End all waiting, in whatever thread it is."""
        self._stopped.set()
