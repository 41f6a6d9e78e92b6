"""Send requests to the API server: the only module that uses aiohttp's client.

Bytes in, bytes out. It knows time limits, size limits, tokens and TLS, and turns every way in which
an exchange can fail into an error of `errors`. It knows nothing of objects and repeats nothing,
except once: a `GET` whose connection was cut, and what could not be carried out because the server
refuses a token, or we its certificate, and the file of the one or the other has changed by now.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import responses
from io import BytesIO
from typing import Any
from weakref import WeakSet

import aiohttp
import msgspec
from yarl import URL

from sealer_controller.errors import NotLeadingError
from sealer_controller.kube.access import Access, TokenFile, Trust
from sealer_controller.kube.errors import (
    AnswerTooLargeError,
    SilentError,
    Status,
    UnreachableError,
    error_for,
)
from sealer_controller.kube.throttle import Throttle

__all__ = ["Limits", "Request", "Transport"]

# What aiohttp lets out when there is no complete answer.
_NETWORK = (aiohttp.ClientError, OSError, TimeoutError)
_REFUSAL_BYTES = 1 << 20
_RETRY_AFTER_DIGITS = 6
# An aborted connection is closed some turns of the event loop later, one after a TLS layer each.
_TURNS_TO_CLOSE = 5


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


@dataclass(frozen=True, slots=True)
class Request:
    """One request: method, path, query, and a body of JSON, which may hold a Secret.

    The body of a `PATCH` is a merge patch (RFC 7386).
    `accept` asks for another form of the answer than the usual one.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    accept: str = ""


class _CutError(aiohttp.ClientConnectionError):
    """The connection was cut after a request that writes was begun: it may have been carried out.

    The library repeats a `PUT` or `DELETE` that ends in an error of its own for this, and hands out
    the second answer. That one misleads: a Secret that the first `DELETE` removed was not found.
    """


async def _once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request so that the library does not repeat it where it writes."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise  # nothing was sent, and the library knows
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if request.method == "GET":
            raise
        raise _CutError from error


class _Connector(aiohttp.TCPConnector):
    """Remembers its connections, so that none outlives the pool, and guards the writes.

    A connection whose request was cancelled says goodbye to the server in its own time, and the
    library forgets it meanwhile: at the end nobody would wait for it or end it.
    """

    def __init__(self, may_write: Callable[[], bool]) -> None:
        # No limit: each watch holds a connection for good, and writes must not wait for them.
        super().__init__(limit=0)
        self._may_write = may_write
        self._transports: WeakSet[asyncio.Transport] = WeakSet()

    async def connect(self, req: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - the library's
        """Return a connection as the library does, and remember it.

        Raises:
            NotLeadingError: The request would write, and we may not. This is the last moment before
                it is sent: to wait for a connection can take seconds.
        """
        connection = await super().connect(req, *arguments, **options)
        if connection.transport is not None:
            self._transports.add(connection.transport)
        if req.method != "GET" and not self._may_write():
            connection.release()
            raise NotLeadingError("another replica writes")
        return connection

    def abort(self) -> None:
        """End every connection at once, without a goodbye."""
        for transport in list(self._transports):
            transport.abort()


class Transport:
    """A connection pool to one API server.

    Args:
        access: Where the server is and who we are.
        limits: How long to wait and how much to hold.
        throttle: Limits our requests per second.
        agent: Our name in the server's logs.
        may_write: Tells whether a request that writes may be begun.
    """

    def __init__(
        self,
        access: Access,
        limits: Limits,
        throttle: Throttle,
        agent: str,
        may_write: Callable[[], bool],
    ) -> None:
        self._server = access.server.rstrip("/")
        self._trust = Trust(access)
        self._limits = limits
        self._throttle = throttle
        self._agent = agent
        self._may_write = may_write
        self._token = TokenFile(access.token_file) if access.token_file else None
        self._connector: _Connector | None = None
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Open the pool; nothing is sent yet.

        Raises:
            AccessError: The token file cannot be used.
        """
        if self._token:
            self._token.read()
        self._connector = _Connector(self._may_write)
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            # Ciphertext does not compress; identity saves both sides the work.
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": self._agent,
            },
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_once,),
        )

    async def close(self) -> None:
        """Close all connections; what is under way ends with an error."""
        if self._session and self._connector:
            self._connector.abort()
            await self._session.close()
            for _ in range(_TURNS_TO_CLOSE):
                await asyncio.sleep(0)

    async def ask(self, request: Request) -> bytes:
        """Return the whole answer to a request.

        Raises:
            UnreachableError: There was no complete answer in time.
            ApiRetryableError, ApiTerminalError: The answer says no.
            AnswerTooLargeError: It is longer than the limit.
            NotLeadingError: It would write, and we may not; nothing was sent.
        """
        patience = aiohttp.ClientTimeout(total=self._limits.request_seconds)
        try:
            async with self._answer(request, patience) as answer:
                return await _read(answer, self._limits.answer_bytes)
        except _NETWORK as error:
            failure = self._unreachable(error)
        # Raised out here, so that it does not carry the other error along: that one's repr shows
        # the headers of the request, the token among them.
        raise failure

    async def stream(self, request: Request) -> AsyncGenerator[bytes, None]:
        """Yield the answer to a request in pieces as they come, until the server ends it.

        Raises:
            SilentError: Nothing came for too long.
            UnreachableError: The connection was cut.
            ApiRetryableError, ApiTerminalError: The answer says no.
        """
        patience = aiohttp.ClientTimeout(
            sock_connect=self._limits.request_seconds, sock_read=self._limits.silence_seconds
        )
        failure: UnreachableError | None = None
        try:
            async with self._answer(request, patience) as answer:
                async for chunk in answer.content.iter_any():
                    yield chunk
        except aiohttp.SocketTimeoutError:
            failure = SilentError(f"the API server at {self._server}: a watch fell silent")
        except _NETWORK as error:
            failure = self._unreachable(error)
        if failure:
            raise failure  # out here for the reason that `ask` gives

    @asynccontextmanager
    async def _answer(
        self, request: Request, patience: aiohttp.ClientTimeout
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request and hand out the answer's head; an answer that says no is raised."""
        await self._throttle.acquire()
        token, believed = self._token.read() if self._token else "", self._trust.context()
        try:
            answer = await self._send(request, patience, token)
        except aiohttp.ClientSSLError:
            if not self._trust.reread(believed):
                raise
            answer = await self._send(request, patience, token)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._token and self._token.reread(token):
            answer.release()
            answer = await self._send(request, patience, self._token.read())
        async with answer:
            if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
                raise error_for(await _refusal(answer), after=_retry_after(answer))
            try:
                yield answer
            finally:
                # Left before its end, the connection is of no more use, and a polite farewell in
                # TLS would outlive us.
                if answer.connection and answer.connection.transport:
                    answer.connection.transport.abort()

    async def _send(
        self, request: Request, patience: aiohttp.ClientTimeout, token: str
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("the transport is not open")
        headers = {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if request.body is not None:
            is_patch = request.method == "PATCH"
            headers["Content-Type"] = f"application/{'merge-patch+' if is_patch else ''}json"
        if request.accept:
            headers["Accept"] = request.accept
        return await self._session.request(
            request.method,
            # Encoded already: the path must arrive as it was made.
            URL(self._server + request.path, encoded=True).with_query(request.query),
            headers=headers,
            data=None if request.body is None else BytesIO(request.body),
            timeout=patience,
            ssl=self._trust.context() or True,
            allow_redirects=False,  # a token goes to the server that was named and to no other
        )

    def _unreachable(self, error: Exception) -> UnreachableError:
        """Say in our own words what happened; the other's text may hold anything."""
        why = "the connection failed"
        if isinstance(error, TimeoutError):
            why = "no answer in time"
        elif isinstance(
            error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError | _CutError
        ):
            why = "the connection was cut"
        elif isinstance(error, aiohttp.ClientSSLError):
            why = "its certificate was not accepted"
        elif isinstance(error, OSError) and error.strerror:
            why = error.strerror
        return UnreachableError(f"the API server at {self._server}: {why}")


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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, AnswerTooLargeError):
        status = Status()
    phrase = responses.get(answer.status, "")
    message = status.message or f"the API server answered {answer.status} {phrase}".rstrip()
    return msgspec.structs.replace(status, code=answer.status, message=message)


def _retry_after(answer: aiohttp.ClientResponse) -> float | None:
    """Return the seconds of `Retry-After`; the API server never sends the form with a date."""
    value = answer.headers.get("Retry-After", "")
    if value.isascii() and value.isdigit() and len(value) <= _RETRY_AFTER_DIGITS:
        return float(value)
    return None
