"""The queue: nothing is lost, nothing is done twice at a time, and nobody waits for long."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer_controller.backoff import Backoff
from sealer_controller.objects import Key
from sealer_controller.queue import WorkQueue

A1, A2, B1, C1 = Key("a", "1"), Key("a", "2"), Key("b", "1"), Key("c", "1")


@dataclass
class Alarm:
    """A timer that only `Clock` can set off."""

    at: float
    call: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        """Make sure that it does not go off."""
        self.is_cancelled = True


@dataclass
class Clock:
    """Time as the test wants it."""

    now: float = 0.0
    alarms: list[Alarm] = field(default_factory=list)

    def later(self, seconds: float, call: Callable[[], None]) -> Alarm:
        """Set an alarm."""
        alarm = Alarm(self.now + seconds, call)
        self.alarms.append(alarm)
        return alarm

    def advance(self, seconds: float) -> None:
        """Let time pass, and everything happen that is due."""
        self.now += seconds
        due = [alarm for alarm in self.alarms if alarm.at <= self.now]
        self.alarms = [alarm for alarm in self.alarms if alarm.at > self.now]
        for alarm in due:
            if not alarm.is_cancelled:
                alarm.call()

    @property
    def pending(self) -> list[float]:
        """When the alarms will go off that are not cancelled."""
        return [alarm.at for alarm in self.alarms if not alarm.is_cancelled]


@pytest.fixture
def clock() -> Clock:
    """Time that stands still."""
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue:
    """An empty queue whose pauses are as long as they can be."""
    return WorkQueue(Backoff(base=1.0, cap=8.0, chance=lambda: 1.0), later=clock.later)


async def _take(queue: WorkQueue) -> Key:
    """Return the next object, which must be there already."""
    async with asyncio.timeout(0):
        key = await queue.get()
    assert key is not None
    return key


async def _take_all(queue: WorkQueue) -> list[Key]:
    return [await _take(queue) for _ in range(len(queue))]


async def test_queue_object_added_twice_comes_once(queue: WorkQueue) -> None:
    """Several events of one object are one piece of work."""
    for _ in range(3):
        queue.add(A1)
    assert await _take_all(queue) == [A1]


async def test_queue_fresh_objects_go_before_the_backlog(queue: WorkQueue) -> None:
    """What just happened does not wait for start-up to be over."""
    queue.add(A1, fresh=False)
    queue.add(B1, fresh=False)
    queue.add(C1)
    queue.add(B1)
    assert await _take_all(queue) == [C1, B1, A1]


async def test_queue_fresh_object_stays_fresh(queue: WorkQueue) -> None:
    """An object in front does not fall back because it is also added behind."""
    queue.add(A1)
    queue.add(A1, fresh=False)
    queue.add(B1, fresh=False)
    assert await _take_all(queue) == [A1, B1]


async def test_queue_namespaces_take_turns(queue: WorkQueue) -> None:
    """A namespace with thousands of objects delays no other by more than one."""
    for number in range(1_000):
        queue.add(Key("crowded", str(number)))
    queue.add(A1)
    queue.add(A2)
    order = [await _take(queue) for _ in range(5)]
    assert [key.namespace for key in order] == ["crowded", "a", "crowded", "a", "crowded"]
    assert order[0].name == "0"


async def test_queue_object_in_work_comes_again_only_when_done(queue: WorkQueue) -> None:
    """An object is never worked on twice at the same time, and no change is missed."""
    queue.add(A1)
    assert await _take(queue) == A1
    queue.add(A1)
    queue.add(A1)
    assert len(queue) == 0
    queue.done(A1)
    assert await _take_all(queue) == [A1]
    queue.done(A1)
    assert len(queue) == 0


async def test_queue_get_waits_for_work(queue: WorkQueue) -> None:
    """All who wait get something once there is something for each."""
    waiting = [asyncio.create_task(queue.get()) for _ in range(3)]
    await asyncio.sleep(0)
    for key in (A1, B1, C1):
        queue.add(key)
    assert set(await asyncio.gather(*waiting)) == {A1, B1, C1}


async def test_queue_retry_waits_longer_each_time(queue: WorkQueue, clock: Clock) -> None:
    """The pause doubles with each failure in a row, up to the cap."""
    pauses = []
    for _ in range(5):
        pauses.append(queue.retry(A1))
        clock.advance(pauses[-1] - 0.01)
        assert len(queue) == 0
        clock.advance(0.02)
        assert await _take_all(queue) == [A1]
        queue.done(A1)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 8.0]
    assert queue.failures(A1) == 5


async def test_queue_settled_object_starts_over(queue: WorkQueue, clock: Clock) -> None:
    """After a success the next failure is the first one again."""
    queue.retry(A1)
    queue.retry(A1)
    queue.settled(A1)
    assert (queue.failures(A1), clock.pending) == (0, [])
    assert queue.retry(A1) == 1.0


async def test_queue_retry_obeys_what_the_other_side_asks_for(queue: WorkQueue) -> None:
    """`Retry-After` is the least; jitter comes on top."""
    assert queue.retry(A1, after=30.0) == 31.0


async def test_queue_retry_goes_behind_fresh_objects(queue: WorkQueue, clock: Clock) -> None:
    """An object that fails again and again does not push itself forward."""
    queue.retry(A1)
    clock.advance(1.0)
    queue.add(B1)
    assert await _take_all(queue) == [B1, A1]


async def test_queue_change_ends_the_pause(queue: WorkQueue, clock: Clock) -> None:
    """Whoever mends an object does not have to wait for its next turn; nor does it come twice."""
    queue.retry(A1)
    queue.add(A1)
    assert (await _take_all(queue), clock.pending) == ([A1], [])


async def test_queue_retry_of_an_object_that_changed_meanwhile_needs_no_timer(
    queue: WorkQueue, clock: Clock
) -> None:
    """It comes again at once: the failure was that of an older version."""
    queue.add(A1)
    await _take(queue)
    queue.add(A1)
    queue.retry(A1)
    queue.done(A1)
    assert (await _take_all(queue), clock.pending) == ([A1], [])


async def test_queue_discarded_object_is_forgotten(queue: WorkQueue, clock: Clock) -> None:
    """An object that is gone neither waits, nor comes again, nor has a history."""
    queue.add(A1)
    queue.add(A2, fresh=False)
    queue.retry(B1)
    for key in (A1, A2, B1, C1):
        queue.discard(key)
    assert (len(queue), clock.pending, queue.failures(B1)) == (0, [], 0)
    queue.add(A1)
    await _take(queue)
    queue.add(A1)
    queue.discard(A1)
    queue.done(A1)
    assert len(queue) == 0


async def _postpone(queue: WorkQueue, *keys: Key) -> None:
    """Let objects be worked on, and be postponed."""
    for key in keys:
        queue.add(key)
        assert await _take(queue) == key
        queue.postpone(key)
        queue.done(key)


async def test_queue_postponed_object_comes_when_nothing_else_waits(queue: WorkQueue) -> None:
    """Neither before a fresh object nor before the backlog."""
    await _postpone(queue, A1)
    queue.add(B1, fresh=False)
    queue.add(C1)
    assert await _take_all(queue) == [C1, B1, A1]


async def test_queue_postponed_object_that_is_brief_comes_before_what_takes_long(
    queue: WorkQueue,
) -> None:
    """After all that was not postponed, and even while others that take long fill their places."""
    await _postpone(queue, *[Key("slow", str(number)) for number in range(5)])
    for _ in range(4):
        await _take(queue)
    queue.add(A1)
    await _take(queue)
    queue.postpone(A1, brief=True)
    queue.done(A1)
    assert (queue.others_wait(), len(queue)) == (False, 2)
    queue.add(B1, fresh=False)
    queue.add(C1)
    assert queue.others_wait()
    assert [await _take(queue) for _ in range(3)] == [C1, B1, A1]


async def test_queue_brief_object_comes_first_of_all_that_was_postponed(
    queue: WorkQueue,
) -> None:
    """Also when the other one was postponed before it; and once, if it changes meanwhile."""
    await _postpone(queue, A1)
    for key in (A2, B1):
        queue.add(key)
        await _take(queue)
        queue.postpone(key, brief=True)
        queue.done(key)
    queue.add(B1)
    assert await _take_all(queue) == [B1, A2, A1]


async def test_queue_brief_object_has_its_turn_however_busy_it_is(queue: WorkQueue) -> None:
    """As one that takes long has, and beside it."""
    await _postpone(queue, A1)
    queue.add(A2)
    await _take(queue)
    queue.postpone(A2, brief=True)
    queue.done(A2)
    for number in range(200):
        queue.add(Key("busy", str(number)))
    order = await _take_all(queue)
    assert max(order.index(A1), order.index(A2)) <= 65


async def test_queue_postponed_object_has_its_turn_however_busy_it_is(queue: WorkQueue) -> None:
    """One for each 64 others: to tell people of a failure must not wait for ever."""
    await _postpone(queue, A1, A2)
    for number in range(200):
        queue.add(Key("busy", str(number)), fresh=False)
    order = await _take_all(queue)
    first, second = order.index(A1), order.index(A2)
    assert (first <= 64, second - first) == (True, 65)


async def test_queue_few_objects_may_take_long_at_a_time(queue: WorkQueue) -> None:
    """The other workers stay free for what comes."""
    names = [str(number) for number in range(6)]
    await _postpone(queue, *[Key("a", name) for name in names])
    slow = [await _take(queue) for _ in range(4)]
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add(B1)
    assert await waiting == B1
    assert not queue.may_linger(B1)
    assert all(map(queue.may_linger, slow))
    queue.done(slow[0])
    assert await _take(queue) == Key("a", "4")


async def test_queue_object_may_take_long_when_nothing_else_waits(queue: WorkQueue) -> None:
    """What was postponed waits for nobody; until it is done it counts."""
    for key in (A1, B1):
        queue.add(key)
    assert not queue.may_linger(await _take(queue))
    assert queue.may_linger(await _take(queue))
    for number in range(3):
        queue.add(Key("c", str(number)))
        assert queue.may_linger(await _take(queue))
    queue.add(A2)
    assert not queue.may_linger(await _take(queue))
    queue.done(B1)
    assert queue.may_linger(A2)


async def test_queue_postponed_object_that_changes_comes_at_once_and_once(
    queue: WorkQueue,
) -> None:
    """Before it was given back, and after."""
    queue.add(A1)
    await _take(queue)
    queue.add(A1)
    queue.postpone(A1)
    queue.done(A1)
    assert await _take(queue) == A1
    queue.postpone(A1)
    queue.add(A1)
    queue.done(A1)
    assert await _take(queue) == A1
    queue.postpone(A1)
    queue.done(A1)
    queue.add(A1)
    assert await _take(queue) == A1
    queue.done(A1)
    assert len(queue) == 0


async def test_queue_postponed_object_that_goes_is_forgotten(queue: WorkQueue) -> None:
    """While it is worked on, and while it waits."""
    await _postpone(queue, A1)
    queue.add(A2)
    await _take(queue)
    queue.postpone(A2)
    for key in (A1, A2):
        queue.discard(key)
    queue.done(A2)
    assert len(queue) == 0


async def test_queue_closed_hands_out_nothing_postponed(queue: WorkQueue) -> None:
    """What is given back after the end does not come again."""
    queue.add(A1)
    queue.add(A2)
    for _ in range(2):
        await _take(queue)
    queue.postpone(A1)
    queue.close()
    queue.postpone(A2)
    for key in (A1, A2):
        queue.done(key)
    assert (await queue.get(), len(queue)) == (None, 0)


async def test_queue_retry_waits_no_longer_than_it_may(queue: WorkQueue) -> None:
    """What nobody reports is looked at again soon, whatever the general cap."""
    assert [queue.retry(A1, cap=3.0) for _ in range(3)] == [1.0, 2.0, 3.0]


async def test_queue_retry_waits_longer_where_each_try_is_a_burden(queue: WorkQueue) -> None:
    """The general cap is 8 seconds."""
    pauses = [queue.retry(A1, cap=300.0) for _ in range(10)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0]


async def test_queue_closed_hands_out_nothing_more(queue: WorkQueue, clock: Clock) -> None:
    """After the end nobody waits and nothing comes, but work in hand can be given back."""
    queue.add(A1)
    await _take(queue)
    queue.add(A1)
    queue.retry(B1)
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.close()
    assert await waiting is None
    queue.retry(A1)
    queue.done(A1)
    queue.add(C1)
    assert await queue.get() is None
    assert (len(queue), clock.pending) == (0, [])


async def test_queue_tells_how_much_waits_and_is_in_work(clock: Clock) -> None:
    """The metrics hear of every change."""
    told: list[tuple[int, int]] = []
    queue = WorkQueue(later=clock.later, changed=lambda *counts: told.append(counts))
    queue.add(A1)
    queue.add(B1)
    await _take(queue)
    queue.done(A1)
    queue.discard(B1)
    different = [counts for counts, _ in itertools.groupby(told)]
    assert different == [(1, 0), (2, 0), (1, 1), (1, 0), (0, 0)]


async def test_queue_on_the_loops_clock_brings_retries_back() -> None:
    """Without a clock of the test's own, the event loop's timers are used."""
    queue = WorkQueue(Backoff(base=0.001))
    queue.retry(A1)
    async with asyncio.timeout(10):
        assert await queue.get() == A1


_KEYS = st.sampled_from([Key(namespace, name) for namespace in "ab" for name in "123"])
_STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "back", "get", "done", "postpone", "retry", "tick"]), _KEYS)
)


@given(_STEPS)
def test_queue_whatever_happens_loses_nothing_and_never_doubles(
    steps: list[tuple[str, Key]],
) -> None:
    """Every object that was added comes out after its last addition, and never twice at a time."""
    asyncio.run(_play(steps))


async def _play(steps: list[tuple[str, Key]]) -> None:
    player = Player()
    for step, key in steps:
        await getattr(player, step)(key)
    await player.finish()
    assert not player.wanted


class Player:
    """Uses a queue, and keeps a book of what it should hand out."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.queue = WorkQueue(Backoff(chance=lambda: 1.0), later=self.clock.later)
        self.wanted: set[Key] = set()
        self.working: set[Key] = set()

    async def add(self, key: Key) -> None:
        """Something happens to an object."""
        self.queue.add(key)
        self.wanted.add(key)

    async def back(self, key: Key) -> None:
        """An object joins the backlog."""
        self.queue.add(key, fresh=False)
        self.wanted.add(key)

    async def retry(self, key: Key) -> None:
        """An object has failed."""
        self.queue.retry(key)
        self.wanted.add(key)

    async def get(self, _key: Key) -> None:
        """Take the next object, whichever it is."""
        try:
            key = await _take(self.queue)
        except TimeoutError:  # nothing waits, or enough take long
            return
        assert key not in self.working
        self.working.add(key)
        self.wanted.discard(key)

    async def done(self, key: Key) -> None:
        """Give an object back."""
        if key in self.working:
            self.queue.done(key)
            self.working.discard(key)

    async def postpone(self, key: Key) -> None:
        """Give an object back that is to come again when nothing else waits."""
        if key in self.working:
            self.queue.postpone(key)
            self.queue.done(key)
            self.working.discard(key)
            self.wanted.add(key)

    async def tick(self, _key: Key) -> None:
        """Time passes."""
        self.clock.advance(1.0)

    async def finish(self) -> None:
        """Take all that there is, until nothing comes any more."""
        self.clock.advance(1e6)
        while len(self.queue) or self.working:
            for _ in range(len(self.queue)):
                await self.get(A1)
            for key in list(self.working):
                await self.done(key)


@given(st.integers(0, 10**6), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 1e6))
def test_backoff_stays_in_bounds(failures: int, chance: float, after: float | None) -> None:
    """However many failures: never above the cap, never below what was asked for."""
    backoff = Backoff(base=0.25, cap=60.0, chance=lambda: chance)
    for cap in (None, 5.0, 300.0):
        pause = backoff.pause(failures, after, cap=cap)
        assert (after or 0.0) <= pause <= (after or 0.0) + (cap or 60.0)
