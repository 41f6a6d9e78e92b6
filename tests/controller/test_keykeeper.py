"""Keys are renewed in time, followed live, published and reported, whatever the vault answers."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from sealer.errors import ManifestError, RetryableError, TerminalError
from sealer_controller.backoff import Backoff
from sealer_controller.keykeeper import KeyKeeper, KeyPlan
from sealer_controller.keystore import KeyStore, KeyStoreOptions
from sealer_controller.objects import Event
from sealer_controller.ports import KeySecret
from sealer_controller.renewal import Renewal
from sealer_keys.generate import KeyOptions
from tests.controller.memory import MemoryVault
from tests.controller.test_keyset import BORN, EARLIER, LATER, held, suspect
from tests.controller.watching import Recorder
from tests.support import vectors

PERIOD = timedelta(hours=720)
NEVER = KeyPlan(Renewal(timedelta()))
MONTHLY = KeyPlan(Renewal(PERIOD))
SMALL = KeyOptions(bits=2048)


@dataclass
class Clock:
    """A time of day that goes on only while somebody sleeps, and then at once.

    Attributes:
        now: What it shows.
        slept: How long each sleep was to be.
        limit: From here on sleepers sleep for ever.
    """

    now: datetime
    limit: datetime
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.slept.append(seconds)
        await asyncio.sleep(0)
        if self.now + timedelta(seconds=seconds) > self.limit:
            await asyncio.Event().wait()
        self.now += timedelta(seconds=seconds)


@dataclass
class Home:
    """Keys, and who looks after them."""

    vault: MemoryVault
    clock: Clock
    observer: Recorder
    keystore: KeyStore
    keeper: KeyKeeper
    may_create: bool = True

    @property
    def made(self) -> int:
        """How many key Secrets were created."""
        return self.vault.calls.count("create_key_secret")

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something has come true."""
        for _ in range(10_000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came true")

    async def rest(self) -> None:
        """Wait until nothing happens any more: each loop sleeps, and nothing is done in threads."""
        for _ in range(200):
            await asyncio.sleep(0)

    async def news(self) -> None:
        """Let the vault report a change, and wait until it has been taken notice of."""
        self.vault.news.put_nowait(None)
        async with asyncio.timeout(30):
            await self.vault.news.join()
        await self.rest()


@pytest.fixture(autouse=True)
def _without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what goes to a thread at once, so that turns of the event loop are all there is."""

    async def at_once(work: Callable[..., object], *arguments: object) -> object:
        return work(*arguments)

    monkeypatch.setattr(asyncio, "to_thread", at_once)


def make(
    *secrets: KeySecret, plan: KeyPlan = NEVER, now: datetime = BORN, chance: float = 0.0
) -> Home:
    """Return keys that nobody looks after yet; a day passes at most, as long as nobody waits."""
    vault, observer = MemoryVault(*secrets), Recorder()
    clock = Clock(now, now + timedelta(days=1))
    keystore = KeyStore(
        vault,
        KeyStoreOptions("keys", key=SMALL, require_existing=not plan.renewal.makes_first),
        observer=observer,
        may_create=lambda: home.may_create,
        now=lambda: clock.now,
    )
    keeper = KeyKeeper(
        keystore,
        vault,
        plan,
        observer=observer,
        now=lambda: clock.now,
        backoff=Backoff(base=2.0, cap=16.0, chance=lambda: 1.0),
        sleep=clock.sleep,
        chance=lambda: chance,
    )
    home = Home(vault, clock, observer, keystore, keeper)
    return home


@asynccontextmanager
async def kept(home: Home) -> AsyncIterator[None]:
    """Load the keys and look after them until the block is left."""
    await home.keystore.load()
    keeping = asyncio.create_task(home.keeper.run())
    try:
        yield
        assert not keeping.done()
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])


async def test_key_is_renewed_when_its_period_is_over() -> None:
    """The timer honours the age of the newest key: a nearly stale one goes soon (line 14)."""
    home = make(held(LATER), plan=MONTHLY, now=BORN + PERIOD - timedelta(minutes=25))
    async with kept(home):
        await home.until(lambda: home.made)
        made_at = home.clock.now
        await home.rest()
    assert made_at == BORN + PERIOD
    assert home.clock.slept[:3] == [600.0, 600.0, 300.0]
    assert home.made == 1
    newest = home.keystore.keyring.active
    assert newest.order_time == made_at
    assert len(home.keystore.keyring) == 2
    due = BORN + PERIOD
    assert list(dict.fromkeys(home.observer.renewals)) == [due, due + PERIOD]


async def test_key_that_is_too_old_already_is_renewed_at_once() -> None:
    """Without what chance adds, which is for those whose time is yet to come."""
    home = make(held(LATER), plan=MONTHLY, now=BORN + PERIOD, chance=0.9)
    async with kept(home):
        await home.until(lambda: home.made)
        assert home.clock.now == BORN + PERIOD
        await home.rest()
    assert home.observer.renewals[-1] == BORN + 2 * PERIOD + timedelta(seconds=270)


async def test_chance_delays_a_renewal_that_lies_ahead() -> None:
    """Controllers that were started together do not make their keys together."""
    home = make(held(LATER), plan=MONTHLY, now=BORN + PERIOD - timedelta(seconds=1), chance=0.5)
    async with kept(home):
        await home.until(lambda: home.made)
        assert home.clock.now == BORN + PERIOD + timedelta(seconds=150)


async def test_key_is_not_renewed_where_that_is_off() -> None:
    """A period of 0: no key however old, and no time at which one is due (line 12)."""
    home = make(held(LATER), now=BORN + timedelta(days=9999))
    async with kept(home):
        await home.rest()
    assert home.made == 0
    assert set(home.observer.renewals) == {None}


@pytest.mark.parametrize(
    ("cutoff", "made"),
    [
        (BORN + timedelta(hours=1), 1),
        (BORN, 0),
        (BORN + timedelta(days=99), 1),
    ],
)
async def test_cutoff_asks_for_a_new_key_at_the_start(cutoff: datetime, made: int) -> None:
    """Before the period is over; one in the future asks for one key and no more (line 15)."""
    plan = replace(MONTHLY, cutoff=cutoff)
    home = make(held(LATER), plan=plan, now=BORN + timedelta(days=1))
    async with kept(home):
        await home.until(lambda: home.made >= made)
        await home.rest()
        await home.news()
    assert home.made == made


async def test_cutoff_is_content_with_a_key_that_others_make() -> None:
    """Controllers that start together make one, also where the cutoff lies in the future."""
    home = make(held(EARLIER), plan=replace(NEVER, cutoff=BORN + timedelta(days=99)), now=BORN)
    async with kept(home):
        home.vault.meanwhile(
            "key_secrets", lambda: None, lambda: home.vault.held.append(held(LATER))
        )
        await home.until(lambda: len(home.keystore.keyring) == 2)
        await home.rest()
    assert home.made == 0


async def test_cutoff_means_the_keys_of_the_start() -> None:
    """A key that comes back later is not the reason for another one."""
    plan = replace(NEVER, cutoff=BORN + timedelta(days=1))
    home = make(held(LATER), plan=plan, now=BORN + timedelta(days=2))
    async with kept(home):
        await home.until(lambda: home.made)
        await home.rest()
        del home.vault.held[1:]
        await home.news()
    assert home.made == 1


async def test_key_is_made_when_somebody_asks() -> None:
    """Also where renewal is off; each time once (line 16)."""
    home = make(held(LATER), now=BORN + timedelta(days=1))
    async with kept(home):
        await home.rest()
        assert home.made == 0
        for count in (1, 2):
            home.clock.now += timedelta(seconds=5)
            home.keeper.make_key()
            await home.rest()
            assert home.made == count
    assert len(home.keystore.keyring) == 3
    assert home.keystore.keyring.active.order_time == home.clock.now - timedelta(seconds=1)


async def test_key_that_others_make_at_the_same_moment_is_enough() -> None:
    """Whoever asks all replicas for a key gets one."""
    home = make(held(EARLIER), now=BORN)
    async with kept(home):
        await home.rest()
        home.keeper.make_key()
        home.vault.meanwhile(
            "key_secrets", lambda: None, lambda: home.vault.held.append(held(LATER))
        )
        await home.until(lambda: len(home.keystore.keyring) == 2)
        await home.rest()
    assert home.made == 0


async def test_failed_renewal_is_told_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """Pauses grow; a metric counts each failure, and one Event tells of the first."""
    home = make(held(LATER), plan=MONTHLY, now=BORN + PERIOD)
    home.vault.fail("create_key_secret", RetryableError("busy", after=60.0), TerminalError("no"))
    with caplog.at_level(logging.ERROR):
        async with kept(home):
            await home.until(lambda: len(home.keystore.keyring) == 2)
    assert home.clock.slept[:2] == [62.0, 4.0]
    assert home.made == 3
    assert home.observer.failed_renewals == 2
    assert home.vault.events == [(LATER, Event("Warning", "KeyRenewalFailed", "no new key: busy"))]
    assert [record.getMessage() for record in caplog.records] == ["key_not_made"] * 2


async def test_failure_to_come_is_told_again_after_a_success() -> None:
    """A row of failures ends with a key."""
    home = make(held(LATER), now=BORN + timedelta(days=1))
    async with kept(home):
        for count in (1, 2):
            home.vault.fail("create_key_secret", RetryableError("busy"))
            home.keeper.make_key()
            await home.rest()
            assert len(home.keystore.keyring) == 1 + count
            home.clock.now += timedelta(seconds=5)
    assert len(home.vault.events) == 2


async def test_new_key_is_used_and_removed_one_is_not() -> None:
    """What happens to the key Secrets takes effect at once."""
    home = make(held(EARLIER))
    async with kept(home):
        home.vault.held.append(held(LATER))
        await home.news()
        assert home.keystore.keyring.active.origin == f"keys/{LATER}"
        del home.vault.held[1]
        await home.news()
        assert [key.origin for key in home.keystore.keyring] == [f"keys/{EARLIER}"]


async def test_news_are_not_followed_where_that_is_off() -> None:
    """`--watch-for-secrets=false` is the original's default."""
    home = make(held(EARLIER), plan=replace(NEVER, watches=False))
    async with kept(home):
        home.vault.held.append(held(LATER))
        home.vault.news.put_nowait(None)
        await home.rest()
    assert len(home.keystore.keyring) == 1


async def test_newest_key_that_becomes_compromised_is_replaced_at_once() -> None:
    """It opens still; an older key seals until the new one is there."""
    home = make(held(EARLIER), held(LATER), now=BORN + timedelta(days=1))
    async with kept(home):
        home.vault.held[1] = suspect(LATER)
        served: list[str] = []
        home.vault.meanwhile(
            "create_key_secret", lambda: served.append(home.keystore.keyring.active.origin)
        )
        await home.news()
        await home.until(lambda: len(home.keystore.keyring) == 3)
        await home.rest()
    assert served == [f"keys/{EARLIER}"]
    assert home.made == 1
    assert home.keystore.keyring.active.order_time == home.clock.now - timedelta(seconds=1)
    assert home.keystore.keyring.get(vectors.key_pair(LATER).fingerprint) is not None


@pytest.mark.parametrize("makes_first", [True, False])
async def test_last_key_that_is_removed_is_replaced_where_that_is_allowed(
    *, makes_first: bool
) -> None:
    """`--require-existing-key` waits for the key to come back."""
    plan = KeyPlan(Renewal(timedelta(), makes_first=makes_first))
    home = make(held(LATER), plan=plan)
    async with kept(home):
        home.vault.held.clear()
        await home.news()
        await home.until(lambda: len(home.keystore.keyring) == makes_first)
        await home.rest()
        assert home.made == makes_first
        home.vault.held.append(held(LATER))
        await home.news()
        assert home.keystore.keyring.get(vectors.key_pair(LATER).fingerprint) is not None


async def test_vault_that_cannot_be_read_leaves_the_keys_as_they_are(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is asked again, after pauses, until it answers."""
    home = make(held(EARLIER))
    with caplog.at_level(logging.WARNING):
        async with kept(home):
            home.vault.held.append(held(LATER))
            home.vault.fail("key_secrets", RetryableError("busy"), TerminalError("no right"))
            await home.news()
            assert len(home.keystore.keyring) == 2
    assert [record.getMessage() for record in caplog.records] == ["keys_not_read"] * 2
    assert home.clock.slept[:2] == [2.0, 4.0]


async def test_newest_certificate_is_published_when_it_is_another_one() -> None:
    """At the start and after each change of the newest, not of others."""
    home = make(held(EARLIER))
    async with kept(home):
        await home.until(lambda: home.vault.published)
        home.vault.held.append(held(LATER))
        await home.news()
        home.vault.held.pop(0)
        await home.news()
    certificates = [vectors.key_pair(name).certificate for name in (EARLIER, LATER)]
    assert home.vault.published == [each.pem for each in certificates if each]


async def test_certificate_of_a_compromised_key_is_taken_back() -> None:
    """Nobody is to seal with it, be it that there is no other one yet."""
    home = make(held(LATER), now=BORN + timedelta(days=1))
    certificate = vectors.key_pair(LATER).certificate
    assert certificate is not None
    async with kept(home):
        await home.until(lambda: home.vault.published)
        home.vault.fail("create_key_secret", *[RetryableError("busy")] * 3)
        home.vault.held[0] = suspect(LATER)
        await home.news()
        await home.until(lambda: len(home.vault.published) == 3)
    assert home.vault.published[:2] == [certificate.pem, b""]
    assert home.vault.published[2].startswith(b"-----BEGIN CERTIFICATE-----")


async def test_certificate_that_may_not_be_published_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It goes on without, and is published when the right was granted."""
    home = make(held(LATER))
    home.vault.fail("publish", *[TerminalError("no right")] * 5)
    with caplog.at_level(logging.WARNING):
        async with kept(home):
            await home.until(lambda: home.vault.published)
    (line,) = caplog.records
    assert line.getMessage() == "certificate_not_published"
    assert home.clock.slept[:5] == [2.0, 4.0, 8.0, 16.0, 16.0]


async def test_unusable_key_secret_is_reported_once() -> None:
    """An Event about it; again only when there is something else to say."""
    broken = replace(held(EARLIER, "broken"), fault=ManifestError("cannot be read"))
    home = make(held(LATER), broken)
    async with kept(home):
        await home.until(lambda: home.vault.events)
        home.vault.held.append(held(EARLIER))
        await home.news()
        assert home.vault.events == [("broken", Event("Warning", "KeyUnusable", "cannot be read"))]
        home.vault.held[1] = replace(broken, fault=ManifestError("is empty"))
        await home.news()
    assert [event.message for _, event in home.vault.events] == ["cannot be read", "is empty"]


async def test_keys_that_everybody_may_read_are_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An Event about the key that seals, and a line in the log; when the vault can be asked."""
    home = make(held(LATER, "newest"))
    home.vault.may_read = ("system:authenticated", "system:serviceaccounts")
    home.vault.fail("readers", RetryableError("away"))
    async with kept(home):
        await home.until(lambda: home.vault.events)
        await home.news()
    ((name, event),) = home.vault.events
    assert (name, event.type, event.reason) == ("newest", "Warning", "KeysReadable")
    assert "system:authenticated, system:serviceaccounts" in event.message
    assert [line.getMessage() for line in caplog.records].count("keys_readable") == 1
    assert home.vault.calls.count("readers") == 2


async def test_readers_are_asked_for_by_the_replica_that_writes_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One that stands by asks when it begins to lead; nothing is told where all is well."""
    caplog.set_level(logging.INFO)
    home = make(held(LATER))
    home.may_create = False
    async with kept(home):
        await home.rest()
        assert "readers" not in home.vault.calls
        home.may_create = True
        home.keeper.wake()
        await home.until(lambda: "readers" in home.vault.calls)
        await home.rest()
    assert home.vault.events == []
    assert "no_key_readers" in [line.getMessage() for line in caplog.records]


async def test_readers_that_nobody_tells_are_noted_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without the right to ask, as under the original's roles, the controller goes on."""
    caplog.set_level(logging.INFO)
    home = make(held(LATER))
    home.vault.fail("readers", TerminalError("may not ask"))
    async with kept(home):
        await home.until(lambda: "key_readers_not_known" in caplog.text)
        await home.rest()
    assert home.vault.calls.count("readers") == 1
    assert home.vault.events == []


async def test_replica_that_may_not_write_makes_and_publishes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It follows the keys; as soon as it may write it does what is due."""
    home = make(held(LATER), plan=MONTHLY, now=BORN + PERIOD)
    home.may_create = False
    async with kept(home):
        with caplog.at_level(logging.WARNING):
            home.keeper.make_key()
        await home.news()
        assert (home.made, home.vault.published) == (0, [])
        home.may_create = True
        home.keeper.wake()
        await home.until(lambda: home.made == 1 and home.vault.published)
        await home.rest()
    assert home.made == 1
    assert [record.getMessage() for record in caplog.records] == ["key_not_made"]


async def test_replica_that_stands_by_sleeps_though_a_key_is_due() -> None:
    """Another one makes the key, or cannot; to look again and again would take a whole core."""
    home = make(held(LATER), plan=MONTHLY, now=BORN + PERIOD + timedelta(minutes=1))
    home.may_create = False
    async with kept(home):
        await home.rest()
    assert set(home.clock.slept) == {600.0}
    assert home.observer.renewals[-1] == BORN + PERIOD


async def test_replica_that_may_not_write_reports_no_unusable_key() -> None:
    """The one that may does; were it to end, this one would take over."""
    broken = replace(held(EARLIER, "broken"), fault=ManifestError("cannot be read"))
    home = make(held(LATER), broken)
    home.may_create = False
    async with kept(home):
        await home.news()
        assert home.vault.events == []
        home.may_create = True
        home.keeper.wake()
        await home.until(lambda: home.vault.events)


async def test_end_of_the_news_is_a_fault() -> None:
    """Nobody would hear of new keys any more."""
    home = make(held(LATER))

    async def one() -> AsyncGenerator[None, None]:
        yield

    home.vault.changes = one  # type: ignore[method-assign] # what must never happen
    await home.keystore.load()
    with pytest.raises(ExceptionGroup) as raised:
        await home.keeper.run()
    assert isinstance(raised.value.exceptions[0], RuntimeError)


async def test_digest_key_that_is_deleted_is_put_back_at_once() -> None:
    """The same one, so that nothing is made anew, now or after a restart."""
    home = make(held(LATER))
    async with kept(home):
        was = home.vault.digest
        home.vault.digest = None
        await home.news()
        assert home.vault.digest == was is not None


async def test_digest_key_is_put_back_by_whoever_may_write() -> None:
    """Another replica, or this one as soon as it leads."""
    home = make(held(LATER))
    async with kept(home):
        home.vault.digest, home.may_create = None, False
        await home.news()
        assert home.vault.digest is None
        home.may_create = True
        home.keeper.wake()
        await home.until(lambda: home.vault.digest)


async def test_digest_key_that_cannot_be_put_back_is_told_once_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With growing pauses, for as long as it takes; nothing else stops meanwhile."""
    home = make(held(LATER))
    async with kept(home):
        home.vault.digest = None
        home.vault.fail("create_digest_key", *[RetryableError("away")] * 3, TerminalError("no"))
        await home.news()
        await home.until(lambda: home.vault.digest)
    assert home.clock.slept[:4] == [2.0, 4.0, 8.0, 16.0]
    told = [each for each in caplog.records if each.getMessage() == "digest_key_not_kept"]
    assert len(told) == 2
