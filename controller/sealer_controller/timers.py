"""Have something done later; tests bring a clock of their own."""

import asyncio
from collections.abc import Callable
from typing import Protocol

__all__ = ["Later", "Timer", "call_later"]


class Timer(Protocol):
    """Something that will happen later."""

    def cancel(self) -> None:
        """Make sure that it does not."""


Later = Callable[[float, Callable[[], None]], Timer]


def call_later(seconds: float, call: Callable[[], None]) -> Timer:
    """Have the event loop call a function after so many seconds."""
    return asyncio.get_running_loop().call_later(seconds, call)
