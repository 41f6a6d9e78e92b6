"""The program itself, ended in the middle of its work on the real API server."""

import asyncio
import signal

import pytest

from tests.contract.api import SECRETS
from tests.controller.faults.world import World
from tests.controller.process import started

COUNT = 150


def arguments(world: World) -> list[str]:
    """Return the flags of the program in a world."""
    access = world.access
    return [
        f"--server={access.server}",
        f"--token-file={access.token_file}",
        f"--ca-file={access.ca_file}",
        *("--all-namespaces=false", "--key-renew-period=0", "--log-format=json"),
        *("--listen-addr=", "--listen-metrics-addr="),
    ]


async def versions(world: World) -> dict[str, str]:
    """Return the versions of all Secrets that there are."""
    found = await world.client.select(SECRETS, namespace=world.namespace).list()
    return {item.metadata.name: item.metadata.resource_version for item in found.items}


@pytest.mark.cluster
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGKILL, -9)])
async def test_program_that_is_ended_under_load_leaves_nothing_half_done(
    real_world: World, number: signal.Signals, code: int
) -> None:
    """The next one does the rest, and writes no Secret again that the last one wrote."""
    world, environ = real_world, {"POD_NAMESPACE": real_world.namespace}
    await world.foreign("theirs")
    for each in range(COUNT):
        await world.seal(f"s{each}", {"k": b"%d" % each})
    with started(*arguments(world), environ=environ) as running:
        await asyncio.to_thread(running.until, "reconciled")
        assert await asyncio.to_thread(running.stop, number) == code
    done = await versions(world)
    with started(*arguments(world), environ=environ) as running:
        await world.converged()
        assert await asyncio.to_thread(running.stop) == 0
    after = await versions(world)
    assert done.items() <= after.items()
    assert not [line for line in running.lines if line.get("level") == "ERROR"]
