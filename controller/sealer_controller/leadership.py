"""The right to write where there is one replica; `elector` is for where there are several."""

import asyncio
from collections.abc import Callable

from sealer_controller.observer import Observer

__all__ = ["SoleReplica"]


class SoleReplica:
    """Always leads.

    Args:
        observer: Told that it does.
    """

    def __init__(self, observer: Observer | None = None) -> None:
        self._observer = observer or Observer()

    def is_leader(self) -> bool:
        """Tell whether a write may be begun now: always."""
        return True

    async def wait(self) -> None:
        """Return at once."""

    def listen(self, listener: Callable[[], None]) -> None:
        """Ignore somebody who waits for a change: there is none."""

    async def run(self) -> None:
        """Say that we lead, and have nothing else to do, for ever."""
        self._observer.began_to_lead()
        await asyncio.Event().wait()

    async def resign(self) -> None:
        """There is nobody who would lead instead."""
