"""Open SealedSecrets on all cores, while the event loop goes on.

Private-key work runs in a pool of threads (the library releases the interpreter lock for it). The
thread that opens an object does its items itself, one after the other, and idle threads help: it
waits only for help that has begun. So a pool whose threads all open objects cannot block itself.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from sealer.envelope import Opened, open_value
from sealer.errors import (
    CorruptCiphertextError,
    ManyErrors,
    SealerError,
    TemplateError,
    UnsealError,
)
from sealer.manifest import SealedSecret
from sealer.sealing import Unsealed, UnsealOptions, unseal_secret
from sealer.sealing.unseal import Renderer, first_tries, sealed_texts
from sealer_controller.objects import Key, StoredSealedSecret
from sealer_controller.observer import Observer
from sealer_keys.fingerprint import Fingerprint
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair

T = TypeVar("T")
R = TypeVar("R")

__all__ = ["Unsealer"]


class _Tally(Keyring):
    """The keys for one object, which notes every use of one."""

    __slots__ = ("used",)

    def __init__(self, keys: Iterable[KeyPair]) -> None:
        super().__init__(keys)
        self.used: list[Fingerprint] = []

    def candidates(self, length: int, first: Fingerprint | None = None) -> Iterator[KeyPair]:
        """Yield the keys worth trying, as any keyring does."""
        for key in super().candidates(length, first):
            self.used.append(key.fingerprint)
            yield key


class Unsealer:
    """Opens SealedSecrets with the sealing keys as they are at that time.

    Use it as a context manager: leaving it ends its threads.

    Args:
        keyring: Returns the sealing keys.
        accept_v1: Open the format of before 2019 too.
        render: Renders `spec.template.data`; None where there is no engine.
        threads: How many; the default is one for each core.
        observer: Told how often private keys were used.
    """

    def __init__(
        self,
        keyring: Callable[[], Keyring],
        *,
        accept_v1: bool = True,
        render: Renderer | None = None,
        threads: int | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._keyring = keyring
        self._accept_v1 = accept_v1
        self._render = render
        self._threads = threads or os.cpu_count() or 1
        self._observer = observer or Observer()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="unseal")
        self._opened_by: dict[Key, Mapping[str, Fingerprint]] = {}
        self._is_closing = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the threads, each after the item that it has in hand."""
        self._is_closing = True
        self._pool.shutdown(cancel_futures=True)

    async def unseal(self, stored: StoredSealedSecret) -> Unsealed:
        """Open a SealedSecret.

        The key that opened an item the last time is tried first.

        Raises:
            UnsealError: It does not open, or cannot even be read.
        """
        if stored.fault is not None:
            raise UnsealError(_told(stored.fault), hint=stored.fault.hint)
        keys = _Tally(self._keyring())
        options = UnsealOptions(
            accept_v1=self._accept_v1,
            first=self._first(stored),
            spread=self._spread,
            render=self._render,
        )
        loop = asyncio.get_running_loop()
        opened = 0
        try:
            unsealed = await loop.run_in_executor(
                self._pool, unseal_secret, stored.sealed, keys, options
            )
            opened = len(unsealed.keys)
        except UnsealError as error:
            opened = min(len(keys.used), _opened_in_spite(stored.sealed, error))
            raise
        finally:
            self._observer.keys_used(opened, len(keys.used) - opened)
        self._opened_by[stored.key] = unsealed.keys
        return unsealed

    async def open_items(self, sealed: SealedSecret, use: Callable[[Opened], R], /) -> dict[str, R]:
        """Open the items of an object that somebody asks about, and return what is made of each.

        The items take turns with whatever else is to be opened, one at a time, so that a request
        delays no reconcile for longer than one item takes. Nothing is rendered.

        Args:
            sealed: The object.
            use: Makes something of an opened item, in the thread that opened it.

        Raises:
            SealerError: An item does not open; the others are not looked at.
        """
        sealed.identity.label  # noqa: B018 - refuses illegal names, also where there is no item
        if sealed.legacy_data is not None and (sealed.encrypted_data or not self._accept_v1):
            raise UnsealError("the object is in a format that is not accepted")
        keys = _Tally(self._keyring())
        hints = first_tries(sealed, keys)
        made: dict[str, R] = {}
        before: Fingerprint | None = None

        def work(item: str, text: str) -> tuple[Fingerprint, R]:
            first = hints.get(item, before)
            opened = open_value(text, keys, sealed.identity, first=first)
            return opened.key, use(opened)

        loop = asyncio.get_running_loop()
        try:
            for item, text in sorted(sealed_texts(sealed).items()):
                before, made[item] = await loop.run_in_executor(self._pool, work, item, text)
        finally:
            self._observer.keys_used(len(made), len(keys.used) - len(made))
        return made

    def forget(self, key: Key) -> None:
        """Forget which keys opened an object that is gone."""
        self._opened_by.pop(key, None)

    def _first(self, stored: StoredSealedSecret) -> Mapping[str, Fingerprint] | None:
        """Return the key to try first for each item; new items share the key of another."""
        known = self._opened_by.get(stored.key)
        if not known:
            return None
        any_key = next(iter(known.values()))
        return {item: known.get(item, any_key) for item in stored.sealed.encrypted_data}

    def _spread(self, attempt: Callable[[T], R], items: Iterable[T], /) -> Iterable[R]:
        """Apply a function to every item; threads that have nothing else to do take part."""
        ordered = list(items)
        waiting = deque(enumerate(ordered))
        results: dict[int, R] = {}

        def work() -> None:
            while waiting and not self._is_closing:
                try:
                    at, item = waiting.popleft()
                except IndexError:  # another thread was faster
                    return
                results[at] = attempt(item)

        helpers = [self._pool.submit(work) for _ in range(min(self._threads, len(ordered)) - 1)]
        try:
            work()
        finally:
            waiting.clear()
            begun = [helper for helper in helpers if not helper.cancel()]
        for helper in begun:
            helper.result()
        if self._is_closing:
            raise RuntimeError("the unsealer was closed")
        return [results[at] for at in range(len(ordered))]


def _opened_in_spite(sealed: SealedSecret, error: UnsealError) -> int:
    """Return how many items a key did open although the object as a whole did not."""
    opens = (CorruptCiphertextError, TemplateError)
    shut = sum(not isinstance(fault, opens) for fault in error.faults.values())
    return max(0, max(1, len(sealed.encrypted_data)) - shut)


def _told(fault: SealerError) -> str:
    faults = fault.errors if isinstance(fault, ManyErrors) else (fault,)
    return "; ".join(each.message for each in faults)
