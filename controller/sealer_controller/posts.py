"""`POST /v1/verify` and `/v1/rotate`: how they are asked, how often, and how large.

They are meant to be reached through the API server's service proxy, which authorises. Whoever
reaches the port itself meets limits that count by the address of the connection; what a header says
about where a request comes from is not believed (compat.md 3.4).
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from sealer_controller.operations import Answer
from sealer_controller.ratelimit import Grant, RateLimiter

__all__ = ["MAXIMUM_BYTES", "Operator", "Posts"]

MAXIMUM_BYTES = 2 * 1024 * 1024
_MOST_DISCARDED = 4 * MAXIMUM_BYTES
VERIFY_PATH, ROTATE_PATH = "/v1/verify", "/v1/rotate"
_ROTATIONS_A_SECOND = 50
# Each request holds its body in memory until it is answered.
_AT_ONCE, _AT_ONCE_OF_ONE_CLIENT = 8, 6
_SOON = {"Retry-After": "1"}
_FLAGS = {"": False, "0": False, "1": True}
_Handler = Callable[[web.Request], Awaitable[web.Response]]


class Operator(Protocol):
    """Who does the work."""

    async def verify(self, body: bytes) -> Answer:
        """Answer whether a SealedSecret opens."""

    async def rotate(self, body: bytes, *, only_outdated: bool = False) -> Answer:
        """Answer with the SealedSecret, sealed anew."""


class Posts:
    """The two paths.

    Args:
        operator: Who does the work.
        verify_limiter: How often each client may verify.
        rotate_limiter: How often each client may rotate; the default is 50 times a second.
    """

    paths = (VERIFY_PATH, ROTATE_PATH)

    def __init__(
        self,
        operator: Operator,
        verify_limiter: RateLimiter,
        rotate_limiter: RateLimiter | None = None,
    ) -> None:
        self._operator = operator
        self._verify_gate = _Gate(verify_limiter)
        self._rotate_gate = _Gate(
            rotate_limiter or RateLimiter(_ROTATIONS_A_SECOND, _ROTATIONS_A_SECOND - 1)
        )

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Serve the paths; other methods are answered 405."""
        router.add_post(VERIFY_PATH, self._verify_gate.guarding(self._verify))
        router.add_post(ROTATE_PATH, self._rotate_gate.guarding(self._rotate))

    async def _verify(self, request: web.Request) -> web.Response:
        body = await _body(request)
        return body if isinstance(body, web.Response) else _sent(await self._operator.verify(body))

    async def _rotate(self, request: web.Request) -> web.Response:
        only_outdated = _FLAGS.get(request.query.get("only-outdated", ""))
        if only_outdated is None:
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        body = await _body(request)
        if isinstance(body, web.Response):
            return body
        return _sent(await self._operator.rotate(body, only_outdated=only_outdated))


class _Gate:
    """Lets clients in: not too often, and not too many at the same time."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter
        self._inside: Counter[str] = Counter()

    def guarding(self, handler: _Handler) -> _Handler:
        """Return a handler that is asked only where the limits allow it."""

        async def guarded(request: web.Request) -> web.Response:
            client = request.remote or ""
            grant = self._limiter.take(client)
            if grant.retry_after is not None:
                response = _busy(str(grant.retry_after))
            elif self._is_full(client):
                response = _busy("1")
            else:
                response = await self._entered(client, handler, request)
            response.headers.update(_headers(grant))
            return response

        return guarded

    async def _entered(self, client: str, handler: _Handler, request: web.Request) -> web.Response:
        self._inside[client] += 1
        try:
            return await handler(request)
        finally:
            self._inside[client] -= 1
            if not self._inside[client]:
                del self._inside[client]

    def _is_full(self, client: str) -> bool:
        is_greedy = self._inside[client] >= _AT_ONCE_OF_ONE_CLIENT
        return is_greedy or self._inside.total() >= _AT_ONCE


async def _body(request: web.Request) -> bytes | web.Response:
    """Return the body of a request, or why it is refused."""
    if (request.content_length or 0) <= MAXIMUM_BYTES:
        try:
            return await request.read()
        except web.HTTPRequestEntityTooLarge:
            pass
    await _discard_rest(request)
    return web.Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


async def _discard_rest(request: web.Request) -> None:
    """Let a client finish that sends too much, or it may see a closed connection and no answer.

    The API server's proxy gives up a request that is answered while its body is under way. A body
    that goes far beyond the limit is cut off all the same.
    """
    left = _MOST_DISCARDED
    if (request.content_length or 0) > left:
        return
    while left > 0 and (piece := await request.content.readany()):
        left -= len(piece)


def _sent(answer: Answer) -> web.Response:
    headers = _SOON if answer.status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    if not answer.body:
        return web.Response(status=answer.status, headers=headers)
    return web.Response(body=answer.body, content_type="application/json", headers=headers)


def _busy(seconds: str) -> web.Response:
    """Refuse, in the original's words."""
    return web.Response(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        text="limit exceeded\n",
        headers={"Retry-After": seconds},
    )


def _headers(grant: Grant) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(grant.limit),
        "X-RateLimit-Remaining": str(grant.remaining),
        "X-RateLimit-Reset": str(grant.reset),
    }
