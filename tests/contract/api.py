"""An API server to run the contract against: the fake one or the real one, with one face."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from msgspec import Struct

from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.objects import ObjectMeta, Resource
from tests.cluster.server import Cluster
from tests.fake.server import NOBODY_TOKEN, FakeApi

__all__ = ["SEALED_SECRETS", "SECRETS", "Api", "Sealed", "Secret", "on_cluster", "on_fake", "take"]

T = TypeVar("T")


class Secret(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """A Secret as these tests read and write it."""

    api_version: str = "v1"
    kind: str = "Secret"
    metadata: ObjectMeta
    data: dict[str, str] = {}
    type: str = ""
    immutable: bool | None = None

    def __post_init__(self) -> None:
        """Items of a list come without the two, and nothing may be written without them."""
        self.api_version, self.kind = "v1", "Secret"


class Sealed(Struct, kw_only=True, rename="camel"):
    """A SealedSecret as these tests read it."""

    metadata: ObjectMeta
    spec: dict[str, Any]
    status: dict[str, Any] = {}


SECRETS = Resource(Secret, "secrets")
SEALED_SECRETS = Resource(Sealed, "sealedsecrets", "v1alpha1", "bitnami.com")


@dataclass
class Api:
    """An API server, a namespace of this test's own, and an administrator's client.

    Attributes:
        access: How the administrator reaches it.
        namespace: Empty at first.
        client: The client under test.
        nobody: Whose token may do nothing.
        forget: Makes the server forget its history, as etcd's compaction does.
        headers: What the administrator sends with every request.
    """

    access: Access
    namespace: str
    client: KubeClient
    session: aiohttp.ClientSession
    nobody_token: str
    forget: Callable[[], None]
    headers: dict[str, str]

    @property
    def sealed_path(self) -> str:
        """The URL path of the namespace's SealedSecrets."""
        return SEALED_SECRETS.path(self.namespace)

    @property
    def secrets_path(self) -> str:
        """The URL path of the namespace's Secrets."""
        return SECRETS.path(self.namespace)

    async def raw(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        token: str = "",
    ) -> tuple[int, Any]:
        """Send a request past the client; return HTTP status and answer, as bytes if not JSON."""
        headers = self.headers | {"Content-Type": content_type}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        data = None if body is None else BytesIO(text)
        url = self.access.server + path
        async with self.session.request(method, url, data=data, headers=headers) as answer:
            found = await answer.read()
            try:
                return answer.status, json.loads(found)
            except (ValueError, RecursionError):
                return answer.status, found

    async def seal(self, name: str, spec: object = None, **metadata: object) -> Sealed:
        """Create a SealedSecret."""
        body = sealed_body(name, spec, **metadata)
        return await self.client.create(SEALED_SECRETS, body, self.namespace)

    async def secret(self, name: str, **fields: Any) -> Secret:  # noqa: ANN401 - the fields of a Secret
        """Create a Secret."""
        body = Secret(metadata=ObjectMeta(name=name), **fields)
        return await self.client.create(SECRETS, body, self.namespace)


def sealed_body(name: str, spec: object = None, **metadata: object) -> dict[str, Any]:
    """Return a SealedSecret to send."""
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": name, **metadata},
        "spec": {"encryptedData": {"k": "AgA="}} if spec is None else spec,
    }


async def take(source: AsyncGenerator[T, None], count: int) -> list[T]:
    """Return the next items of a stream, which must come within ten seconds, and close it."""
    found: list[T] = []
    async with asyncio.timeout(10), aclosing(source):
        while len(found) < count:
            found.append(await anext(source))
    return found


@asynccontextmanager
async def on_fake(
    folder: Path, server: FakeApi | None = None, ca_file: Path | None = None
) -> AsyncIterator[Api]:
    """Use a fake API server, a new one if none is given.

    Args:
        folder: For the administrator's token.
        server: One that runs already.
        ca_file: Vouches for it, if it serves HTTPS.
    """
    async with AsyncExitStack() as stack:
        if server is None:
            server = await stack.enter_async_context(FakeApi())
        server.token = "admin"
        access = Access(server.url, token_file(folder, server.token), ca_file)
        yield await stack.enter_async_context(_ready(access, NOBODY_TOKEN, server.store.forget))


@asynccontextmanager
async def on_cluster(cluster: Cluster) -> AsyncIterator[Api]:
    """Use the real one."""
    access = Access(cluster.url, cluster.token_file, cluster.ca_file)
    async with _ready(access, cluster.nobody_token, cluster.compact) as api:
        yield api


@asynccontextmanager
async def _ready(access: Access, nobody: str, forget: Callable[[], None]) -> AsyncIterator[Api]:
    headers = {}
    if access.token_file:
        headers["Authorization"] = f"Bearer {access.token_file.read_text()}"
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(ssl=access.tls() or True)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        client = await stack.enter_async_context(KubeClient(access))
        name = f"contract-{secrets.token_hex(4)}"
        api = Api(access, name, client, session, nobody, forget, headers)
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        code, answer = await api.raw("POST", "/api/v1/namespaces", namespace)
        assert code == 201, answer
        yield api


def token_file(folder: Path, token: str) -> Path:
    """Return a file that holds a token."""
    path = folder / f"{token}.token"
    path.write_text(token)
    return path
