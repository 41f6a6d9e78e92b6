"""How work on many values is shared out: one after the other, or over all cores.

The core starts no threads. Who calls it may, and hands in what spreads the work.
"""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Spread(Protocol):
    """Applies a function to many things; `map` does, and so does that of a thread pool."""

    def __call__(self, work: Callable[[T], R], things: Iterable[T], /) -> Iterable[R]:
        """Return what the function returns for each thing, in the order of the things."""
