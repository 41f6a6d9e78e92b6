"""Serve the certificate, the state of health, metrics and what `posts` adds over plain HTTP.

Each connection serves one request and has to be done in time, so that idle or slow clients cannot
pile up. What a client has not waited for is not finished.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from sealer.errors import SealerError
from sealer_controller import logs
from sealer_controller.posts import MAXIMUM_BYTES, Posts
from sealer_controller.settings.values import Address
from sealer_keys.errors import EmptyKeyringError

__all__ = ["HttpLimits", "ListenError", "Source", "api", "metrics_page", "serve"]

_log = logs.logger(__name__)
_CERTIFICATE_PATH = "/v1/cert.pem"
_CERTIFICATE_TYPE = "application/x-pem-file"
_MAXIMUM_CONNECTIONS = 256
_LINGER_SECONDS = 2.0
_FAREWELL_SECONDS = 5.0
# A client may call its method anything, and must not make a series of each.
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_LOOK_SECONDS = 5.0
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_Counted = Callable[[str, str, int, float], None]


class ListenError(SealerError):
    """An address cannot be listened on. Free it, or give another one."""


class Source(Protocol):
    """What the API tells."""

    def certificate(self) -> bytes:
        """Return the newest key's certificate as PEM; EmptyKeyringError without a key."""

    @property
    def is_alive(self) -> bool:
        """Whether the process should go on."""

    @property
    def unready(self) -> Sequence[str]:
        """Why no requests should be sent here; nothing if they should."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How long a client may take.

    Attributes:
        read_seconds: To send its request; 0 for ever.
        write_seconds: To take the answer; 0 for ever.
        connections: How many clients at once.
    """

    read_seconds: float = 120.0
    write_seconds: float = 120.0
    connections: int = _MAXIMUM_CONNECTIONS

    @property
    def connection_seconds(self) -> float | None:
        """How long a connection may last; None for ever."""
        if not self.read_seconds or not self.write_seconds:
            return None
        return self.read_seconds + self.write_seconds


def api(source: Source, counted: _Counted, posts: Posts | None = None) -> web.Application:
    """Return the application on the API port.

    Args:
        source: What it tells.
        counted: Told path, method, status and seconds of each request to a `/v1` path.
        posts: The paths that are sent something; None where there is nobody to authorise.
    """

    async def certificate(_request: web.Request) -> web.Response:
        try:
            return web.Response(body=source.certificate(), content_type=_CERTIFICATE_TYPE)
        except EmptyKeyringError:
            return _words("cannot get certificate", HTTPStatus.INTERNAL_SERVER_ERROR)

    async def healthz(_request: web.Request) -> web.Response:
        return _state() if source.is_alive else _state("the workers hang")

    async def readyz(_request: web.Request) -> web.Response:
        return _state(*source.unready)

    paths = (_CERTIFICATE_PATH, *(posts.paths if posts else ()))
    app = web.Application(
        middlewares=[_counting(counted, frozenset(paths))], client_max_size=MAXIMUM_BYTES
    )
    app.router.add_get(_CERTIFICATE_PATH, certificate)
    app.router.add_route("*", "/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    if posts is not None:
        posts.add_to(app.router)
    return app


def metrics_page(render: Callable[[], bytes], content_type: str) -> web.Application:
    """Return the application on the metrics port.

    Args:
        render: Returns the page; it runs in a thread, because it may take long.
        content_type: What the page is.
    """

    async def page(_request: web.Request) -> web.Response:
        body = await asyncio.to_thread(render)
        return web.Response(body=body, headers={"Content-Type": content_type})

    app = web.Application()
    app.router.add_get("/metrics", page)
    return app


@asynccontextmanager
async def serve(
    app: web.Application, address: Address, limits: HttpLimits | None = None
) -> AsyncIterator[int]:
    """Serve an application until the block is left; yield the port.

    Raises:
        ListenError: The address cannot be listened on.
    """
    app.on_response_prepare.append(_finish)
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        lingering_time=_LINGER_SECONDS,
        shutdown_timeout=_FAREWELL_SECONDS,
        handler_cancellation=True,
        auto_decompress=False,  # a small body must stay small
    )
    await runner.setup()
    if runner.server is None:
        raise RuntimeError("the runner is not set up")
    gate = _Gate(runner.server, limits or HttpLimits())
    try:
        listening = await _listen(gate, address)
        port = int(listening.sockets[0].getsockname()[1])
        _log.info("listening", address=str(address._replace(port=port)))
        guard = asyncio.create_task(gate.guard())
        try:
            yield port
        finally:
            guard.cancel()
            listening.close()
    finally:
        await runner.cleanup()


async def _listen(gate: "_Gate", address: Address) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(gate, address.host or None, address.port)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else "no such host"
        raise ListenError(
            f"cannot listen on {address}: {why}", hint="free the address, or name another"
        ) from error


class _Gate:
    """Makes a handler for each connection, bounds how many there are and how long they last."""

    def __init__(self, server: web.Server, limits: HttpLimits) -> None:
        self._server = server
        self._limits = limits
        self._since: dict[web.RequestHandler, float] = {}

    def __call__(self) -> asyncio.Protocol:
        if len(self._server.connections) >= self._limits.connections:
            return _Busy()
        handler = self._server()
        self._since[handler] = time.monotonic()
        return handler

    async def guard(self) -> None:
        """End connections that last for too long, for ever."""
        limit = self._limits.connection_seconds
        while True:
            await asyncio.sleep(min(limit or _LOOK_SECONDS, _LOOK_SECONDS))
            open_now, now = set(self._server.connections), time.monotonic()
            # One that is not open is over, or so young that the server has yet to hear of it.
            self._since = {
                each: at
                for each, at in self._since.items()
                if each in open_now or now - at < _LOOK_SECONDS
            }
            for handler, since in self._since.items():
                if limit is not None and now - since > limit and handler.transport is not None:
                    handler.transport.abort()


class _Busy(asyncio.Protocol):
    """Closes a connection at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        transport.close()


async def _finish(_request: web.Request, response: web.StreamResponse) -> None:
    """Say no more about ourselves than needed, and serve one request per connection."""
    response.headers.pop("Server", None)
    response.headers["X-Content-Type-Options"] = "nosniff"
    # aiohttp has made the headers already: say what is going to happen ourselves.
    response.headers["Connection"] = "close"
    response.force_close()


def _counting(
    counted: _Counted, paths: frozenset[str]
) -> Callable[..., Awaitable[web.StreamResponse]]:
    @web.middleware
    async def count(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.path not in paths:
            return await handler(request)
        method = request.method if request.method in _METHODS else "unknown"
        started, status = time.perf_counter(), int(HTTPStatus.INTERNAL_SERVER_ERROR)
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            counted(request.path, method, status, time.perf_counter() - started)
        return response

    return count


def _state(*faults: str) -> web.Response:
    """Return `ok`, or what is wrong, a line for each."""
    if not faults:
        return _words("ok")
    return _words("\n".join(("not ok", *faults)), HTTPStatus.SERVICE_UNAVAILABLE)


def _words(text: str, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.Response(text=text + "\n", status=status)
