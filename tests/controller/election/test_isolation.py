"""Leaders on a real API server that are alone without knowing: paused, or cut off."""

import asyncio
import signal
from urllib.parse import urlsplit

import pytest

from tests.controller.election.stage import Stage, pair, until
from tests.support.wire import Wire

pytestmark = pytest.mark.cluster
SECONDS = 5
LEASE = f"--leader-elect-lease-duration={SECONDS}s"


async def test_paused_leader_does_not_write_when_it_goes_on(stage: Stage) -> None:
    """It stops in the middle of its work, as does a machine that sleeps."""
    async with pair(stage, LEASE) as (first, second):
        first.signal(signal.SIGSTOP)
        await until(second, "leading")
        stage.seal("late")
        stage.until_synced()
        first.signal(signal.SIGCONT)
        await until(first, "not_leading")
        stage.seal("later")
        await until(second, "reconciled", name="later", outcome="created")
        assert first.stop() == second.stop() == 0
    stage.check_writers(SECONDS, "first", "second")


async def test_leader_that_is_cut_off_stops_by_itself(stage: Stage) -> None:
    """Nothing tells it that it is alone but its own clock; afterwards it stands by."""
    async with Wire("127.0.0.1", urlsplit(stage.cluster.url).port or 0) as wire:
        url = f"https://127.0.0.1:{wire.port}"
        async with pair(stage, LEASE, url=url) as (first, second):
            wire.silence()
            await asyncio.gather(until(first, "not_leading"), until(second, "leading"))
            await asyncio.to_thread(stage.until_synced)
            wire.mend()
            await asyncio.to_thread(stage.seal, "later")
            await until(second, "reconciled", name="later", outcome="created")
            assert await asyncio.to_thread(first.stop) == 0
            assert await asyncio.to_thread(second.stop) == 0
    stage.check_writers(SECONDS, "first", "second")
