"""Open SealedSecrets on all cores, while the event loop goes on.

Private-key work runs in as many threads as there are cores (the library releases the interpreter
lock for it), in turns, item by item: an object of ten thousand items delays one of a single item by
no more than another item. What is done around it for an object waits in a thread of its own.
"""

import asyncio
import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from sealer.envelope import Opened, open_value
from sealer.errors import ManyErrors, SealerError, UnsealError
from sealer.manifest import SealedSecret
from sealer.sealing import Unsealed, UnsealOptions, unseal_secret
from sealer.sealing.explain import Explanation, Search
from sealer.sealing.spread import Spread
from sealer.sealing.unseal import Renderer, first_tries, sealed_texts
from sealer_controller.explaining import (
    MAXIMUM_TRIES,
    explained,
    is_unexplained,
    unexplained,
)
from sealer_controller.keymemory import KeyMemory, Tries
from sealer_controller.objects import Key, StoredSealedSecret
from sealer_controller.observer import Observer
from sealer_controller.turns import Turns
from sealer_keys.fingerprint import Fingerprint
from sealer_keys.keyring import Keyring

T = TypeVar("T")
R = TypeVar("R")

__all__ = ["Unsealer"]

_COUNTING_SECONDS = 10.0
# What opened the object before, or was the newest key when it was made, and what is the newest now.
_LIKELY_KEYS = 2


class Unsealer:
    """Opens SealedSecrets with the sealing keys as they are at that time.

    Use it as a context manager: leaving it ends its threads.

    Args:
        keyring: Returns the sealing keys.
        accept_v1: Open the format of before 2019 too.
        render: Returns what renders `spec.template.data` of an object; None where there is no
            engine.
        threads: How many use private keys; the default is one for each core.
        workers: How many objects are worked on at a time at most; a thread for each is made when it
            is needed.
        observer: Told how often private keys were used.
    """

    def __init__(
        self,
        keyring: Callable[[], Keyring],
        *,
        accept_v1: bool = True,
        render: Callable[[Key], Renderer] | None = None,
        threads: int | None = None,
        workers: int = 16,
        observer: Observer | None = None,
    ) -> None:
        self._keyring = keyring
        self._accept_v1 = accept_v1
        self._render = render
        self._observer = observer or Observer()
        self._turns = Turns(threads or os.cpu_count() or 1, "unseal")
        self._callers = ThreadPoolExecutor(workers, thread_name_prefix="unsealing")
        self._memory = KeyMemory()

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
        self._turns.close()
        self._callers.shutdown(cancel_futures=True)

    def refuses(self, stored: StoredSealedSecret) -> bool:
        """Tell whether an object is refused unopened: unreadable, or of a format that is off."""
        is_off = stored.sealed.legacy_data is not None and not self._accept_v1
        return is_off or stored.fault is not None

    async def unseal(self, stored: StoredSealedSecret, *, hurried: bool = False) -> Unsealed:
        """Open a SealedSecret, with the key that it is likely sealed with first.

        Args:
            stored: The SealedSecret.
            hurried: Try the likely keys alone, and no further item once one does not open. All that
                the error says then is that more time is needed.

        Raises:
            UnsealError: It does not open, or cannot even be read.
        """
        if stored.fault is not None:
            raise UnsealError(_told(stored.fault), hint=stored.fault.hint)
        order = self._memory.order(stored, self._keyring())
        tries = self._memory.tries(stored, most=_LIKELY_KEYS if hurried else math.inf)
        options = UnsealOptions(
            accept_v1=self._accept_v1,
            first=order.first,
            spread=self._until_shut() if hurried else self._turns.map,
            render=self._render and self._render(stored.key),
            unwrap=tries.unwrap,
        )
        keys = None
        work = asyncio.get_running_loop().run_in_executor(
            self._callers, unseal_secret, stored.sealed, order.keyring, options
        )
        try:
            # Thousands of items take minutes, in which others want to see that something happens.
            while not (await asyncio.wait((work,), timeout=_COUNTING_SECONDS))[0]:
                self._count(tries)
            unsealed = work.result()
            keys = unsealed.keys
        finally:
            work.cancel()
            self._memory.note(stored, tries, keys)
            self._count(tries)
        return unsealed

    async def explain(self, stored: StoredSealedSecret, error: UnsealError) -> UnsealError:
        """Return why an object does not open, with the places that its items were sealed for.

        It may take a hundred private-key operations; between two items others get their turn.

        Args:
            stored: The object.
            error: What `unseal` raised for it.
        """
        tries = self._memory.tries(stored)
        search = Search(self._keyring(), tries=MAXIMUM_TRIES, unwrap=tries.unwrap)
        texts = sealed_texts(stored.sealed)
        found: dict[str, Explanation] = {}
        try:
            for item in unexplained(error):
                fault = error.faults[item]
                found[item] = await self._turns.run(
                    partial(search.explain, stored.sealed, texts[item], fault)
                )
        finally:
            self._memory.note(stored, tries)
            self._count(tries)
        return explained(error, found)

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
        keys, tries = self._keyring(), Tries()
        hints = first_tries(sealed, keys)
        made: dict[str, R] = {}
        before: Fingerprint | None = None

        def work(item: str, text: str) -> tuple[Fingerprint, R]:
            first = hints.get(item, before)
            opened = open_value(text, keys, sealed.identity, first=first, unwrap=tries.unwrap)
            return opened.key, use(opened)

        try:
            for item, text in sorted(sealed_texts(sealed).items()):
                before, made[item] = await self._turns.run(partial(work, item, text))
        finally:
            self._count(tries)
        return made

    def forget(self, key: Key) -> None:
        """Forget which keys opened an object that is gone."""
        self._memory.forget(key)

    def _count(self, tries: Tries) -> None:
        self._observer.keys_used(*tries.take_counts())

    def _until_shut(self) -> Spread:
        """Return what applies a function to items until no key opens one of them."""
        shut: list[Any] = []

        def spread(attempt: Callable[[T], R], items: Iterable[T], /) -> Iterable[R]:
            def attempt_unless_shut(item: T) -> R:
                if shut:
                    result: R = shut[0]
                    return result
                result = attempt(item)
                if isinstance(result, SealerError) and is_unexplained(result):
                    shut.append(result)
                return result

            return self._turns.map(attempt_unless_shut, items)

        return spread


def _told(fault: SealerError) -> str:
    faults = fault.errors if isinstance(fault, ManyErrors) else (fault,)
    return "; ".join(each.message for each in faults)
