"""An observer that lets tests wait for what happens, and keys whose use they control."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sealer_controller.objects import Key
from sealer_controller.observer import Observer
from sealer_controller.outcome import Result
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.support import vectors

__all__ = ["Recorder", "with_hook"]


class Recorder(Observer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.results: asyncio.Queue[Result] = asyncio.Queue()
        self.gone: asyncio.Queue[Key] = asyncio.Queue()
        self.put_off: list[Key] = []
        self.used: list[tuple[int, int]] = []
        self.keyrings: list[tuple[int, int]] = []
        self.backups: list[tuple[datetime | None, int]] = []
        self.renewals: list[datetime | None] = []
        self.failed_renewals = 0
        self.leading: list[bool] = []
        self.knows_leader: bool | None = None
        self.watches: list[tuple[str, ...]] = []
        self.waiting_and_working = (0, 0)

    def reconciled(self, result: Result) -> None:
        """Keep the result."""
        self.results.put_nowait(result)

    def removed(self, key: Key) -> None:
        """Keep the key."""
        self.gone.put_nowait(key)

    def queue_changed(self, waiting: int, working: int) -> None:
        """Keep the counts."""
        self.waiting_and_working = waiting, working

    def healing_put_off(self, key: Key) -> None:
        """Keep the key."""
        self.put_off.append(key)

    def keys_used(self, opened: int, not_opened: int) -> None:
        """Keep the counts."""
        self.used.append((opened, not_opened))

    def keys_changed(self, keyring: Keyring, unusable: int) -> None:
        """Keep the counts."""
        self.keyrings.append((len(keyring), unusable))

    def backups_changed(self, newest: datetime | None, missing: int) -> None:
        """Keep both."""
        self.backups.append((newest, missing))

    def next_renewal(self, when: datetime | None) -> None:
        """Keep the time."""
        self.renewals.append(when)

    def key_renewal_failed(self) -> None:
        """Count it."""
        self.failed_renewals += 1

    def lease_reached(self) -> None:
        """Keep it."""
        self.knows_leader = True

    def lease_not_reached(self) -> None:
        """Keep it."""
        self.knows_leader = False

    def began_to_lead(self) -> None:
        """Keep it."""
        self.leading.append(True)

    def ceased_to_lead(self) -> None:
        """Keep it."""
        self.leading.append(False)

    def watch_heard(self, kind: str) -> None:
        """Keep the kind."""
        self.watches.append((kind,))

    def watch_restarted(self, kind: str, reason: str) -> None:
        """Keep kind and reason."""
        self.watches.append((kind, reason))


class _Hooked:
    """A private key that calls a function before each use."""

    def __init__(self, key: RSAPrivateKey, hook: Callable[[], object]) -> None:
        self._key = key
        self._hook = hook

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the key has
        return getattr(self._key, name)

    def decrypt(self, ciphertext: bytes, padding: Any) -> bytes:  # noqa: ANN401 - of the library
        """Decrypt, after the hook."""
        self._hook()
        return self._key.decrypt(ciphertext, padding)


def with_hook(hook: Callable[[], object], name: str = "rsa2048") -> KeyPair:
    """Return a recorded key pair that calls `hook` before each use, in the thread of the use."""
    pair = vectors.key_pair(name)
    return replace(pair, private_key=cast("RSAPrivateKey", _Hooked(pair.private_key, hook)))
