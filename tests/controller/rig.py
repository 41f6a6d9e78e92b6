"""A controller and everything around it, in memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from sealer.keysecret import key_secret
from sealer_controller.backoff import Backoff
from sealer_controller.collector import Collector
from sealer_controller.controller import Controller
from sealer_controller.keystore import KeyStore, KeyStoreOptions
from sealer_controller.objects import SecretChange, StoreChange
from sealer_controller.outcome import Result
from sealer_controller.ports import KeySecret, Leadership
from sealer_controller.queue import WorkQueue
from sealer_controller.reconcile import Reconciler
from sealer_controller.unsealer import Unsealer
from tests.controller.memory import NOW, MemoryStore, MemoryVault
from tests.controller.watching import Recorder
from tests.support import vectors

__all__ = ["KEY", "Rig", "rigged", "running"]

KEY = KeySecret(key_secret(vectors.key_pair("rsa2048"), namespace="keys", name="key"))


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

    def controller(
        self,
        *,
        workers: int = 4,
        drain_seconds: float = 10.0,
        guards: bool = True,
        collector: Collector | None = None,
        leading: Leadership | None = None,
        sleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> Controller:
        """Return the controller; what it retries comes back at once, unless `sleep` says when."""

        async def no_sleep(seconds: float) -> None:
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
            sleep=sleep or no_sleep,
            guards=guards,
            collector=collector,
            leading=leading,
        )

    async def result(self) -> Result:
        """Return the next result, when it comes."""
        async with asyncio.timeout(30):
            return await self.observer.results.get()

    async def see(self, *changes: SecretChange) -> None:
        """Let the store report this of Secrets, and wait until it is dealt with."""
        for change in changes:
            self.store.secret_news.put_nowait(change)
        async with asyncio.timeout(30):
            await self.store.secret_news.join()

    def report(self, *changes: StoreChange | Exception) -> None:
        """Let the store report these changes."""
        for change in changes:
            self.store.news.put_nowait(change)


@contextmanager
def rigged() -> Iterator[Rig]:
    """Return a rig with one key."""
    observer, vault = Recorder(), MemoryVault(KEY)
    keystore = KeyStore(
        vault,
        KeyStoreOptions("keys"),
        observer=observer,
        generate=lambda _now, _options: vectors.key_pair("rsa2048"),
    )
    with Unsealer(lambda: keystore.keyring, threads=2, observer=observer) as unsealer:
        yield Rig(MemoryStore(), vault, observer, unsealer, keystore, [])


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
