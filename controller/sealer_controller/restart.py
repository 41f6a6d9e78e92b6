"""Roll the workloads that read a Secret, where its SealedSecret asks for it.

Secrets that are mounted change under a running process, and variables never do: only a new Pod has
them all. Each workload carries a stamp of what it reads, so it is rolled when that has changed and
at no other time: not by a restart of the controller, a new key, or values that were sealed again.
Only one without a stamp is rolled too where nobody knows whether it has what it reads.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from sealer.errors import RetryableError, SealerError
from sealer.manifest import Secret
from sealer_controller import logs
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.marks import RESTART_ANNOTATION
from sealer_controller.objects import Event, Key, StoredSealedSecret
from sealer_controller.ports import Store, Workloads
from sealer_controller.status import was_right
from sealer_controller.workloads import (
    Reading,
    TargetError,
    Workload,
    parse_targets,
    reading,
    stamp_name,
    wanted_stamp,
)

__all__ = ["Restarter"]

_log = logs.logger(__name__)
_ATTEMPTS = 5
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Change:
    """What became of a Secret.

    Attributes:
        before: What its readers may still have; None where nobody knows.
        after: What it holds now.
    """

    before: Secret | None
    after: Secret

    def is_to(self, read: Reading) -> bool:
        """Tell whether something of what is read may have changed."""
        return self.before is None or read.of(self.before) != read.of(self.after)


class Restarter:
    """Rolls workloads.

    Args:
        store: Takes the Events.
        workloads: What can be rolled.
        digest_key: Returns the key of the stamps.
        has_status: Whether statuses are written, so that one which is not tells something.
    """

    def __init__(
        self,
        store: Store,
        workloads: Workloads,
        digest_key: Callable[[], bytes],
        *,
        has_status: bool = True,
    ) -> None:
        self._store = store
        self._workloads = workloads
        self._digest_key = digest_key
        self._has_status = has_status
        # Whose workloads are as they should be, by the annotation, and whose could not be rolled.
        self._settled: dict[Key, str] = {}
        self._due: set[Key] = set()
        self._told: dict[Key, str] = {}

    async def roll(self, stored: StoredSealedSecret, before: Secret | None, after: Secret) -> None:
        """Roll what reads a Secret and does not have its content, if that is asked for.

        A workload whose stamp shows other content is always rolled. One without a stamp, or with
        one of another digest key, is rolled if what it reads has changed just now, or may have
        when the controller was killed: then the status was not written any more.

        Args:
            stored: The SealedSecret.
            before: What the readers may still have; None where nobody knows.
            after: The Secret as it is.

        Raises:
            RetryableError: The workloads cannot be asked or rolled now.
            TerminalError: They may not be.
        """
        text = stored.sealed.annotations.get(RESTART_ANNOTATION)
        if text is None:
            self.forget(stored.key)
            return
        is_same = before is not None and before.data == after.data
        if is_same and self._settled.get(stored.key) == text:
            return
        is_cut_short = is_same and self._has_status and not was_right(stored)
        is_unsure = is_cut_short or stored.key in self._due
        change = _Change(None if is_unsure else before, after)
        try:
            await self._roll_all(stored, text, change)
        except TargetError as error:
            await self._complain(stored, f"{error.message}: {error.hint}")
        except SealerError as error:
            # What may pass by itself is told only when it lasts.
            if stored.key in self._due or not isinstance(error, RetryableError):
                await self._complain(stored, error.message)
            self._due.add(stored.key)
            self._settled.pop(stored.key, None)
            raise
        self._due.discard(stored.key)
        self._settled[stored.key] = text

    def forget(self, key: Key) -> None:
        """Forget an object that is gone, or asks for nothing."""
        self._due.discard(key)
        self._settled.pop(key, None)
        self._told.pop(key, None)

    async def _roll_all(self, stored: StoredSealedSecret, text: str, change: _Change) -> None:
        rolled: list[str] = []
        missing: list[str] = []
        async with aclosing(self._targets(stored.key, parse_targets(text), missing)) as targets:
            async for workload, read in targets:
                if await self._roll(workload, read, change):
                    rolled.append(str(workload))
        if missing:
            await self._complain(stored, f"sealer.dev/restart: there is no {_listed(missing)}")
        else:
            self._told.pop(stored.key, None)
        if rolled:
            event = Event("Normal", "Restarted", f"Restarted {_listed(rolled)}")
            await self._store.record(stored, event)

    async def _targets(
        self, key: Key, named: tuple[tuple[str, str], ...], missing: list[str]
    ) -> AsyncGenerator[tuple[Workload, Reading], None]:
        """Yield what is to have the Secret's content; one that is named reads it some way.

        Args:
            key: The Secret.
            named: Kinds and names of what is to have it; nothing for all that read it.
            missing: What is named and does not exist is added here.
        """
        namespace, name = key
        for kind, target in named:
            workload = await self._workloads.read(kind, Key(namespace, target))
            if workload is None:
                missing.append(f"{kind}/{target}")
            else:
                yield workload, reading(workload, name) or Reading()
        if named:
            return
        async with aclosing(self._workloads.find(namespace)) as found:
            async for workload in found:
                read = reading(workload, name)
                if read is not None:
                    yield workload, read

    async def _roll(self, workload: Workload | None, read: Reading, change: _Change) -> bool:
        """Stamp a workload unless it has what it should have; return whether it was stamped."""
        name = stamp_name(change.after.name)
        wanted = wanted_stamp(self._digest_key(), change.after, read)
        for attempt in range(1, _ATTEMPTS + 1):
            if workload is None or not _is_due(workload.stamps.get(name), wanted, read, change):
                return False
            try:
                await self._workloads.stamp(workload, name, wanted)
            except ChangedMeanwhileError:
                if attempt == _ATTEMPTS:
                    raise
                workload = await self._workloads.read(workload.kind, workload.key)
            else:
                _log.info(
                    "restarted",
                    namespace=workload.key.namespace,
                    workload=str(workload),
                    secret=change.after.name,
                )
                return True
        return False

    async def _complain(self, stored: StoredSealedSecret, message: str) -> None:
        """Say once what is wrong; the Secret itself is right, so its condition is too."""
        if self._told.get(stored.key) == message:
            return
        self._told[stored.key] = message
        _log.warning(
            "not_restarted",
            namespace=stored.key.namespace,
            name=stored.key.name,
            message=message,
        )
        await self._store.record(stored, Event("Warning", "ErrRestartFailed", message))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _is_due(stamp: str | None, wanted: str, read: Reading, change: _Change) -> bool:
    if stamp == wanted:
        return False
    if stamp is not None and stamp.partition("-")[0] == wanted.partition("-")[0]:
        return True
    return change.is_to(read)
