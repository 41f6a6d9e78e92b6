"""Any sequence of troubles, while people go on working: in the end everything is right."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealer_controller.kube.errors import NotFoundError
from tests.controller.faults.conftest import FakeServer, trouble_on_fake
from tests.controller.faults.world import World, controlling
from tests.fake.faults import Act, Answer, Cut, CutAfter, CutInLine, ErrorLine
from tests.fake.watches import Command

Step: TypeAlias = tuple[str, int]
PEOPLE = ("seal", "change", "unseal", "lose")
TROUBLE = ("drop", "slow", "mend", "crash", "forget", "garble", "storm", "restart")
ACTS: list[Act] = [
    *(Answer(code) for code in (408, 409, 410, 429, 500, 502, 503, 504)),
    Cut(),
    CutAfter(),
    CutInLine(),
    ErrorLine(),
]
_steps = st.lists(
    st.tuples(st.sampled_from(PEOPLE + TROUBLE), st.integers(0, 11)), min_size=8, max_size=25
)


class Play:
    """One sequence of steps.

    Args:
        world: Where it is played.
    """

    def __init__(self, world: World, restart: Callable[[], Awaitable[None]]) -> None:
        assert isinstance(world.server, FakeServer)
        self.world, self.server, self.api = world, world.server, world.server.api
        self.restart = restart
        self.turn = 0

    async def do(self, step: Step) -> None:
        """Take one step."""
        what, number = step
        self.turn += 1
        if what in PEOPLE:
            await self._people(what, f"s{number % 4}")
        elif what == "restart":
            await self.restart()
        elif what == "storm":
            act = ACTS[number]
            self.api.faults.add(act, agent="sealer-controller", share=0.5, times=12)
        elif what == "crash":
            await self.server.crash()
            await self.server.revive()
        elif what == "forget":
            await self.server.forget()
            self.api.command(Command.CUT)
        elif what == "garble":
            self.api.command(Command.GARBLE)
        elif what == "slow":
            self.world.wire.slow(50 + number, 0.0)
        else:
            {"drop": self.world.wire.drop, "mend": self.world.wire.mend}[what]()

    async def _people(self, what: str, name: str) -> None:
        world = self.world
        if what in ("seal", "change"):
            world.left.pop(name, None)
            await world.seal(name, {"k": b"%d" % self.turn})
        elif what == "unseal" and name in world.wanted:
            await world.unseal(name)
            self._abandoned(name)
        elif what == "lose" and name in world.wanted:
            with suppress(NotFoundError):
                await world.lose(name)

    def _abandoned(self, name: str) -> None:
        """Nobody says what the Secret holds of an object that went away in the middle of it all."""
        self.world.loose.add(name)


@pytest.mark.usefixtures("hasty")
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(_steps)
async def test_everything_is_right_after_any_sequence_of_troubles(steps: list[Step]) -> None:
    """People seal, change, remove and delete; machines fail; nothing is lost, wrong or touched."""
    with TemporaryDirectory() as folder:
        async with trouble_on_fake(Path(folder)) as world, AsyncExitStack() as stack:
            await world.foreign("theirs")
            await stack.enter_async_context(controlling(world))

            async def restart() -> None:
                await stack.aclose()
                await stack.enter_async_context(controlling(world))

            play = Play(world, restart)
            for step in steps:
                await play.do(step)
            world.wire.mend()
            play.api.faults.clear()
            await world.converged()
