"""Replicas that compete: one leads, another takes over in time, and never do two."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealer.errors import RetryableError, SealerError, TerminalError
from sealer_controller.election import LONGEST, SHORTEST, Lease, Terms
from sealer_controller.elector import Elector, boot_clock
from sealer_controller.errors import ChangedMeanwhileError, LeaseForbiddenError
from tests.controller.election.world import TERMS, Replica, World

# What controller.md 4 allows.
TAKE_OVER = 15.0
# Replicas may be set to different durations.
DIFFERENT = (Terms(SHORTEST.total_seconds()), TERMS, Terms(LONGEST.total_seconds()))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world whose replicas end with the test."""
    made = World()
    yield made
    await made.close()


async def led(world: World) -> tuple[Replica, Replica]:
    """Start two replicas; return who leads, and who stands by."""
    first = world.replica()
    await world.pass_time(1)
    second = world.replica(offset=1e6)
    await world.pass_time(5)
    assert world.leaders() == [first]
    return first, second


async def until_leading(world: World, replica: Replica, seconds: float = TAKE_OVER) -> None:
    """Let time pass until a replica leads."""
    end = world.now + seconds
    while not replica.elector.is_leader():
        assert world.now < end, "nobody took over"
        await world.pass_time(0.1)


async def test_first_replica_leads_at_once_and_another_stands_by(world: World) -> None:
    """Both are told; who waits to lead goes on when it does."""
    first = world.replica()
    waiting = asyncio.create_task(first.elector.wait())
    await world.pass_time(0.1)
    assert waiting.done()
    second = world.replica()
    await world.pass_time(60)
    assert world.leaders() == [first]
    assert (first.observer.leading, second.observer.leading) == ([False, True], [False])


async def test_leader_asks_once_for_each_renewal(world: World) -> None:
    """It knows the Lease and does not read it first."""
    first = world.replica()
    await world.pass_time(1)
    asked = first.requests
    await world.pass_time(20)
    assert first.requests - asked in (9, 10)
    assert set(world.server.writers) == {first.name}


@pytest.mark.parametrize("moment", [0.0, 0.5, 1.0, 1.5, 1.99])
async def test_killed_leader_is_followed_in_time(world: World, moment: float) -> None:
    """Whenever in the course of a renewal it ends, and not before its Lease has run out."""
    first, second = await led(world)
    await world.pass_time(moment)
    await first.kill()
    await world.pass_time(TERMS.tenure)
    assert world.leaders() == []
    await until_leading(world, second, TAKE_OVER - TERMS.tenure)
    assert world.server.lease is not None
    assert world.server.lease.transitions == 1


async def test_leader_that_leaves_is_followed_at_once(world: World) -> None:
    """It gives the Lease back, and who watches it need not even look."""
    first, second = await led(world)
    await first.leave()
    second.hear()
    await world.pass_time(0.1)
    assert world.leaders() == [second]
    assert first.observer.leading == [False, True, False]


async def test_leader_that_leaves_is_followed_soon_where_nobody_watches(world: World) -> None:
    """The next look shows it."""
    first, second = await led(world)
    await first.leave()
    await until_leading(world, second, 2.5)


async def test_paused_leader_may_not_write_when_it_goes_on(world: World) -> None:
    """Its clock went on while it stood still; it stands by."""
    first, second = await led(world)
    first.pause()
    await until_leading(world, second)
    first.resume()
    await world.pass_time(30)
    assert world.leaders() == [second]
    assert first.observer.leading == [False, True, False]


async def test_leader_that_was_paused_and_not_followed_goes_on(world: World) -> None:
    """Nobody else had the Lease meanwhile; between the two it may not write."""
    first = world.replica()
    await world.pass_time(1)
    first.pause()
    await world.pass_time(100)
    assert world.leaders() == []
    first.resume()
    await world.pass_time(1)
    assert world.leaders() == [first]


async def test_leader_that_is_cut_off_stops_before_another_begins(world: World) -> None:
    """Even if its last renewal arrived; when the network is back it stands by."""
    first, second = await led(world)
    first.cut()
    await world.pass_time(TERMS.tenure)
    assert world.leaders() == []
    await until_leading(world, second, TAKE_OVER - TERMS.tenure)
    first.cut(is_cut=False)
    await world.pass_time(30)
    assert world.leaders() == [second]
    assert first.observer.leading == [False, True, False]


async def test_standby_that_is_cut_off_changes_nothing(world: World) -> None:
    """Back again, it does not take what it has not seen renewed."""
    first, second = await led(world)
    second.cut()
    await world.pass_time(60)
    second.cut(is_cut=False)
    await world.pass_time(60)
    assert world.leaders() == [first]
    assert first.observer.leading == [False, True]


async def test_removed_lease_is_not_taken_for_one_that_never_was(world: World) -> None:
    """Its holder may not have noticed: everybody waits for as long as it would have lasted."""
    first, second = await led(world)
    first.cut()
    world.server.lease = None
    second.hear()
    await world.pass_time(TERMS.duration - 0.1)
    assert world.leaders() == []
    await until_leading(world, second, 2.5)


async def test_lease_that_was_taken_away_is_noticed_at_once(world: World) -> None:
    """Whoever else is written into it; the watch tells."""
    first = world.replica()
    await world.pass_time(1)
    assert world.server.lease is not None
    world.server.write(Lease("somebody", 10, version=world.server.lease.version))
    first.hear()
    await world.pass_time(0.1)
    assert world.leaders() == []
    await until_leading(world, first)


async def test_lease_that_claims_an_hour_keeps_nobody_from_leading_for_so_long(
    world: World,
) -> None:
    """A holder that never renews is waited for as long as any replica can ask for."""
    await led(world)
    assert world.server.lease is not None
    later = datetime.now(UTC) + timedelta(hours=1)
    version = world.server.lease.version
    world.server.write(Lease("somebody", 3600, 1, later, later, version))
    await world.pass_time(TERMS.renewal)
    assert world.leaders() == []
    await world.pass_time(LONGEST.total_seconds() + TERMS.renewal)
    assert len(world.leaders()) == 1


@pytest.mark.parametrize("error", [RetryableError("down"), TerminalError("no")])
async def test_server_that_is_away_ends_nobodys_race(
    world: World, error: SealerError, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody leads meanwhile; afterwards whose Lease it was does. It is told once."""
    first, second = await led(world)
    first.errors = [error] * 200
    second.errors = [error] * 200
    with caplog.at_level(logging.WARNING):
        await world.pass_time(30)
    assert world.leaders() == []
    assert [record.getMessage() for record in caplog.records] == ["lease_not_reached"] * 2
    assert (first.observer.knows_leader, second.observer.knows_leader) == (False, False)
    first.errors.clear()
    second.errors.clear()
    await world.pass_time(5)
    assert world.leaders() == [first]
    assert (first.observer.knows_leader, second.observer.knows_leader) == (True, True)


async def test_wish_of_the_server_is_obeyed(world: World) -> None:
    """`Retry-After` counts here too."""
    first = world.replica()
    first.errors = [RetryableError("busy", after=30.0)]
    await world.pass_time(30)
    assert first.requests == 1
    await world.pass_time(1)
    assert world.leaders() == [first]


async def test_renewal_without_an_answer_is_cleared_up(world: World) -> None:
    """It may have been done: the Lease is read again, and found to be ours."""
    first = world.replica()
    await world.pass_time(1.5)
    delays = iter([0.01, 60.0])
    world.delay = lambda: next(delays, 0.01)
    await world.pass_time(7)
    assert world.leaders() == [first]
    assert first.observer.leading == [False, True]


async def test_conflicts_are_answers_like_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody was faster, again and again: no reason for a warning, or for haste."""
    first = world.replica()
    first.errors = [ChangedMeanwhileError("changed")] * 10
    with caplog.at_level(logging.WARNING):
        await world.pass_time(0.2)
        assert first.observer.knows_leader is None
        await world.pass_time(20)
    assert world.leaders() == [first]
    assert not caplog.records


async def test_replica_without_the_right_leads_alone_after_a_while(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """There may be one that had the right until now; it says that there must be no other."""
    alone = world.replica()
    alone.errors = [LeaseForbiddenError("leases is forbidden", hint="grant it")] * 200
    with caplog.at_level(logging.WARNING):
        await world.pass_time(TERMS.duration - 0.1)
        assert world.leaders() == []
        await world.pass_time(60)
    assert world.leaders() == [alone]
    assert [record.getMessage() for record in caplog.records] == [
        "lease_not_reached",
        "single_replica",
    ]
    assert alone.requests < 60
    assert alone.observer.knows_leader


async def test_replica_that_gets_the_right_joins_the_race(world: World) -> None:
    """It leads on with the Lease, or leaves it to who has it."""
    alone = world.replica()
    alone.errors = [LeaseForbiddenError("forbidden")] * 200
    await world.pass_time(20)
    world.server.write(Lease("other", 10))
    alone.errors.clear()
    while world.leaders():
        assert world.now < 20 + TAKE_OVER
        await world.pass_time(0.1)
    await until_leading(world, alone)
    assert world.server.writers == ["other"] + [alone.name] * (len(world.server.writers) - 1)


async def test_right_that_is_taken_away_makes_nobody_lead_alone(world: World) -> None:
    """Who has seen the Lease knows that there may be others."""
    first, second = await led(world)
    for each in (first, second):
        each.errors = [LeaseForbiddenError("forbidden")] * 500
    await world.pass_time(60)
    assert world.leaders() == []
    for each in (first, second):
        each.errors.clear()
    await world.pass_time(10)
    assert len(world.leaders()) == 1


async def test_replica_that_never_asked_leaves_silently(world: World) -> None:
    """There is nothing to give back."""
    replica = world.replica()
    await replica.leave()
    assert replica.requests == 0


async def test_leader_gives_back_what_it_may_have_got(world: World) -> None:
    """The answer to its only request is lost when it leaves."""
    first = world.replica()
    delays = iter([0.01, 0.01, 0.01, 60.0])
    world.delay = lambda: next(delays, 0.01)
    await world.pass_time(1)
    assert world.server.writers == [first.name]
    assert world.leaders() == []
    await first.leave()
    assert world.server.writers == [first.name, ""]


async def test_standby_that_leaves_takes_nothing_along(world: World) -> None:
    """Only who has the Lease gives it back."""
    first, second = await led(world)
    await second.leave()
    assert world.leaders() == [first]
    assert "" not in world.server.writers


async def test_leader_that_cannot_give_the_lease_back_leaves_all_the_same(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It says so; others have to wait."""
    first, _ = await led(world)
    first.errors = [RetryableError("down")]
    with caplog.at_level(logging.WARNING):
        await first.leave()
    assert world.leaders() == []
    assert [record.getMessage() for record in caplog.records] == ["lease_not_released"]


async def test_who_waits_through_a_lapse_is_woken(world: World) -> None:
    """The right ran out while the request was on its way that won it again."""
    first = world.replica()
    await world.pass_time(0.5)
    first.errors = [RetryableError("down")] * 100
    await world.pass_time(6.5)
    first.errors.clear()
    world.delay = lambda: 0.6
    while world.leaders():
        await world.pass_time(0.1)
    waiting = asyncio.create_task(first.elector.wait())
    await world.pass_time(5)
    assert waiting.done()
    assert first.observer.leading == [False, True]


async def test_listeners_hear_of_each_change(world: World) -> None:
    """Who looks after the keys has to know."""
    first, second = await led(world)
    heard: list[bool] = []
    for each in (first, second):
        each.elector.listen(lambda each=each: heard.append(each.elector.is_leader()))  # type: ignore[misc] # a default of a lambda has no type
    await first.leave()
    await world.pass_time(5)
    assert heard == [False, True]


async def test_answer_that_never_comes_is_not_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A connection can be dead without a sign; the next request takes another one."""

    class Dead:
        """Answers the second request only."""

        def __init__(self) -> None:
            self.lease: Lease | None = None
            self.reads = 0

        async def read(self) -> Lease | None:
            self.reads += 1
            if self.reads == 1:
                await asyncio.Event().wait()
            return self.lease

        async def write(self, lease: Lease) -> Lease:
            return lease

        async def changes(self) -> AsyncGenerator[Lease | None, None]:
            await asyncio.Event().wait()
            yield None

    leases = Dead()
    elector = Elector(leases, "me", Terms(2.0))
    running = asyncio.create_task(elector.run())
    async with asyncio.timeout(30):
        await elector.wait()
    running.cancel()
    await asyncio.wait([running])
    assert leases.reads == 2
    assert "lease_not_reached" in [record.getMessage() for record in caplog.records]


async def test_end_of_the_watch_is_a_fault(world: World) -> None:
    """The process is to end: nobody would hear any more that the Lease is given back."""
    first = world.replica()

    async def ended() -> AsyncGenerator[Lease | None, None]:
        return
        yield

    first.changes = ended  # type: ignore[method-assign] # what must never happen
    await world.pass_time(1)
    assert isinstance(first.fault(), ExceptionGroup)


def test_clock_counts_while_the_machine_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """CLOCK_MONOTONIC would stand still, and its owner write with the Lease of somebody else."""
    monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_BOOTTIME: 7.0}.__getitem__)
    assert boot_clock() == 7.0


EVENTS = st.tuples(
    st.sampled_from(["pause", "resume", "cut", "join", "kill", "leave", "hear"]),
    st.integers(0, 2),
    st.floats(0.0, 13.0),
)


@settings(max_examples=100)
@given(events=st.lists(EVENTS, min_size=3, max_size=20), seed=st.integers(0, 2**32))
def test_never_do_two_lead_and_in_the_end_one_does(
    events: list[tuple[str, int, float]], seed: int
) -> None:
    """Whatever is paused, cut off, killed or slow, however wrong each clock is.

    And whatever each replica is set to.
    """
    asyncio.run(_play(events, random.Random(seed)))  # noqa: S311 - not for secrets


async def _play(events: list[tuple[str, int, float]], chance: random.Random) -> None:
    slow = chance.choice([0.05, 0.5, 3.0])
    world = World(lambda: chance.random() * slow, chance.random)
    for _ in range(3):
        offset, rate = chance.uniform(-1e6, 1e6), chance.uniform(0.95, 1.05)
        world.replica(offset=offset, rate=rate, terms=chance.choice(DIFFERENT))
    for name, number, seconds in events:
        await world.pass_time(seconds)
        await _happen(world, name, number)
    for each in world.replicas:
        each.cut(is_cut=False)
        each.resume()
    slow = 0.05
    await world.pass_time(90)
    assert len(world.leaders()) == 1
    assert not [each.fault() for each in world.replicas[-3:] if each.fault()]
    await world.close()


async def _happen(world: World, name: str, number: int) -> None:
    replica = world.replicas[-3:][number]
    match name:
        case "pause":
            replica.pause()
        case "resume":
            replica.resume()
        case "cut" | "join":
            replica.cut(is_cut=name == "cut")
        case "hear":
            replica.hear()
        case "kill" | "leave":
            replica.cut(is_cut=False)
            replica.resume()
            await (replica.kill() if name == "kill" else replica.leave())
            world.replicas.remove(replica)
            world.replica(rate=1.0)
