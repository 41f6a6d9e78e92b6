"""How many objects a second a controller works through where no value has to be opened.

Nothing but the controller's own work: store and controller share a process and an event loop, and
the objects have no items. One store is in memory, the other is the tests' API server, HTTP and all.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from measure import VECTORS, Figure, report, size
from sealer.keysecret import key_secret, load_keys
from sealer.manifest import SealedSecret, Template
from sealer_controller.app import Place, assembled
from sealer_controller.kube.opening import on_cluster
from sealer_controller.leadership import SoleReplica
from sealer_controller.objects import Listed, StoredSealedSecret, Upserted
from sealer_controller.observer import Observer
from sealer_controller.observers import Observers
from sealer_controller.outcome import Result
from sealer_controller.ports import KeySecret
from sealer_controller.settings.load import load
from sealer_controller.settings.model import Settings
from tests.controller.memory import MemoryStore, MemoryVault
from tests.fake.kinds import SEALED_SECRETS, SECRETS
from tests.fake.server import FakeApi

OBJECTS = size(5000, 50)
NAMESPACE = "kube-system"
KEY = load_keys((VECTORS / "keys" / "peer-a.secret.yaml").read_bytes())[0]


class _Count(Observer):
    """Knows when so many objects have been reconciled."""

    def __init__(self, objects: int) -> None:
        self.done = asyncio.Event()
        self._left = objects

    def reconciled(self, result: Result) -> None:  # noqa: ARG002 - any result counts
        """Count it."""
        self._left -= 1
        if not self._left:
            self.done.set()


async def _pass(settings: Settings, place: Place, observers: Observers) -> float:
    """Return how many objects a second a controller deals with that has just been started."""
    count = _Count(OBJECTS)
    observers.add(count)
    stop = asyncio.Event()
    with assembled(settings, NAMESPACE, place, observers) as parts:
        started = time.perf_counter()
        running = asyncio.create_task(parts.controller.run(stop))
        await count.done.wait()
        taken = time.perf_counter() - started
        stop.set()
        await running
    return OBJECTS / taken


def _objects() -> list[StoredSealedSecret]:
    return [
        StoredSealedSecret(SealedSecret(NAMESPACE, f"bench-{at}", {}, Template()), f"uid-{at}")
        for at in range(OBJECTS)
    ]


async def _in_memory() -> Sequence[float]:
    settings = load(["--key-renew-period=0"], {}).settings
    secret = key_secret(KEY, namespace=NAMESPACE, name="key")
    store, vault = MemoryStore(), MemoryVault(KeySecret(secret))
    rates = []
    for _ in range(2):
        for stored in _objects():
            status = store.statuses.get(stored.key, stored.status)
            store.news.put_nowait(Upserted(replace(stored, status=status)))
        store.news.put_nowait(Listed(OBJECTS))
        observers = Observers()
        rates.append(await _pass(settings, (store, vault, SoleReplica(observers)), observers))
    return rates


async def _on_the_fake(folder: Path) -> Sequence[float]:
    async with FakeApi() as server:
        token = folder / "token"
        token.write_text("token")
        flags = ["--key-renew-period=0", "--server", server.url, "--token-file", str(token)]
        settings = load(flags, {}).settings
        secret = key_secret(KEY, namespace=NAMESPACE, name="key").to_object()
        server.store.create(SECRETS, secret, NAMESPACE)
        for stored in _objects():
            server.store.create(SEALED_SECRETS, stored.sealed.to_object(), NAMESPACE)
        rates = []
        for _ in range(2):
            observers = Observers()
            async with on_cluster(settings, NAMESPACE, {}, observers) as place:
                rates.append(await _pass(settings, place, observers))
    return rates


def main() -> None:
    """Measure and report."""
    new, unchanged = asyncio.run(_in_memory())
    with tempfile.TemporaryDirectory() as folder:
        new_there, unchanged_there = asyncio.run(_on_the_fake(Path(folder)))
    rates = {
        "store in memory, new objects": new,
        "store in memory, unchanged objects": unchanged,
        "API server of the tests, new objects": new_there,
        "API server of the tests, unchanged objects": unchanged_there,
    }
    title = f"Reconciles without cryptography, {OBJECTS} objects"
    report(title, [Figure(name, rate, "/s", rate / new) for name, rate in rates.items()])


if __name__ == "__main__":
    main()
