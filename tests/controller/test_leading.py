"""A controller works while it leads; a standby is ready, and begins where another one ended."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from sealer.errors import TerminalError
from sealer_controller.errors import NotLeadingError
from sealer_controller.leadership import SoleReplica
from sealer_controller.objects import Listed, Upserted
from sealer_controller.outcome import Outcome
from tests.controller.memory import seal, secret, stored
from tests.controller.rig import Rig, rigged, running
from tests.controller.watching import Recorder


class Baton:
    """The right to write, handed over by the test.

    Attributes:
        is_held: Whether we have it.
        ends: What `run` and `resign` did, in order.
    """

    def __init__(self, *, is_held: bool = False) -> None:
        self.is_held = is_held
        self.ends: list[str] = []
        self._taken = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    def hand(self, *, is_held: bool) -> None:
        """Give it to us, or to another replica."""
        self.is_held = is_held
        if is_held:
            self._taken.set()
        else:
            self._taken.clear()
        for each in self._listeners:
            each()

    def is_leader(self) -> bool:
        """Tell whether we have it."""
        return self.is_held

    async def wait(self) -> None:
        """Return once we have it."""
        await self._taken.wait()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call a function at each change."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Wait for the end."""
        try:
            await asyncio.Event().wait()
        finally:
            self.ends.append("run")

    async def resign(self) -> None:
        """Give it back."""
        self.ends.append("resign")


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A rig with one key."""
    with rigged() as made:
        yield made


def report(rig: Rig, *names: str) -> None:
    """Let the store list these objects."""
    rig.report(*(Upserted(stored(seal(secret(name=name)), uid=name)) for name in names))
    rig.report(Listed(len(names)))


def keys_loaded(rig: Rig) -> asyncio.Event:
    """Return what is set once there is a key."""
    loaded = asyncio.Event()
    rig.keystore.listen(lambda: loaded.set() if len(rig.keystore.keyring) else None)
    return loaded


async def test_standby_fills_its_caches_and_touches_nothing(rig: Rig) -> None:
    """It is ready, and its end does not wait for the work that it has not begun."""
    controller, loaded = rig.controller(leading=Baton()), keys_loaded(rig)
    async with running(controller):
        report(rig, "one", "two")
        await asyncio.gather(rig.store.news.join(), loaded.wait())
        assert controller.ready
        assert rig.observer.waiting_and_working == (2, 0)
    assert rig.store.calls == []


async def test_standby_that_takes_over_does_all_that_waits(rig: Rig) -> None:
    """At once."""
    baton = Baton()
    async with running(rig.controller(leading=baton)):
        report(rig, "one", "two")
        await rig.store.news.join()
        baton.hand(is_held=True)
        assert [(await rig.result()).outcome for _ in range(2)] == [Outcome.CREATED] * 2


async def test_replica_that_leads_again_looks_at_everything_once_more(rig: Rig) -> None:
    """Whoever led meanwhile may have ended in the middle of the work."""
    baton = Baton(is_held=True)
    async with running(rig.controller(leading=baton)):
        report(rig, "one", "two")
        for _ in range(2):
            await rig.result()
        baton.hand(is_held=False)
        baton.hand(is_held=True)
        assert [(await rig.result()).outcome for _ in range(2)] == [Outcome.UNCHANGED] * 2


async def test_replica_that_no_longer_leads_begins_nothing(rig: Rig) -> None:
    """What it has in hand is refused by the store; it is done when it leads again."""
    baton = Baton(is_held=True)
    baton.hand(is_held=True)

    def lose() -> None:
        baton.hand(is_held=False)

    rig.store.meanwhile("create_secret", lose)
    rig.store.fail("create_secret", NotLeadingError("another replica writes"))
    async with running(rig.controller(workers=1, leading=baton)):
        report(rig, "one", "two")
        assert (await rig.result()).outcome is Outcome.FAILED
        for _ in range(50):
            await asyncio.sleep(0)
        assert rig.store.calls.count("create_secret") == 1
        assert rig.store.events == []
        baton.hand(is_held=True)
        assert [(await rig.result()).outcome for _ in range(2)] == [Outcome.CREATED] * 2


async def test_replica_that_loses_the_right_while_idle_begins_nothing(rig: Rig) -> None:
    """Its workers wait for an object, and not for the right, when it is lost."""
    baton = Baton(is_held=True)
    async with running(rig.controller(leading=baton)):
        report(rig, "one")
        await rig.result()
        done = list(rig.store.calls)
        baton.hand(is_held=False)
        report(rig, "one", "two")
        await rig.store.news.join()
        for _ in range(50):
            await asyncio.sleep(0)
        assert rig.store.calls == done
        baton.hand(is_held=True)
        assert {(await rig.result()).stored.key.name for _ in range(2)} == {"one", "two"}


async def test_replica_that_waits_for_keys_asks_again_when_it_leads(rig: Rig) -> None:
    """Nobody else may have made the first one; a pause in progress does not count."""
    baton, asleep = Baton(), asyncio.Event()
    rig.vault.held.clear()
    rig.vault.fail("key_secrets", NotLeadingError("another replica makes it"))

    async def sleep(_seconds: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    loaded = keys_loaded(rig)
    async with running(rig.controller(leading=baton, sleep=sleep)):
        await asleep.wait()
        baton.hand(is_held=True)
        async with asyncio.timeout(30):
            await loaded.wait()


async def test_end_gives_the_right_back_when_the_work_is_done(rig: Rig) -> None:
    """Until then it has to be kept, so that what is in hand may be finished."""
    baton, begun, gate = Baton(is_held=True), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await gate.wait()
        assert baton.ends == []

    rig.store.meanwhile("create_secret", work)
    stop = asyncio.Event()
    task = asyncio.create_task(rig.controller(leading=baton).run(stop))
    report(rig, "one")
    await begun.wait()
    stop.set()
    for _ in range(10):
        await asyncio.sleep(0)
    gate.set()
    await task
    assert baton.ends == ["run", "resign"]
    assert [each.name for each in rig.store.secrets] == ["one"]


async def test_failure_gives_the_right_back_too(rig: Rig) -> None:
    """The process ends, and another replica need not wait."""
    baton = Baton(is_held=True)
    rig.vault.fail("key_secrets", TerminalError("no"))
    with pytest.raises(TerminalError):
        await rig.controller(leading=baton).run(asyncio.Event())
    assert baton.ends == ["run", "resign"]


async def test_end_of_the_race_ends_the_controller(rig: Rig) -> None:
    """Nobody would know any more whether it may write."""

    class Broken(Baton):
        async def run(self) -> None:
            raise RuntimeError("the race is over")

    with pytest.raises(RuntimeError, match="the race is over"):
        await rig.controller(leading=Broken()).run(asyncio.Event())


async def test_only_replica_always_leads() -> None:
    """It says so, and has nothing to do for it."""
    recorder = Recorder()
    alone = SoleReplica(recorder)
    alone.listen(lambda: pytest.fail("nothing ever changes"))
    running_ = asyncio.create_task(alone.run())
    await alone.wait()
    await asyncio.sleep(0)
    assert alone.is_leader()
    assert recorder.leading == [True]
    assert not running_.done()
    running_.cancel()
    await asyncio.wait([running_])
    await alone.resign()
