"""Requests that are cancelled half-way leave nothing behind when the client is closed."""

import asyncio
import gc
import sys
from contextlib import suppress

import pytest

from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from tests.cluster.server import Cluster
from tests.contract.api import SEALED_SECRETS

ROUNDS = 60
LONGEST_WAIT = 0.012


async def _cancel_half_way(access: Access, seconds: float) -> None:
    async with KubeClient(access) as client:
        # On a connection that stands: one cancelled while it is made is the event loop's to close.
        await client.select(SEALED_SECRETS).list()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await client.select(SEALED_SECRETS).list()


@pytest.mark.cluster
def test_close_after_a_cancelled_request_leaves_no_connection(
    cluster_with_crd: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that stops while it waits for a TLS answer does not outlive its event loop."""
    left: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: left.append(str(found.exc_value)))
    for turn in range(ROUNDS):
        access = Access(cluster_with_crd.url, cluster_with_crd.token_file, cluster_with_crd.ca_file)
        asyncio.run(_cancel_half_way(access, LONGEST_WAIT * turn / ROUNDS))
    gc.collect()
    assert left == []
