"""Make one Secret right: look at it, open its SealedSecret if need be, write what differs, tell.

What is new is not looked for first: where there is a Secret all the same, it cannot be created.

Whatever happens on the way, the status is dealt with once, one line is logged, and one `Result`
comes out; while other objects wait for their Secrets, what was done to this one is told later.
Whether there is anything to do is decided by `memory` and `drift`, what is to be written by `plan`,
what is to be told by `verdict` and `status`, all without effects.
"""

import time
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import assert_never

from sealer.errors import RetryableError, SealerError, TerminalError, UnsealError
from sealer.manifest import Secret
from sealer_controller import logs
from sealer_controller.cautions import cautions
from sealer_controller.drift import Stamp
from sealer_controller.errors import (
    ChangedMeanwhileError,
    InternalError,
    NotManagedError,
    NotRecreatedError,
    RejectedError,
)
from sealer_controller.explaining import unexplained
from sealer_controller.groupcommit import GroupCommit
from sealer_controller.memory import Finding, Memory
from sealer_controller.objects import Key, Status, StoredSealedSecret, StoredSecret
from sealer_controller.observer import Observer
from sealer_controller.outcome import Outcome, Reason, Result, Step
from sealer_controller.plan import Create, Mark, Nothing, Plan, Recreate, Replace, plan
from sealer_controller.ports import Store
from sealer_controller.recreate import Recreator
from sealer_controller.restart import Restarter
from sealer_controller.retrying import retry_after
from sealer_controller.status import SYNCED, is_news, next_status, recreating, was_right
from sealer_controller.unsealer import Unsealer
from sealer_controller.verdict import Verdict, judge
from sealer_keys.fingerprint import Fingerprint, short

__all__ = ["Reconciler"]

_log = logs.logger(__name__)
# How often a Secret that others change at the same moment is read again before a pause is due.
_ATTEMPTS = 5
# What is right now: to say so is not urgent.
_CAN_WAIT = (Outcome.CREATED, Outcome.REPLACED, Outcome.MARKED)


@dataclass(slots=True)
class _Work:
    """How far a reconcile has come."""

    outcome: Outcome = Outcome.FAILED
    keys: tuple[Fingerprint, ...] = ()
    is_healed: bool = False
    before: Secret | None = None
    after: Secret | None = None
    is_hurried: bool = False
    is_unseen: bool = False
    others_wait: Callable[[], bool] = lambda: False
    told: Status | None = None  # beforehand, by `_announce`


@dataclass(frozen=True, slots=True)
class _Untold:
    """What was done to an object, while it is not told yet."""

    outcome: Outcome
    keys: tuple[Fingerprint, ...]
    seconds: float


class Reconciler:
    """Reconciles one object at a time; different objects may be reconciled in parallel.

    Args:
        store: Where Secrets are read and written.
        unsealer: Opens SealedSecrets.
        digest_key: Returns the key of the digests that Secrets carry.
        update_status: Whether the status is written (the original's `--update-status`).
        recreates: Whether every Secret of ours is made anew where it cannot be changed.
        restarter: Rolls what reads a Secret; None where nothing can be rolled.
        group: Lets writes go together while objects wait.
        observer: Told how each reconcile ended.
        now: Returns the time of day, UTC.
        clock: Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        store: Store,
        unsealer: Unsealer,
        digest_key: Callable[[], bytes],
        *,
        update_status: bool = True,
        recreates: bool = False,
        restarter: Restarter | None = None,
        group: GroupCommit | None = None,
        observer: Observer | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._unsealer = unsealer
        self._digest_key = digest_key
        self._update_status = update_status
        self._recreates = recreates
        self._recreator = Recreator(store)
        self._group = group or GroupCommit()
        self._restarter = restarter
        self._observer = observer or Observer()
        self._now = now
        self._clock = clock
        self._memory = Memory()
        self._untold: dict[Key, _Untold] = {}
        # Objects whose status may or may not have been written: the answer was lost on its way.
        self._doubtful: set[Key] = set()

    async def reconcile(
        self,
        stored: StoredSealedSecret,
        *,
        patient: bool = False,
        hurried: bool = False,
        unseen: bool = False,
        others_wait: Callable[[], bool] = lambda: False,
    ) -> Result:
        """Make the Secret of a SealedSecret right, as far as possible. Raises nothing.

        Args:
            stored: The SealedSecret as it is.
            patient: Keep a fault that may pass by itself out of status and Events: people are told
                only when it lasts.
            hurried: Others wait, and to find out why an object does not open takes long. It is
                postponed then, and nothing is told: reconcile it again when there is time.
            unseen: The store has shown every Secret of ours, and none of that name. Where the
                object was never worked on either, the Secret is created without a look.
            others_wait: Tells whether other objects wait for their Secrets. Those are needed more
                than a status is: what was written is told when this one is reconciled again. And
                the writes go in groups.
        """
        earlier = self._untold.pop(stored.key, None)
        started = self._clock() - (earlier.seconds if earlier else 0.0)
        work = _Work(is_hurried=hurried, is_unseen=unseen, others_wait=others_wait)
        failure = await _caught(self._make_right(stored, work))
        undone = await _caught(self._settle(stored, work, failure))
        if earlier is not None:
            _resume(earlier, work)
        elif work.outcome in _CAN_WAIT and not (work.is_healed or undone) and others_wait():
            seconds = self._clock() - started
            self._untold[stored.key] = _Untold(work.outcome, work.keys, seconds)
            work.outcome = Outcome.POSTPONED
        verdict = judge(stored.key, failure)
        status, is_told, untold = work.told or stored.status, False, None
        is_postponed = work.outcome is Outcome.POSTPONED
        if not (is_postponed or (patient and isinstance(failure, RetryableError))):
            new = next_status(status, stored.generation, verdict, self._now())
            if new is None and stored.key in self._doubtful:
                new = status
            untold = await _caught(self._tell(stored, new, verdict, work.outcome))
            if untold is None:
                self._doubtful.discard(stored.key)
                status, is_told = new or status, self._update_status
            elif new is not None:
                self._doubtful.add(stored.key)
        result = Result(
            stored=stored,
            outcome=work.outcome,
            reason=verdict.reason,
            message=verdict.message,
            failed_at=verdict.failed_at or (Step.STATUS if untold else None),
            status=status,
            condition=status.condition(SYNCED) if is_told else None,
            keys=work.keys,
            retry=retry_after(failure) or retry_after(undone) or retry_after(untold),
            seconds=self._clock() - started,
            is_healed=work.is_healed,
        )
        if not is_postponed:
            self._observer.reconciled(result)
            _log_line(result, untold)
        return result

    def left(self, key: Key) -> tuple[str, str] | None:
        """Return UID and version of a Secret as we left it; None where we have not looked yet."""
        return self._memory.version(key)

    def forget(self, key: Key) -> None:
        """Forget what was remembered of an object that is gone."""
        self._memory.forget(key)
        self._untold.pop(key, None)
        self._doubtful.discard(key)
        self._recreator.forget(key)
        if self._restarter is not None:
            self._restarter.forget(key)
        self._unsealer.forget(key)

    async def _make_right(self, stored: StoredSealedSecret, work: _Work) -> None:
        stamp = Stamp(self._digest_key(), stored)
        opened: Secret | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            is_first = attempt == 1 and work.is_unseen and self._is_new(stored)
            existing = None if is_first else await self._store.read_secret(stored.key)
            finding = self._finding(stored, existing, stamp)
            if finding is Finding.LEAVE and not self._unsealer.refuses(stored):
                work.outcome = Outcome.UNCHANGED
                work.before = work.after = _held(existing)
                self._remember(stored, existing, stamp)
                return
            if finding is Finding.REFUSE:
                raise self._memory.refusal(stored.key)
            opened = opened or await self._open(stored, work)
            is_drift = finding is Finding.HEAL
            try:
                step = self._planned(stored, opened, existing, stamp, is_drift=is_drift)
                work.outcome, written = await self._write(stored, step, work)
            except ChangedMeanwhileError:
                if attempt == _ATTEMPTS:
                    raise
            except TerminalError:
                # Where there is a Secret all the same, it may be right, or only lack a little.
                if not is_first or await self._store.read_secret(stored.key) is None:
                    raise
            else:
                work.is_healed = is_drift and work.outcome is not Outcome.UNCHANGED
                work.before, work.after = _held(existing), written.secret
                self._remember(stored, written, stamp)
                return

    def _is_new(self, stored: StoredSealedSecret) -> bool:
        """Tell whether an object was never worked on; where no status is written nobody knows."""
        is_untold = self._update_status and stored.status.condition(SYNCED) is None
        return is_untold and self._memory.version(stored.key) is None

    def _finding(
        self, stored: StoredSealedSecret, existing: StoredSecret | None, stamp: Stamp
    ) -> Finding:
        if existing is not None:
            self._recreator.forget(stored.key)
        elif self._recreator.owes(stored.key):
            return Finding.MAKE
        return self._memory.finding(stored, existing, stamp)

    async def _open(self, stored: StoredSealedSecret, work: _Work) -> Secret:
        try:
            unsealed = await self._unsealer.unseal(stored, hurried=work.is_hurried)
        except UnsealError as error:
            if not unexplained(error):
                raise
            if work.is_hurried:
                work.outcome = Outcome.POSTPONED
                raise
            raise await self._unsealer.explain(stored, error) from None
        work.keys = tuple(dict.fromkeys(unsealed.keys.values()))
        return unsealed.secret

    def _planned(
        self,
        stored: StoredSealedSecret,
        desired: Secret,
        existing: StoredSecret | None,
        stamp: Stamp,
        *,
        is_drift: bool,
    ) -> Plan:
        try:
            return plan(
                stored, desired, existing, stamp, is_drift=is_drift, recreates=self._recreates
            )
        except (NotManagedError, RejectedError, NotRecreatedError) as refusal:
            if existing is not None:
                self._memory.refused(stored, existing, stamp, refusal)
            raise

    async def _write(
        self, stored: StoredSealedSecret, step: Plan, work: _Work
    ) -> tuple[Outcome, StoredSecret]:
        """Carry out a plan; return what was done, and the Secret as it is now."""
        if isinstance(step, Create | Replace | Mark) and work.others_wait():
            await self._group.join()
        match step:
            case Create(secret):
                return Outcome.CREATED, await self._recreator.create(stored, secret)
            case Replace(before, after):
                return Outcome.REPLACED, await self._store.replace_secret(before, after)
            case Mark(before, after):
                return Outcome.MARKED, await self._store.replace_secret(before, after)
            case Recreate():
                # Our own deletion is no news, whatever comes of it.
                self._memory.forget(stored.key)
                await self._announce(stored, work)
                return Outcome.RECREATED, await self._recreator.recreate(stored, step)
            case Nothing(existing):
                return Outcome.UNCHANGED, existing
            case _:
                assert_never(step)

    async def _announce(self, stored: StoredSealedSecret, work: _Work) -> None:
        """Take back that all is right, before a Secret is deleted that we may not live to create.

        Without it the next leader could take the Secret's absence for somebody's wish.
        """
        if self._update_status and work.told is None and was_right(stored):
            work.told = recreating(stored.status, self._now())
            await self._store.write_status(stored, work.told)

    async def _settle(
        self, stored: StoredSealedSecret, work: _Work, failure: SealerError | None
    ) -> None:
        """Do what follows from how it went, and is no part of it for those who are told."""
        if failure is not None:
            restored = await self._recreator.put_back(stored)
            if restored is not None:
                self._memory.seen(stored.key, restored)
        elif self._restarter is not None and work.after is not None:
            await self._restarter.roll(stored, work.before, work.after)

    def _remember(
        self, stored: StoredSealedSecret, secret: StoredSecret | None, stamp: Stamp
    ) -> None:
        if secret is not None:
            self._memory.left(stored, secret, stamp)

    async def _tell(
        self, stored: StoredSealedSecret, new: Status | None, verdict: Verdict, outcome: Outcome
    ) -> None:
        """Write the status, then the Event: a status that is written again must not repeat it."""
        if new is not None and self._update_status:
            await self._store.write_status(stored, new)
        has_written = outcome in (Outcome.CREATED, Outcome.REPLACED, Outcome.RECREATED)
        if has_written or is_news(stored.status, new, verdict):
            for event in (verdict.event, *(cautions(stored) if has_written else ())):
                await self._store.record(stored, event)


def _resume(earlier: _Untold, work: _Work) -> None:
    """Tell of what was done before, unless there was something to do again."""
    if work.outcome is Outcome.UNCHANGED:
        work.outcome, work.keys = earlier.outcome, earlier.keys


def _held(existing: StoredSecret | None) -> Secret | None:
    return None if existing is None else existing.secret


async def _caught(step: Coroutine[None, None, None]) -> SealerError | None:
    """Return what a step raises, so that the next one is taken all the same."""
    try:
        await step
    except SealerError as error:
        return error
    except Exception as error:  # noqa: BLE001 - one odd object must not stop all the others
        # Its text may hold anything, a value too; type and place are enough to find the fault.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{PurePath(frame.filename).name}, line {frame.lineno}"
        return InternalError(f"internal error: {type(error).__name__} in {place}")
    return None


def _log_line(result: Result, untold: SealerError | None) -> None:
    fields: dict[str, object] = {
        "namespace": result.stored.key.namespace,
        "name": result.stored.key.name,
        "generation": result.stored.generation,
        "outcome": result.outcome.value,
        "reason": result.reason.value,
        "seconds": round(result.seconds, 4),
        "keys": ",".join(map(short, result.keys)),
    }
    if result.is_healed:
        fields["healed"] = True
    if result.message:
        fields["message"] = result.message.partition("\n")[0]
    if untold is not None:
        fields["status_error"] = untold.message
    if result.reason is Reason.INTERNAL_ERROR or isinstance(untold, InternalError):
        _log.error("reconciled", **fields)
    elif result.failed_at:
        _log.warning("reconciled", **fields)
    else:
        _log.info("reconciled", **fields)
