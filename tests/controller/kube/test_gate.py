"""A client that may not write sends nothing that writes, however late that turns out."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sealer_controller.errors import NotLeadingError
from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from tests.contract.api import SEALED_SECRETS, SECRETS, Secret, sealed_body
from tests.fake import kinds
from tests.fake.server import FakeApi
from tests.support.tls import serving

WRITES: dict[str, Callable[[KubeClient, Secret], Awaitable[object]]] = {
    "create": lambda client, found: client.create(SECRETS, found, "default"),
    "update": lambda client, found: client.replace(SECRETS, found, "db", "default"),
    "status": lambda client, _: client.replace_status(
        SEALED_SECRETS, sealed_body("db"), "db", "default"
    ),
    "delete": lambda client, _: client.delete(SECRETS, "db", "default"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
async def test_client_that_may_not_write_sends_only_reads(
    fake_api: FakeApi, write: Callable[[KubeClient, Secret], Awaitable[object]]
) -> None:
    """The server hears of no write; reads and watches go on."""
    fake_api.store.create(kinds.SECRETS, _secret(), "default")
    may_write = True
    async with KubeClient(Access(fake_api.url), may_write=lambda: may_write) as client:
        found = await client.get(SECRETS, "db", "default")
        may_write = False
        with pytest.raises(NotLeadingError):
            await write(client, found)
        assert await client.get(SECRETS, "db", "default") == found
        assert {call.verb for call in fake_api.calls} == {"get"}


async def test_client_asks_whether_it_may_write_when_the_connection_is_there(
    tmp_path: Path,
) -> None:
    """What was true before counts no longer: to get a connection takes as long as it takes."""
    path, may_write = tmp_path / "server.pem", True
    served = serving(path)

    def lose(*_hello: object) -> None:
        nonlocal may_write
        may_write = False

    served.sni_callback = lose  # in the middle of the TLS handshake
    async with FakeApi(tls=served) as api:
        access = Access(api.url, None, path)
        async with KubeClient(access, may_write=lambda: may_write) as client:
            with pytest.raises(NotLeadingError):
                await client.create(SECRETS, _secret(), "default")
        assert api.calls == []
    assert not may_write


async def test_connection_that_was_not_used_is_used_again(fake_api: FakeApi) -> None:
    """A refused write costs no connection."""
    may_write = False
    async with KubeClient(Access(fake_api.url), may_write=lambda: may_write) as client:
        for _ in range(3):
            with pytest.raises(NotLeadingError):
                await client.create(SECRETS, _secret(), "default")
        may_write = True
        created = await client.create(SECRETS, _secret(), "default")
        assert created.metadata.name == "db"


def _secret() -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}}
