"""How long to wait before trying again: longer each time, and never all at the same moment."""

import random
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Backoff"]

_MAXIMUM_DOUBLINGS = 32  # far above any cap, and far below what a float can hold


@dataclass(frozen=True, slots=True)
class Backoff:
    """Capped exponential back-off with full jitter.

    Attributes:
        base: Upper bound of the first pause, in seconds.
        cap: Upper bound of every pause, in seconds, unless the other side asks for more.
        chance: Returns a random number from 0 up to 1.
    """

    base: float = 0.25
    cap: float = 60.0
    chance: Callable[[], float] = random.random

    def pause(
        self, failures: int, after: float | None = None, *, cap: float | None = None
    ) -> float:
        """Return the seconds to wait.

        Args:
            failures: How many failures in a row came before this one.
            after: Seconds that the other side asked for; what chance adds comes on top, so that
                not everybody comes back at the same moment.
            cap: The upper bound of this pause, where it is another one than usual.
        """
        bound = min(
            self.cap if cap is None else cap, self.base * 2.0 ** min(failures, _MAXIMUM_DOUBLINGS)
        )
        return (after or 0.0) + bound * self.chance()
