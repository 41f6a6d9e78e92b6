"""The HTTP endpoints: what they answer, what they refuse, and that nobody can hold them up."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from sealer_controller import http
from sealer_controller.http import HttpLimits, ListenError, api, metrics_page, serve
from sealer_controller.settings.values import Address
from sealer_keys.errors import EmptyKeyringError

LOOPBACK = Address("127.0.0.1", 0)
PEM = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
MISSING = ("/", "/v1", "/v1/cert.pem/", "/metrics")


@dataclass
class Told:
    """What the endpoints tell, and what was counted."""

    pem: bytes = PEM
    is_alive: bool = True
    unready: tuple[str, ...] = ()
    counted: list[tuple[str, str, int]] = field(default_factory=list)

    def certificate(self) -> bytes:
        """Return the certificate."""
        if not self.pem:
            raise EmptyKeyringError("no key")
        return self.pem

    def count(self, path: str, method: str, code: int, seconds: float) -> None:
        """Note a request."""
        assert seconds >= 0
        self.counted.append((path, method, code))


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: dict[str, str]


Ask = Callable[..., Awaitable[Answer]]


@asynccontextmanager
async def asking(app: web.Application, limits: HttpLimits | None = None) -> AsyncIterator[Ask]:
    """Serve an application; hand out a function that asks it."""
    async with serve(app, LOOPBACK, limits) as port, aiohttp.ClientSession() as session:

        async def ask(path: str, method: str = "GET", body: bytes | None = None) -> Answer:
            url = f"http://127.0.0.1:{port}{path}"
            async with session.request(method, url, data=body) as answer:
                return Answer(answer.status, await answer.read(), dict(answer.headers))

        yield ask


@pytest.fixture
def told() -> Told:
    """What the API tells."""
    return Told()


@pytest.fixture
async def ask(told: Told) -> AsyncIterator[Ask]:
    """Ask the API."""
    async with asking(api(told, told.count)) as function:
        yield function


async def test_certificate_is_served_as_the_original_does(ask: Ask, told: Told) -> None:
    """Exactly what the keyring says, and it follows a change of the key (conformance 89)."""
    answer = await ask("/v1/cert.pem")
    assert (answer.status, answer.body) == (200, PEM)
    assert answer.headers["Content-Type"] == "application/x-pem-file"
    told.pem = PEM + b"new"
    assert (await ask("/v1/cert.pem")).body == told.pem
    head = await ask("/v1/cert.pem", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert told.counted == [
        ("/v1/cert.pem", "GET", 200),
        ("/v1/cert.pem", "GET", 200),
        ("/v1/cert.pem", "HEAD", 200),
    ]


async def test_certificate_without_a_key_is_500(ask: Ask, told: Told) -> None:
    """With the original's words."""
    told.pem = b""
    answer = await ask("/v1/cert.pem")
    assert (answer.status, answer.body) == (500, b"cannot get certificate\n")
    assert told.counted == [("/v1/cert.pem", "GET", 500)]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_certificate_takes_no_other_method(ask: Ask, told: Told, method: str) -> None:
    """405 names what is allowed; the split of the roles depends on it (compat.md 3.4)."""
    answer = await ask("/v1/cert.pem", method, b"x" * 1000)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET,HEAD"
    assert told.counted == [("/v1/cert.pem", method, 405)]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_health_is_ok_until_the_workers_hang(ask: Ask, told: Told, method: str) -> None:
    """To whatever method, as in the original."""
    answer = await ask("/healthz", method)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.body == (b"" if method == "HEAD" else b"ok\n")
    told.is_alive = False
    assert (await ask("/healthz", method)).status == 503
    assert (await ask("/healthz")).body == b"not ok\nthe workers hang\n"


async def test_readiness_follows_the_controller(ask: Ask, told: Told) -> None:
    """503 and why, as long as something is in the way; health does not depend on it."""
    told.unready = ("there is no key", "the watch of secrets fails: unreachable")
    answer = await ask("/readyz")
    assert answer.status == 503
    assert answer.body.decode().splitlines() == ["not ok", *told.unready]
    assert (await ask("/healthz")).status == 200
    told.unready = ()
    assert (await ask("/readyz")).body == b"ok\n"
    assert (await ask("/readyz", "POST")).status == 405


@pytest.mark.parametrize("path", MISSING)
async def test_other_paths_do_not_exist(ask: Ask, told: Told, path: str) -> None:
    """404, and not counted: a stranger must not make series."""
    for method in ("GET", "POST"):
        assert (await ask(path, method, b"{}")).status == 404
    assert told.counted == []


async def test_answer_tells_little_about_us(ask: Ask) -> None:
    """No version of Python or of a library."""
    answer = await ask("/healthz")
    assert "Server" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Connection"] == "close"


async def test_metrics_have_a_port_of_their_own() -> None:
    """`/metrics` and nothing else; the page is made outside of the event loop."""
    loop = asyncio.get_running_loop()

    def render() -> bytes:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        assert loop.is_running()
        return b"a 1\n"

    async with asking(metrics_page(render, "text/plain; version=0.0.4; charset=utf-8")) as ask:
        answer = await ask("/metrics")
        assert (answer.status, answer.body) == (200, b"a 1\n")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert (await ask("/metrics", "POST")).status == 405
        assert (await ask("/healthz")).status == 404


@pytest.mark.parametrize(
    ("host", "why"), [("127.0.0.1", "Address already in use"), ("no.such.host.invalid", "no such")]
)
async def test_address_that_cannot_be_had_is_an_error(told: Told, host: str, why: str) -> None:
    """And not a line in the log of a process that lives on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = Address(host, taken.getsockname()[1])
        with pytest.raises(ListenError, match=why):
            async with serve(api(told, told.count), address):
                raise AssertionError("it must not be served")


async def test_client_that_never_asks_is_dropped(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection has its time, whether it says nothing or asks in drops."""
    monkeypatch.setattr(http, "_LOOK_SECONDS", 0.01)
    limits = HttpLimits(read_seconds=0.02, write_seconds=0.02)
    async with serve(api(told, told.count), LOOPBACK, limits) as port:
        for drops in (b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: "):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(drops)
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()


async def test_connections_above_the_limit_are_closed(told: Told) -> None:
    """Idle clients cannot use up our descriptors."""
    async with (
        serve(api(told, told.count), LOOPBACK, HttpLimits(connections=2)) as port,
        aiohttp.ClientSession() as session,
    ):
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(f"http://127.0.0.1:{port}/healthz")
        for _, writer in idle:
            writer.close()


def test_time_without_limit_is_for_ever() -> None:
    """0 is Go's way to say so."""
    assert HttpLimits(0, 5).connection_seconds is None
    assert HttpLimits(5, 0).connection_seconds is None
    assert HttpLimits(5, 6).connection_seconds == 11
