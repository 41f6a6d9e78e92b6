"""A controller and everything around it, in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sealer_controller.backoff import Backoff
from sealer_controller.controller import Controller
from sealer_controller.keystore import KeyStore
from sealer_controller.objects import StoreChange
from sealer_controller.outcome import Result
from sealer_controller.queue import WorkQueue
from sealer_controller.reconcile import Reconciler
from sealer_controller.unsealer import Unsealer
from tests.controller.memory import NOW, MemoryStore, MemoryVault
from tests.controller.watching import Recorder

__all__ = ["Rig", "running"]


@dataclass
class Rig:
    """A controller and everything around it.

    Attributes:
        store: Where objects and Secrets are.
        vault: Where the keys are.
        observer: Is told what happens.
        unsealer: Opens objects.
        pauses: How long it waited for the vault, in seconds; a pause takes no time.
    """

    store: MemoryStore
    vault: MemoryVault
    observer: Recorder
    unsealer: Unsealer
    keystore: KeyStore
    pauses: list[float]

    def controller(self, *, workers: int = 4, drain_seconds: float = 10.0) -> Controller:
        """Return the controller; what it retries comes back at once."""

        async def sleep(seconds: float) -> None:
            self.pauses.append(seconds)

        at_once = Backoff(base=0.0)
        return Controller(
            self.store,
            self.keystore,
            Reconciler(
                self.store,
                self.unsealer,
                lambda: self.keystore.digest_key,
                observer=self.observer,
                now=lambda: NOW,
            ),
            workers=workers,
            drain_seconds=drain_seconds,
            queue=WorkQueue(at_once, changed=self.observer.queue_changed),
            observer=self.observer,
            backoff=Backoff(base=1.0, cap=4.0, chance=lambda: 1.0),
            sleep=sleep,
        )

    async def result(self) -> Result:
        """Return the next result, when it comes."""
        async with asyncio.timeout(30):
            return await self.observer.results.get()

    def report(self, *changes: StoreChange | Exception) -> None:
        """Let the store report these changes."""
        for change in changes:
            self.store.news.put_nowait(change)


@asynccontextmanager
async def running(controller: Controller) -> AsyncIterator[asyncio.Task[None]]:
    """Run a controller, and let it stop properly in the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(controller.run(stop))
    try:
        yield task
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await task
