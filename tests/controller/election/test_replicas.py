"""Replicas on a real API server: killed, paused, cut off, ended; its audit shows who wrote."""

import asyncio
import signal
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cluster.server import Cluster
from tests.controller.election.stage import Stage
from tests.controller.process import Running
from tests.deploy.manifests import DEPLOY
from tests.support.wire import Wire

pytestmark = pytest.mark.cluster
# What controller.md 4 allows.
TAKE_OVER_SECONDS = 15
SHORT = 5
SHORT_LEASE = f"--leader-elect-lease-duration={SHORT}s"
# A replica that does little at a time, and so is in the middle of the work whenever something
# happens to it.
SLOW = ("--workers=4", "--kubeclient-qps=20", "--kubeclient-burst=1")
MANY = tuple(f"db-{number}" for number in range(150))


@pytest.fixture
def stage(cluster: Cluster, tmp_path: Path) -> Stage:
    """A namespace of its own."""
    cluster.install_crd(DEPLOY / "crd.yaml")
    return Stage(cluster, cluster.new_namespace("replicas"), tmp_path)


async def until(
    running: Running, event: str, seconds: float = 30, **fields: object
) -> dict[str, Any]:
    """Wait for a log line."""
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.to_thread(running.until, event, **fields)
    except BaseException:
        # The thread reads on until its process ends, and nothing else would end it.
        running.signal(signal.SIGKILL)
        raise


async def seen(running: Running, event: str, **fields: object) -> None:
    """Wait for a log line, unless it has come already."""
    wanted = {"msg": event, **fields}
    if not any(wanted.items() <= line.items() for line in running.lines):
        await until(running, event, **fields)


async def standing_by(running: Running) -> None:
    """Wait until a replica has filled its caches and knows that another one leads."""
    await seen(running, "not_leading")
    await seen(running, "listed")


async def test_killed_leader_is_followed(stage: Stage) -> None:
    """Within 15 seconds the other one writes, and finishes what was begun."""
    stage.put_key()
    stage.seal(*MANY)
    with stage.replica("first", *SLOW) as first, stage.replica("second") as second:
        await until(first, "leading")
        await standing_by(second)
        await until(first, "reconciled")
        first.signal(signal.SIGKILL)
        async with asyncio.timeout(TAKE_OVER_SECONDS):
            await until(second, "leading")
            await until(second, "reconciled", outcome="created")
        stage.until_synced()
        assert second.stop() == 0
    stage.check_writers(10, "first", "second")
    assert {*MANY} <= {*stage.names("secrets")}


async def test_paused_leader_does_not_write_when_it_goes_on(stage: Stage) -> None:
    """It stops in the middle of its work, as does a machine that sleeps."""
    stage.put_key()
    stage.seal(*MANY)
    with (
        stage.replica("first", SHORT_LEASE, *SLOW) as first,
        stage.replica("second", SHORT_LEASE) as second,
    ):
        await until(first, "leading")
        await standing_by(second)
        await until(first, "reconciled")
        first.signal(signal.SIGSTOP)
        await until(second, "leading")
        stage.seal("late")
        stage.until_synced()
        first.signal(signal.SIGCONT)
        await until(first, "not_leading")
        stage.seal("later")
        await until(second, "reconciled", name="later", outcome="created")
        assert first.stop() == second.stop() == 0
    stage.check_writers(SHORT, "first", "second")


async def test_leader_that_is_cut_off_stops_by_itself(stage: Stage) -> None:
    """Nothing tells it that it is alone but its own clock; afterwards it stands by."""
    stage.put_key()
    stage.seal(*MANY)
    server = urlsplit(stage.cluster.url)
    async with Wire("127.0.0.1", server.port or 0) as wire:
        url = f"https://127.0.0.1:{wire.port}"
        with (
            stage.replica("first", SHORT_LEASE, *SLOW, url=url) as first,
            stage.replica("second", SHORT_LEASE) as second,
        ):
            await until(first, "leading")
            await asyncio.gather(standing_by(second), until(first, "reconciled"))
            wire.silence()
            await asyncio.gather(until(first, "not_leading"), until(second, "leading"))
            await asyncio.to_thread(stage.until_synced)
            wire.mend()
            await asyncio.to_thread(stage.seal, "later")
            await until(second, "reconciled", name="later", outcome="created")
            assert await asyncio.to_thread(first.stop) == 0
            assert await asyncio.to_thread(second.stop) == 0
    stage.check_writers(SHORT, "first", "second")


async def test_leader_that_ends_hands_over_at_once(stage: Stage) -> None:
    """It finishes what it has in hand; the other one need not wait for the Lease to run out."""
    stage.put_key()
    stage.seal(*MANY)
    long_lease = "--leader-elect-lease-duration=1h"
    with (
        stage.replica("first", long_lease, *SLOW) as first,
        stage.replica("second", long_lease) as second,
    ):
        await until(first, "leading")
        await standing_by(second)
        await until(first, "reconciled")
        assert first.stop() == 0
        await until(second, "leading")
        stage.until_synced()
        assert second.stop() == 0
    assert stage.holder() == ""
    stage.check_writers(3600, "first", "second")


async def test_replicas_that_start_together_make_one_key(stage: Stage) -> None:
    """One writes; all serve its certificate and are ready, and say which of them leads."""
    with (
        stage.replica("first") as first,
        stage.replica("second") as second,
        stage.replica("third") as third,
    ):
        replicas = (first, second, third)
        ports = [[port_of(await until(each, "listening")) for _ in range(2)] for each in replicas]
        for each in replicas:
            await seen(each, "keys_loaded", keys=1)
            await seen(each, "listed")
        certificates = {fetch(port, "/v1/cert.pem") for port, _ in ports}
        assert len(certificates) == 1
        assert {fetch(port, "/readyz") for port, _ in ports} == {b"ok\n"}
        leads = [b"_leader 1.0" in fetch(port, "/metrics") for _, port in ports]
        assert sum(leads) == 1
        for each, is_leader in zip(replicas, leads, strict=True):
            if not is_leader:
                each.signal(signal.SIGUSR1)
                await until(each, "key_not_made")
        assert [each.stop() for each in replicas] == [0, 0, 0]
    keys = stage.names("secrets", "-l", "sealedsecrets.bitnami.com/sealed-secrets-key")
    assert len(keys) == 1
    made = [each for each in stage.written() if each.what == "secrets" and each.is_done]
    assert len({each.user for each in made}) == 1


def fetch(port: str, path: str) -> bytes:
    """Return what a replica answers to a GET."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        body: bytes = answer.read()
    return body


def port_of(line: dict[str, Any]) -> str:
    """Return the port of a line about listening."""
    address: str = line["address"]
    return address.rpartition(":")[2]
