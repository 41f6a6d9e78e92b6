"""Look after the keys while the controller runs.

    vault ──news──► KeyStore ──► renewal: make a new key in time
                             ──► publication: show the newest certificate to everybody
                             ──► report: tell people about key Secrets that cannot be used
                             ──► audit: tell people, once, who may read the keys and should not
          ──news──► keeping: put the digest key back where it was deleted

Each is a loop of its own that sleeps until there is something to do. No failure of the vault ends
one of them: it is told, and tried again after a pause.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sealer.errors import RetryableError, SealerError
from sealer.keysecret import DIGEST_KEY
from sealer_controller import logs
from sealer_controller.backoff import Backoff
from sealer_controller.bell import Bell
from sealer_controller.errors import NotLeadingError
from sealer_controller.keyset import KeySet
from sealer_controller.keystore import KeyStore
from sealer_controller.objects import Event
from sealer_controller.observer import Observer
from sealer_controller.ports import KeyVault
from sealer_controller.renewal import Cause, Renewal, is_older
from sealer_keys.errors import EmptyKeyringError

__all__ = ["KeyKeeper", "KeyPlan"]

_log = logs.logger(__name__)
# A clock can be set and a machine suspended: so often the time of day is looked at, at least.
_LONGEST_SLEEP = 600.0
# Whatever a clock does, keys are not made faster than this.
_BREATH = 1.0


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """What is to be done about the keys.

    Attributes:
        renewal: When new keys are made.
        cutoff: At the start a new key is made if the newest one is older than this.
        watches: Whether changes of the key Secrets are followed.
    """

    renewal: Renewal = field(default_factory=Renewal)
    cutoff: datetime | None = None
    watches: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """A key of this moment or a younger one is wanted."""

    moment: datetime
    cause: Cause


class KeyKeeper:
    """Looks after the keys, for ever.

    Args:
        keystore: The keys; loaded before `run`.
        vault: Where they are kept.
        plan: What is to be done.
        observer: Told when the next key is due, and that one could not be made.
        now: Returns the time of day, UTC.
        backoff: How long to wait after a failure.
        sleep: Waits so many seconds.
        chance: Returns a random number from 0 up to 1.
    """

    def __init__(
        self,
        keystore: KeyStore,
        vault: KeyVault,
        plan: KeyPlan,
        *,
        observer: Observer | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._keystore = keystore
        self._vault = vault
        self._plan = plan
        self._observer = observer or Observer()
        self._now = now
        self._backoff = backoff or Backoff(base=1.0, cap=300.0)
        self._sleep = sleep
        self._chance = chance
        self._wish: _Wish | None = None
        self._jitter = 0.0
        bells = self._bells = [Bell(sleep) for _ in range(5)]
        self._renewing, self._publishing, self._reporting, self._keeping, self._auditing = bells
        keystore.listen(self.wake)

    def wake(self) -> None:
        """Look again whether there is something to do, such as when we may write from now on."""
        for bell in self._bells:
            bell.ring()

    def make_key(self) -> None:
        """Have a new key made now, whatever the age of the newest one."""
        if not self._keystore.may_create():
            _log.warning("key_not_made", message="another replica makes the keys: ask that one")
            return
        self._wish = _Wish(self._now(), Cause.ASKED)
        self._renewing.ring()

    async def run(self) -> None:
        """Look after the keys until cancelled."""
        now = self._now()
        if self._plan.cutoff is not None and self._wish is None:
            # A key that is made after our start is not too old, whatever the cutoff says.
            self._wish = _Wish(min(self._plan.cutoff, now), Cause.CUTOFF)
        if self._plan.renewal.cause(self._keystore.keys, now) is None:
            self._jitter = self._chance()
        async with asyncio.TaskGroup() as group:
            if self._plan.watches:
                group.create_task(self._follow())
                group.create_task(self._keep())
            for loop in (self._renew(), self._publish(), self._report(), self._audit()):
                group.create_task(loop)

    async def _follow(self) -> None:
        """Read the keys again each time that something happens to them."""
        async with aclosing(self._vault.changes()) as changes:
            async for _ in changes:
                self._keeping.ring()
                await self._refresh()
        raise RuntimeError("the key vault has stopped to report changes")

    async def _refresh(self) -> None:
        failures = 0
        while True:
            try:
                return await self._keystore.refresh()
            except SealerError as error:
                pause = self._pause(failures, error)
                _log.warning("keys_not_read", message=error.message, pause=round(pause, 3))
            failures += 1
            await self._sleep(pause)

    async def _renew(self) -> None:
        """Make a new key each time that one is due."""
        failures = 0
        while True:
            keys = self._keystore.keys
            self._observer.next_renewal(self._due(keys))
            if not self._keystore.may_create() or self._cause(keys) is None:
                failures = 0
                await self._renewing.wait(self._seconds_left(keys))
                continue
            wish = self._wish
            try:
                made = await self._keystore.create(self._cause)
            except NotLeadingError:
                continue  # another replica makes it
            except SealerError as error:
                await self._tell_failure(error, failures)
                await self._renewing.wait(self._pause(failures, error))
                failures += 1
            else:
                failures = 0
                if self._wish is wish:
                    self._wish = None
                if made is not None:
                    self._jitter = self._chance()
                    await self._sleep(_BREATH)

    async def _keep(self) -> None:
        """Put the digest key back each time that it is gone."""
        failures, told, pause = 0, "", None
        while True:
            await self._keeping.wait(pause)
            try:
                await self._keystore.keep_digest_key()
            except SealerError as error:
                if error.message != told:
                    told = error.message
                    _log.warning("digest_key_not_kept", name=DIGEST_KEY, message=told)
                pause = self._pause(failures, error)
                failures += 1
            else:
                failures, told, pause = 0, "", None

    async def _publish(self) -> None:
        """Publish the newest certificate, or that there is none, each time that it changes."""
        published, failures, told = None, 0, ""
        while True:
            newest = b""
            with suppress(EmptyKeyringError):
                newest = self._keystore.keyring.certificate.pem
            if newest == published or not self._keystore.may_create():
                await self._publishing.wait()
                continue
            try:
                await self._vault.publish(newest)
            except SealerError as error:
                if error.message != told:
                    told = error.message
                    _log.warning("certificate_not_published", message=told)
                await self._publishing.wait(self._pause(failures, error))
                failures += 1
            else:
                published, failures, told = newest, 0, ""

    async def _report(self) -> None:
        """Record an Event about each key Secret that cannot be used, once."""
        told: Mapping[str, str] = {}
        while True:
            faults = {name: error.message for name, error in self._keystore.keys.faults.items()}
            if self._keystore.may_create():
                for name, message in faults.items():
                    if told.get(name) != message:
                        await self._vault.record(name, Event("Warning", "KeyUnusable", message))
                told = faults
            await self._reporting.wait()

    async def _audit(self) -> None:
        """Tell who may read the keys and should not, when we begin to write (threats.md T13)."""
        failures = 0
        while True:
            if not self._keystore.may_create():
                await self._auditing.wait()
                continue
            try:
                return await self._tell_readers(await self._vault.readers())
            except RetryableError as error:
                await self._auditing.wait(self._pause(failures, error))
                failures += 1
            except SealerError as error:
                _log.info("key_readers_not_known", message=error.message)
                return None

    async def _tell_readers(self, readers: Sequence[str]) -> None:
        if not readers:
            _log.info("no_key_readers", message="no group of many may read the sealing keys")
            return
        names = ", ".join(readers)
        message = f"the sealing keys can be read by {names}: take the right away"
        event = Event("Warning", "KeysReadable", message)
        await self._vault.record(self._keystore.newest_name, event)
        _log.warning("keys_readable", readers=names, hint="take the right to read Secrets away")

    async def _tell_failure(self, error: SealerError, failures: int) -> None:
        self._observer.key_renewal_failed()
        _log.error("key_not_made", message=error.message, hint=error.hint)
        if not failures:
            event = Event("Warning", "KeyRenewalFailed", f"no new key: {error.message}")
            await self._vault.record(self._keystore.newest_name, event)

    def _cause(self, keys: KeySet) -> Cause | None:
        """Return why a new key is due now, or None."""
        now, wish = self._now(), self._wish
        if wish is not None and is_older(keys, wish.moment, now):
            return wish.cause
        return self._plan.renewal.cause(keys, now, self._jitter)

    def _due(self, keys: KeySet) -> datetime | None:
        return self._plan.renewal.due(keys, self._now(), self._jitter)

    def _seconds_left(self, keys: KeySet) -> float | None:
        due = self._due(keys)
        if due is None:
            return None
        if not self._keystore.may_create():
            return _LONGEST_SLEEP  # another replica makes it; who begins to lead is woken
        return min(max(0.0, (due - self._now()).total_seconds()), _LONGEST_SLEEP)

    def _pause(self, failures: int, error: SealerError) -> float:
        after = error.after if isinstance(error, RetryableError) else None
        return self._backoff.pause(failures, after)
