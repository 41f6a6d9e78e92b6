"""Which news about Secrets are a reason to look, and when."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from sealer_controller.guard import Guard
from sealer_controller.healing import Healing
from sealer_controller.objects import (
    Key,
    SecretChange,
    SecretGone,
    SecretSeen,
    SecretsListed,
)
from tests.controller.memory import SHOP_DB, MemoryStore
from tests.controller.watching import Recorder

OURS, OLD, NEXT = "secret-1", "secret-0", "secret-2"


@dataclass
class _Timer:
    seconds: float
    call: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        """Make sure that it does not happen."""
        self.is_cancelled = True


@dataclass
class _Rig:
    """A guard, and all that it deals with."""

    store: MemoryStore = field(default_factory=MemoryStore)
    observer: Recorder = field(default_factory=Recorder)
    left: dict[Key, tuple[str, str]] = field(default_factory=lambda: {SHOP_DB: (OURS, "5")})
    looked: list[Key] = field(default_factory=list)
    timers: list[_Timer] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the guard."""
        self.guard = Guard(
            self.store,
            self.left.get,
            self.looked.append,
            observer=self.observer,
            healing=Healing(lambda: 0.0),
            later=self._later,
        )

    async def see(self, *changes: SecretChange) -> None:
        """Let the store report this, and wait until it is dealt with."""
        for change in changes:
            self.store.secret_news.put_nowait(change)
        async with asyncio.timeout(30):
            await self.store.secret_news.join()

    def _later(self, seconds: float, call: Callable[[], None]) -> _Timer:
        self.timers.append(_Timer(seconds, call))
        return self.timers[-1]


@asynccontextmanager
async def _guarding() -> AsyncIterator[_Rig]:
    rig = _Rig()
    task = asyncio.create_task(rig.guard.run())
    try:
        yield rig
    finally:
        task.cancel()
        await asyncio.wait([task])


def _seen(version: str, uid: str = OURS) -> SecretSeen:
    return SecretSeen(SHOP_DB, uid, version)


@pytest.mark.parametrize(
    ("change", "is_news"),
    [
        (_seen("5"), False),
        (_seen("6"), True),
        (_seen("4"), True),
        (_seen("5", NEXT), True),
        (_seen(""), True),
        (SecretGone(SHOP_DB, OURS), True),
        (SecretGone(SHOP_DB, OLD), False),
        (SecretSeen(Key("shop", "unknown"), OURS, "6"), False),
        (SecretGone(Key("shop", "unknown"), OURS), False),
        (SecretsListed(7), False),
    ],
)
async def test_guard_looks_at_what_is_not_as_we_left_it(
    change: SecretChange, *, is_news: bool
) -> None:
    """Another version, another Secret, none: of objects that we have looked at before."""
    async with _guarding() as rig:
        await rig.see(change)
        assert rig.looked == [SHOP_DB] * is_news


async def test_guard_knows_which_secrets_there_are_none_of() -> None:
    """Once all are listed, and until somebody has looked at one."""
    new = Key("shop", "new")
    async with _guarding() as rig:
        assert not rig.guard.shows_none(new)
        await rig.see(SecretsListed(0))
        assert rig.guard.shows_none(new)
        await rig.see(SecretSeen(new, NEXT, "7"))
        assert not rig.guard.shows_none(new)
        for left, shown in ((None, False), ((NEXT, "7"), True)):
            rig.guard.begin(new)
            if left:
                rig.left[new] = left
            rig.guard.end(new, is_healed=False)
            assert rig.guard.shows_none(new) is shown
        assert rig.looked == []


def _make(rig: _Rig, key: Key) -> None:
    """Work on an object whose Secret was not there before."""
    rig.guard.begin(key)
    rig.left[key] = (NEXT, "7")
    rig.guard.end(key, is_healed=False)


@pytest.mark.parametrize("is_shown", [False, True])
async def test_guard_looks_for_what_we_made_and_no_list_holds(*, is_shown: bool) -> None:
    """Deleted before it could be listed, a Secret is gone without a word; one look, and no more."""
    new = Key("shop", "new")
    async with _guarding() as rig:
        _make(rig, new)
        if is_shown:
            await rig.see(SecretSeen(new, NEXT, "7"))
        await rig.see(SecretsListed(1), SecretsListed(1))
        assert rig.looked == [new] * (not is_shown)


@pytest.mark.parametrize("is_shown", [False, True])
async def test_guard_looks_again_at_what_a_list_left_out_meanwhile(*, is_shown: bool) -> None:
    """While it was worked on: whether it was read before it went away, or after, nobody knows."""
    new = Key("shop", "new")
    async with _guarding() as rig:
        if is_shown:
            await rig.see(SecretSeen(new, NEXT, "7"))
        rig.guard.begin(new)
        await rig.see(SecretsListed(1))
        rig.left[new] = (NEXT, "7")
        rig.guard.end(new, is_healed=False)
        assert rig.looked == [new] * (not is_shown)


async def test_guard_forgets_what_it_made_of_an_object_that_is_gone() -> None:
    """Nobody is to look for its Secret."""
    new = Key("shop", "new")
    async with _guarding() as rig:
        _make(rig, new)
        rig.guard.forget(new)
        await rig.see(SecretsListed(0))
        assert rig.looked == []


async def test_guard_knows_what_it_saw_while_it_was_looked_at() -> None:
    """A Secret that came and went, or stayed."""
    new = Key("shop", "new")
    async with _guarding() as rig:
        rig.guard.begin(new)
        await rig.see(SecretsListed(0), SecretSeen(new, NEXT, "7"))
        assert not rig.guard.shows_none(new)
        await rig.see(SecretGone(new, NEXT))
        rig.guard.end(new, is_healed=False)
        assert rig.guard.shows_none(new)


async def test_guard_takes_our_own_write_for_what_it_is() -> None:
    """It can be seen before the answer to the write has come."""
    async with _guarding() as rig:
        rig.guard.begin(SHOP_DB)
        await rig.see(_seen("6"))
        rig.left[SHOP_DB] = OURS, "6"
        rig.guard.end(SHOP_DB, is_healed=False)
        assert rig.looked == []


async def test_guard_looks_again_at_what_changed_while_it_was_looked_at() -> None:
    """Whatever was seen last of it is not what the reconcile left behind."""
    async with _guarding() as rig:
        rig.guard.begin(SHOP_DB)
        await rig.see(_seen("6"), _seen("7"))
        assert rig.looked == []
        rig.left[SHOP_DB] = OURS, "6"
        rig.guard.end(SHOP_DB, is_healed=False)
        assert rig.looked == [SHOP_DB]


async def test_guard_puts_off_what_was_healed_a_moment_ago() -> None:
    """Once for each pause; the metrics hear of it, and a timer ends it."""
    async with _guarding() as rig:
        for _ in range(2):
            rig.guard.begin(SHOP_DB)
            rig.guard.end(SHOP_DB, is_healed=True)
        await rig.see(_seen("6"), _seen("7"), SecretGone(SHOP_DB, OURS))
        (timer,) = rig.timers
        assert (rig.looked, rig.observer.put_off, timer.seconds) == ([], [SHOP_DB], 2.0)
        timer.call()
        assert rig.looked == [SHOP_DB]
        await rig.see(_seen("8"))
        assert len(rig.timers) == 2


async def test_guard_need_not_wait_for_what_is_looked_at_anyhow() -> None:
    """A change of the SealedSecret comes first: the pause is over with it."""
    async with _guarding() as rig:
        rig.guard.end(SHOP_DB, is_healed=True)
        await rig.see(_seen("6"))
        rig.guard.begin(SHOP_DB)
        assert rig.timers[0].is_cancelled
        rig.guard.end(SHOP_DB, is_healed=False)
        assert rig.looked == []


async def test_guard_forgets_what_is_gone() -> None:
    """Its timer too, and how often it was healed."""
    async with _guarding() as rig:
        rig.guard.end(SHOP_DB, is_healed=True)
        await rig.see(_seen("6"))
        rig.guard.forget(SHOP_DB)
        assert rig.timers[0].is_cancelled
        await rig.see(_seen("6"))
        assert rig.looked == [SHOP_DB]


async def test_guard_leaves_no_timer_behind() -> None:
    """Whatever waits ends with it."""
    async with _guarding() as rig:
        rig.guard.end(SHOP_DB, is_healed=True)
        await rig.see(_seen("6"))
    assert rig.timers[0].is_cancelled


async def test_guard_of_a_store_that_falls_silent_fails() -> None:
    """The promise is to report for ever; without it nothing would be healed, and nobody told."""

    class Silent(MemoryStore):
        """A store whose reports end."""

        async def secret_changes(self) -> AsyncGenerator[SecretChange, None]:
            """Report one thing."""
            yield SecretsListed(0)

    rig = _Rig(store=Silent())
    with pytest.raises(RuntimeError, match="stopped to report"):
        await rig.guard.run()
