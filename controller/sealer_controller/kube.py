"""A small client of the Kubernetes API: the only module that speaks HTTP to the API server.

    async with KubeClient(in_cluster(os.environ)) as client:
        secret = await client.get(SECRETS, "db", "shop")
        await client.replace(SECRETS, changed, "db", "shop")
        async for event in client.select(SECRETS, namespace="shop").watch(version):
            ...

Objects are msgspec Structs that the caller defines (`kubeobjects`); errors are ours (`kubeerrors`).
The client never repeats a request, with one exception: a refused token is read again from its file.
Whether and when to repeat is decided where the consequences are known: `reflector` and the queue.
"""

import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from types import TracebackType
from typing import Generic

import aiohttp
import msgspec
from yarl import URL

from sealer.errors import IdentityError
from sealer_controller import kubedecode
from sealer_controller.kubeaccess import Access, TokenFile
from sealer_controller.kubedecode import Event, Page
from sealer_controller.kubeerrors import (
    AnswerTooLargeError,
    ExpiredError,
    Status,
    UnreachableError,
    error_for,
)
from sealer_controller.kubeobjects import KubeObject, ObjectT, Resource, Unreadable
from sealer_controller.throttle import Throttle

__all__ = ["KubeClient", "Limits", "Selection"]

# What aiohttp lets out when there is no complete answer.
_NETWORK = (aiohttp.ClientError, OSError, TimeoutError)
_REFUSAL_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait and how much to hold.

    Attributes:
        request_seconds: For a whole request, all but watches.
        silence_seconds: A watch that says nothing for so long is taken for dead. The server sends a
            bookmark each minute, the first one after two (platform.md 8).
        answer_bytes: The longest answer held in memory.
        event_bytes: The longest line of a watch.
        page_objects: Objects per page of a list.
    """

    request_seconds: float = 30.0
    silence_seconds: float = 150.0
    answer_bytes: int = 32 << 20
    event_bytes: int = 16 << 20
    page_objects: int = 500


class KubeClient:
    """Gets, lists, watches, creates, replaces and deletes objects.

    Every method raises the errors of `kubeerrors`: a subclass of `RetryableError` when trying again
    can help, of `TerminalError` when it cannot. Without a namespace, a request is about all
    namespaces (lists and watches) or about a kind that has none.

    Args:
        access: Where the server is and who we are.
        limits: How long to wait and how much to hold.
        throttle: Limits our requests per second; the default does not.
        manager: The name under which the server books the fields that we write.
        chance: Returns a random number from 0 up to 1; it spreads the ends of watches.
    """

    def __init__(
        self,
        access: Access,
        *,
        limits: Limits | None = None,
        throttle: Throttle | None = None,
        manager: str = "sealer-controller",
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._access = access
        self.limits = limits or Limits()
        self._throttle = throttle or Throttle()
        self._manager = manager
        self._chance = chance
        self._token = TokenFile(access.token_file) if access.token_file else None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "KubeClient":
        """Open the connection pool.

        Raises:
            AccessError: The CA file or the token file cannot be used.
        """
        if self._token:
            self._token.read()
        tls = self._access.tls()
        self._session = aiohttp.ClientSession(
            # No limit: each watch holds a connection for good, and writes must not wait for them.
            connector=aiohttp.TCPConnector(limit=0, ssl=tls or True),
            # Ciphertext does not compress; identity saves both sides the work.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            skip_auto_headers=("User-Agent",),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections; watches end with an error."""
        if self._session:
            await self._session.close()

    async def get(self, resource: Resource[ObjectT], name: str, namespace: str = "") -> ObjectT:
        """Return one object as it is now."""
        path = _object_path(resource, namespace, name)
        return kubedecode.whole(await self._ask("GET", path), resource.type)

    async def create(
        self,
        resource: Resource[ObjectT],
        body: object,
        namespace: str = "",
        *,
        dry_run: bool = False,
    ) -> ObjectT:
        """Create an object and return it as stored.

        Args:
            resource: The kind.
            body: Anything msgspec encodes, with `apiVersion`, `kind` and `metadata`.
            namespace: Where it goes.
            dry_run: Let the server check everything and store nothing.
        """
        path, query = resource.path(namespace), self._writing(dry_run=dry_run)
        return kubedecode.whole(await self._ask("POST", path, query, body), resource.type)

    async def replace(
        self, resource: Resource[ObjectT], body: object, name: str, namespace: str = ""
    ) -> ObjectT:
        """Replace an object whole (PUT) and return it as stored.

        With `metadata.resourceVersion` in the body it is a `ConflictError` if the object has changed
        since; leave it out only to overwrite blindly.
        """
        path = _object_path(resource, namespace, name)
        answer = await self._ask("PUT", path, self._writing(), body)
        return kubedecode.whole(answer, resource.type)

    async def replace_status(
        self, resource: Resource[ObjectT], body: object, name: str, namespace: str = ""
    ) -> ObjectT:
        """Replace an object's status; the server ignores the rest of the body but checks it."""
        path = _object_path(resource, namespace, name, "status")
        answer = await self._ask("PUT", path, self._writing(), body)
        return kubedecode.whole(answer, resource.type)

    async def delete(
        self,
        resource: Resource[ObjectT],
        name: str,
        namespace: str = "",
        *,
        uid: str = "",
        resource_version: str = "",
    ) -> None:
        """Delete an object; a `ConflictError` if it is not the one, or the version, named.

        Args:
            resource: The kind.
            name: The object's name.
            namespace: Its namespace.
            uid: Delete only the object of this UID.
            resource_version: Delete only this version of it.
        """
        wanted = {"uid": uid, "resourceVersion": resource_version}
        options: dict[str, object] = {"apiVersion": "v1", "kind": "DeleteOptions"}
        options["preconditions"] = {key: value for key, value in wanted.items() if value}
        await self._ask("DELETE", _object_path(resource, namespace, name), {}, options)

    def select(
        self,
        resource: Resource[ObjectT],
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ) -> "Selection[ObjectT]":
        """Return the objects of a kind that a namespace and selectors name, to list or watch."""
        query = {"labelSelector": label_selector, "fieldSelector": field_selector}
        query = {key: value for key, value in query.items() if value}
        return Selection(self, resource, resource.path(namespace), query)

    def _writing(self, *, dry_run: bool = False) -> dict[str, str]:
        query = {"fieldManager": self._manager}
        return query | {"dryRun": "All"} if dry_run else query

    async def page(
        self, resource: Resource[ObjectT], path: str, query: Mapping[str, str]
    ) -> Page[ObjectT]:
        """Return one page of a list; `Selection` knows path and query."""
        return kubedecode.page(await self._ask("GET", path, query), resource.type)

    async def events(
        self, resource: Resource[ObjectT], path: str, query: Mapping[str, str]
    ) -> AsyncIterator[Event[ObjectT]]:
        """Yield the events of one watch until it ends; `Selection` knows path and query."""
        # 300 to 600 seconds, so that the watches of many clients do not end together.
        seconds = {"timeoutSeconds": str(300 + int(300 * self._chance()))}
        patience = aiohttp.ClientTimeout(
            sock_connect=self.limits.request_seconds, sock_read=self.limits.silence_seconds
        )
        failure: UnreachableError
        try:
            async with self._answer("GET", path, {**query, **seconds}, patience) as answer:
                chunks = answer.content.iter_any()
                async for line in kubedecode.lines(chunks, self.limits.event_bytes):
                    yield kubedecode.event(line, resource.type)
            return
        except _NETWORK as error:
            failure = self._unreachable(error)
        raise failure  # as in `_ask`

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: object = None
    ) -> bytes:
        patience = aiohttp.ClientTimeout(total=self.limits.request_seconds)
        failure: UnreachableError
        try:
            async with self._answer(method, path, query or {}, patience, body) as answer:
                return await _read(answer, self.limits.answer_bytes)
        except _NETWORK as error:
            failure = self._unreachable(error)
        # Raised out here, so that it does not carry the other error along: that one's repr shows
        # the headers of the request, the token among them.
        raise failure

    @asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,
        body: object = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request and hand out the answer's head; an answer that says no is raised."""
        await self._throttle.acquire()
        answer = await self._send(method, path, query, timeout, body)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._token and self._token.reread():
            answer.release()
            answer = await self._send(method, path, query, timeout, body)
        async with answer:
            if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
                raise error_for(await _refusal(answer), after=_retry_after(answer))
            yield answer

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,
        body: object,
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("use the client in `async with`")
        headers = {"User-Agent": self._manager}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token.read()}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        return await self._session.request(
            method,
            # Encoded: the path must arrive as `Resource.path` made it.
            URL(self._access.server.rstrip("/") + path, encoded=True).with_query(query),
            headers=headers,
            data=None if body is None else msgspec.json.encode(body),
            timeout=timeout,
            allow_redirects=False,  # a token goes to the server that was named and to no other
        )

    def _unreachable(self, error: Exception) -> UnreachableError:
        """Say in our own words what happened; the other's text may hold anything."""
        why = "the connection failed"
        if isinstance(error, TimeoutError):
            why = "no answer in time"
        elif isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError):
            why = "the connection was cut"
        elif isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
            why = "its certificate was not accepted"
        elif isinstance(error, OSError) and error.strerror:
            why = error.strerror
        return UnreachableError(f"the API server at {self._access.server}: {why}")


@dataclass(frozen=True, slots=True)
class Selection(Generic[ObjectT]):
    """Some objects of one kind, to list or to watch. Made by `KubeClient.select`."""

    client: KubeClient
    resource: Resource[ObjectT]
    path: str
    query: Mapping[str, str]

    async def pages(self) -> AsyncIterator[Page[ObjectT]]:
        """Yield the list page by page; it is the state at one moment, the pages' version.

        A page that is longer than the client's limit is asked for again with fewer objects.

        Raises:
            ExpiredError: The list took too long; start again.
        """
        limit, token = self.client.limits.page_objects, ""
        while True:
            query = {**self.query, "limit": str(limit)}
            if token:
                query["continue"] = token
            try:
                page = await self.client.page(self.resource, self.path, query)
            except AnswerTooLargeError:
                if limit == 1:
                    raise
                limit = max(1, limit // 8)
                continue
            yield page
            token = page.token
            if not token:
                return

    async def list(self) -> Page[ObjectT]:
        """Return the whole list as one page, starting again when it expires on the way."""
        while True:
            items: list[ObjectT | Unreadable] = []
            try:
                async for page in self.pages():
                    items += page.items
                return replace(page, items=tuple(items))
            except ExpiredError:
                if not items:  # the first page cannot expire: do not ask for ever
                    raise

    def watch(self, resource_version: str) -> AsyncIterator[Event[ObjectT]]:
        """Yield what happens after a version, bookmarks included, until the server ends the watch.

        Raises:
            ExpiredError: The version is too old: list again.
            UnreachableError: The connection was cut, or silent for too long.
        """
        query = {
            **self.query,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
        }
        return self.client.events(self.resource, self.path, query)


def _object_path(
    resource: Resource[KubeObject], namespace: str, name: str, subresource: str = ""
) -> str:
    """Return an object's path; without a name it would be the path of all of them."""
    if not name:
        raise IdentityError(f"{resource.plural}: an object without a name")
    return resource.path(namespace, name, subresource)


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise AnswerTooLargeError(f"the API server's answer is longer than {limit} bytes")
    return bytes(body)


async def _refusal(answer: aiohttp.ClientResponse) -> Status:
    """Read the `Status` of a failed request; a proxy's page of HTML is not repeated to anyone."""
    try:
        status = msgspec.json.decode(await _read(answer, _REFUSAL_BYTES), type=Status)
    except (msgspec.DecodeError, AnswerTooLargeError, RecursionError):
        status = Status()
    phrase = HTTPStatus(answer.status).phrase if answer.status in list(HTTPStatus) else ""
    message = status.message or f"the API server answered {answer.status} {phrase}".rstrip()
    return msgspec.structs.replace(status, code=answer.status, message=message)


def _retry_after(answer: aiohttp.ClientResponse) -> float | None:
    """Return the seconds of `Retry-After`; the API server never sends the form with a date."""
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 7 else None
