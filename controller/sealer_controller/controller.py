"""The controller itself: what the store reports goes through the queue to the reconciler.

    store.changes() ──► cache ──► queue ──► workers ──► reconciler
    store.secret_changes() ──► guard ──┘

It knows neither Kubernetes nor folders. A failure of one of its loops ends it with an error; a
failure of one object does not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import assert_never

from sealer.errors import RetryableError, SealerError
from sealer_controller import logs
from sealer_controller.backoff import Backoff
from sealer_controller.bell import Bell
from sealer_controller.collector import Collector
from sealer_controller.errors import NotLeadingError
from sealer_controller.guard import Guard
from sealer_controller.keykeeper import KeyKeeper
from sealer_controller.keystore import KeyStore
from sealer_controller.leadership import SoleReplica
from sealer_controller.objects import (
    Key,
    Listed,
    Removed,
    StoreChange,
    StoredSealedSecret,
    Upserted,
)
from sealer_controller.observer import Observer
from sealer_controller.outcome import Outcome, Result, Step
from sealer_controller.ports import Leadership, Store
from sealer_controller.queue import WorkQueue
from sealer_controller.reconcile import Reconciler
from sealer_controller.roster import Roster
from sealer_keys.keyring import Keyring

__all__ = ["Controller"]

_log = logs.logger(__name__)


class Controller:
    """Keeps the Secrets of a store right.

        controller = Controller(store, keystore, Reconciler(store, unsealer, digest_key))
        await controller.run(stop)

    Args:
        store: Where SealedSecrets come from.
        keystore: The sealing keys; loaded here, before the first object is touched.
        reconciler: Does the work on one object.
        workers: How many objects are worked on at the same time.
        drain_seconds: How long work in hand may take when the end has come.
        queue: Decides which object is next.
        observer: Told when objects go.
        backoff: How long to wait before asking again for keys that cannot be loaded.
        keeper: Looks after the keys once they are loaded; None where nobody needs to.
        leading: Whether we may write; objects wait until then.
        guards: Whether Secrets that others change or delete are put right (the original's
            `--skip-recreate` turns it off).
        collector: Deletes the Secrets of SealedSecrets that are gone; None where the cluster does.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        store: Store,
        keystore: KeyStore,
        reconciler: Reconciler,
        *,
        workers: int = 16,
        drain_seconds: float = 20.0,
        queue: WorkQueue | None = None,
        observer: Observer | None = None,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        keeper: KeyKeeper | None = None,
        leading: Leadership | None = None,
        guards: bool = True,
        collector: Collector | None = None,
    ) -> None:
        self._store = store
        self._keystore = keystore
        self._reconciler = reconciler
        self._workers = workers
        self._drain_seconds = drain_seconds
        self._observer = observer or Observer()
        self._queue = queue or WorkQueue(changed=self._observer.queue_changed)
        self._backoff = backoff or Backoff()
        self._keeper = keeper
        self._leading = leading or SoleReplica()
        self._ending = asyncio.Event()
        self._guards = guards
        self._collector = collector
        self._guard = Guard(store, reconciler.left, self._queue.add, observer=self._observer)
        self._known = keystore.keyring
        # What did not open; a key that comes later may be the one that was missing.
        self._shut: set[Key] = set()
        keystore.listen(self._keys_changed)
        self._loading = Bell(sleep)
        self._leading.listen(self._leader_changed)
        self._roster = Roster(store)
        self._is_listed = False

    @property
    def ready(self) -> bool:
        """Whether all objects have been seen once and there is a key."""
        return self._is_listed and len(self._keystore.keyring) > 0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish what is in hand.

        Raises:
            NoSealingKeyError: There is no key, and none may be made.
            TerminalError: The keys cannot be read.
            Exception: A loop failed; the process should end, and be started again.
        """
        try:
            async with asyncio.TaskGroup() as group:
                following = group.create_task(self._follow())
                guarding = group.create_task(self._guard.run()) if self._guards else None
                leading = group.create_task(self._leading.run())
                loading = group.create_task(self._load_keys())
                keeping = group.create_task(self._keep_keys(loading))
                working = [group.create_task(self._work(loading)) for _ in range(self._workers)]
                await stop.wait()
                following.cancel()
                if guarding:
                    guarding.cancel()
                loading.cancel()
                keeping.cancel()
                self._queue.close()
                self._ending.set()
                await self._drain(working)
                leading.cancel()
        except BaseExceptionGroup as failures:
            raise _first(failures) from failures
        finally:
            await self._leading.resign()

    async def run_once(self) -> tuple[Result, ...]:
        """Reconcile every object once; return what failed.

        Raises:
            NoSealingKeyError: There is no key, and none may be made.
            RetryableError, TerminalError: The keys cannot be read.
        """
        await self._keystore.load()
        async with aclosing(self._store.changes()) as changes:
            async for change in changes:
                self._take(change)
                if self._is_listed:
                    break
        limit = asyncio.Semaphore(self._workers)

        async def reconcile(stored: StoredSealedSecret) -> Result:
            async with limit:
                return await self._reconciler.reconcile(stored)

        objects = [await self._roster.whole(key) for key in sorted(self._roster)]
        results = await asyncio.gather(*map(reconcile, filter(None, objects)))
        return tuple(result for result in results if result.failed_at)

    async def _load_keys(self) -> None:
        failures = 0
        while True:
            try:
                return await self._keystore.load()
            except RetryableError as error:
                pause = self._backoff.pause(failures, error.after)
                tell = _log.info if isinstance(error, NotLeadingError) else _log.warning
                tell("keys_not_loaded", message=error.message, pause=round(pause, 3))
            failures += 1
            await self._loading.wait(pause)

    async def _keep_keys(self, loading: asyncio.Task[None]) -> None:
        await asyncio.wait([loading])
        if self._keeper is not None and not loading.cancelled() and not loading.exception():
            await self._keeper.run()

    def _leader_changed(self) -> None:
        """Look at every object once more: whoever led may have ended in the middle of the work."""
        self._loading.ring()
        if self._collector is not None:
            self._collector.clear()
        if self._leading.is_leader():
            for key in self._roster:
                self._queue.add(key, fresh=False)

    def _keys_changed(self) -> None:
        """Try again what did not open, when there is a key that was not there before."""
        before, self._known = self._known, self._keystore.keyring
        if any(before.get(key.fingerprint) is None for key in self._known):
            for key in sorted(self._shut):
                self._queue.add(key, fresh=False)

    async def _follow(self) -> None:
        async with aclosing(self._store.changes()) as changes:
            async for change in changes:
                self._take(change)
        raise RuntimeError("the store has stopped to report changes")

    def _take(self, change: StoreChange) -> None:
        match change:
            case Upserted(stored):
                if self._collector is not None:
                    self._collector.drop(stored.key)
                if self._roster.take(stored):
                    self._queue.add(stored.key, fresh=self._is_listed)
            case Removed(key, uid):
                if self._roster.drop(key, uid):
                    self._remove(key, uid)
            case Listed(count):
                if not self._is_listed:
                    _log.info("listed", objects=count)
                self._is_listed = True
            case _:
                assert_never(change)

    def _remove(self, key: Key, uid: str) -> None:
        self._queue.discard(key)
        self._forget(key)
        if self._collector is not None and self._leading.is_leader():
            self._collector.add(key, uid)
            self._queue.add(key)

    def _forget(self, key: Key) -> None:
        self._shut.discard(key)
        self._reconciler.forget(key)
        self._guard.forget(key)
        self._observer.removed(key)

    async def _work(self, loading: asyncio.Task[None]) -> None:
        """Reconcile what the queue hands out, once the keys are there, until it is closed."""
        await asyncio.wait([loading])
        if loading.cancelled():
            return
        while await self._leads() and (key := await self._queue.get()) is not None:
            try:
                if not self._leading.is_leader():
                    self._queue.add(key)
                elif self._collector is not None and key in self._collector:
                    await self._collect(self._collector, key)
                elif (stored := await self._whole(key)) and not stored.is_going:
                    # Of one that is going, garbage collection takes the Secret or sets it free; to
                    # put that right would be to lose what is to stay.
                    await self._reconcile(stored)
            finally:
                self._queue.done(key)

    async def _collect(self, collector: Collector, key: Key) -> None:
        retry = await collector.collect(key)
        if retry is not None:
            self._queue.retry(key, retry.after)
        elif key not in self._roster:
            self._queue.settled(key)

    async def _whole(self, key: Key) -> StoredSealedSecret | None:
        """Return an object; None when it is gone, or cannot be had now and is tried again."""
        try:
            return await self._roster.whole(key)
        except SealerError as error:
            after = error.after if isinstance(error, RetryableError) else None
            pause = self._queue.retry(key, after)
            _log.warning(
                "object_not_read",
                namespace=key.namespace,
                name=key.name,
                message=error.message,
                pause=round(pause, 3),
            )
            return None

    async def _leads(self) -> bool:
        """Return true once we may write, false when the end has come before."""
        if self._leading.is_leader():
            return True
        leading = asyncio.ensure_future(self._leading.wait())
        ending = asyncio.ensure_future(self._ending.wait())
        try:
            await asyncio.wait((leading, ending), return_when=asyncio.FIRST_COMPLETED)
            return leading.done()
        finally:
            leading.cancel()
            ending.cancel()

    async def _reconcile(self, stored: StoredSealedSecret) -> None:
        key, keyring = stored.key, self._keystore.keyring
        is_first_try = not self._queue.failures(key)
        unseen = is_first_try and self._guard.shows_none(key)
        self._guard.begin(key)
        result = await self._reconciler.reconcile(
            stored,
            patient=is_first_try,
            hurried=not self._queue.may_linger(key),
            unseen=unseen,
            others_wait=self._queue.others_wait,
        )
        self._guard.end(key, is_healed=result.is_healed)
        self._note_shut(result, keyring)
        if key not in self._roster:  # it went away meanwhile
            self._forget(key)
            return
        # The store reports our own write later; until then this is the better knowledge.
        self._roster.replace(stored, replace(stored, status=result.status))
        if result.retry:
            self._queue.retry(key, result.retry.after, cap=result.retry.cap)
        elif result.outcome is Outcome.POSTPONED:
            self._queue.postpone(key, brief=result.failed_at is None)
        else:
            self._queue.settled(key)
            self._roster.settle(stored)

    def _note_shut(self, result: Result, keyring: Keyring) -> None:
        """Note whether a key can have been missing; one that came meanwhile was not tried."""
        key = result.stored.key
        if result.failed_at is not Step.UNSEAL:
            self._shut.discard(key)
            return
        self._shut.add(key)
        if keyring is not self._keystore.keyring:
            self._queue.add(key, fresh=False)

    async def _drain(self, working: list[asyncio.Task[None]]) -> None:
        _, late = await asyncio.wait(working, timeout=self._drain_seconds)
        if late:
            _log.warning("work_abandoned", objects=len(late), seconds=self._drain_seconds)
        for task in late:
            task.cancel()


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return one of the errors that ended a group of tasks: the others followed from it."""
    failure = failures.exceptions[0]
    return _first(failure) if isinstance(failure, BaseExceptionGroup) else failure
