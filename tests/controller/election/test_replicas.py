"""Replicas on a real API server: killed, ended, started together; its audit shows who wrote."""

import asyncio
import signal
import urllib.request

import pytest

from tests.controller.election.stage import Stage, pair, port_of, seen, until

pytestmark = pytest.mark.cluster
# What controller.md 4 allows.
TAKE_OVER_SECONDS = 15


async def test_killed_leader_is_followed(stage: Stage) -> None:
    """Within 15 seconds the other one writes, and finishes what was begun."""
    async with pair(stage) as (first, second):
        first.signal(signal.SIGKILL)
        async with asyncio.timeout(TAKE_OVER_SECONDS):
            await until(second, "leading")
            await until(second, "reconciled", outcome="created")
        stage.until_synced()
        assert second.stop() == 0
    stage.check_writers(10, "first", "second")
    assert {*stage.names("sealedsecrets")} <= {*stage.names("secrets")}


async def test_leader_that_ends_hands_over_at_once(stage: Stage) -> None:
    """It finishes what it has in hand; the other one need not wait for the Lease to run out."""
    async with pair(stage, "--leader-elect-lease-duration=1m") as (first, second):
        assert first.stop() == 0
        await until(second, "leading")
        stage.until_synced()
        assert second.stop() == 0
    assert stage.holder() == ""
    stage.check_writers(60, "first", "second")


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
