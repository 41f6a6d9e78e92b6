"""The two paths that are sent something: methods, sizes, limits, and answers without detail."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from io import BytesIO

import aiohttp
import pytest

from sealer_controller.http import api, serve
from sealer_controller.operations import Answer
from sealer_controller.posts import MAXIMUM_BYTES, Posts
from sealer_controller.ratelimit import RateLimiter
from sealer_controller.settings.values import Address

LOOPBACK = Address("127.0.0.1", 0)
VERIFY, ROTATE = "/v1/verify", "/v1/rotate"
LIMITS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")


@dataclass
class Scripted:
    """What the paths ask; it answers what the test wants.

    Attributes:
        answer: What it answers.
        asked: What it was asked: path, body, and whether only for what is outdated.
        entered: Set when it is asked.
        leave: It answers no sooner than this is set.
        cancelled: How many were called off.
    """

    answer: Answer = field(default_factory=lambda: Answer(HTTPStatus.OK))
    asked: list[tuple[str, bytes, bool]] = field(default_factory=list)
    entered: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    leave: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def __post_init__(self) -> None:
        """Answer at once, until the test says otherwise."""
        self.leave.set()

    async def verify(self, body: bytes) -> Answer:
        """Answer."""
        return await self._answered(VERIFY, body)

    async def rotate(self, body: bytes, *, only_outdated: bool = False) -> Answer:
        """Answer."""
        return await self._answered(ROTATE, body, only_outdated=only_outdated)

    async def _answered(self, path: str, body: bytes, *, only_outdated: bool = False) -> Answer:
        self.asked.append((path, body, only_outdated))
        self.entered.release()
        try:
            await self.leave.wait()
        except asyncio.CancelledError:
            self.cancelled.release()
            raise
        return self.answer


class Told:
    """What else is told on the port."""

    is_alive = True
    unready: tuple[str, ...] = ()

    def certificate(self) -> bytes:
        """Return the certificate."""
        return b"PEM"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    body: bytes
    headers: dict[str, str]

    def limits(self) -> tuple[str, ...]:
        """Return what the headers say of the limits."""
        return tuple(self.headers.get(name, "") for name in LIMITS)


@dataclass
class Api:
    """A served API, and how to ask it."""

    operator: Scripted
    port: int
    session: aiohttp.ClientSession
    counted: list[tuple[str, str, int]]

    async def post(
        self, path: str, body: bytes = b"{}", method: str = "POST", **headers: str
    ) -> Reply:
        """Send something."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.session.request(method, url, data=BytesIO(body), headers=named) as answer:
            return Reply(answer.status, await answer.read(), dict(answer.headers))


@asynccontextmanager
async def served(verify: RateLimiter, rotate: RateLimiter | None = None) -> AsyncIterator[Api]:
    """Serve the paths with these limits."""
    operator = Scripted()
    counted: list[tuple[str, str, int]] = []

    def count(path: str, method: str, code: int, _seconds: float) -> None:
        counted.append((path, method, code))

    app = api(Told(), count, Posts(operator, verify, rotate))
    # The tests hold connections open that no session may take for its own.
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        serve(app, LOOPBACK) as port,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        yield Api(operator, port, session, counted)


@pytest.fixture
async def site() -> AsyncIterator[Api]:
    """The paths, with limits that no test reaches by accident."""
    async with served(RateLimiter(1000, 1000)) as found:
        yield found


@pytest.mark.parametrize("path", [VERIFY, ROTATE])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
async def test_only_post_is_allowed(site: Api, path: str, method: str) -> None:
    """405 names what is: the split of the roles depends on it (compat.md 3.4)."""
    reply = await site.post(path, method=method)
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    assert site.operator.asked == []
    assert site.counted == [(path, method if method != "PROPFIND" else "unknown", 405)]


@pytest.mark.parametrize("status", [200, 409, 400, 503])
async def test_verify_answers_with_a_code_alone(site: Api, status: int) -> None:
    """No body, whatever comes of it (conformance 90)."""
    site.operator.answer = Answer(HTTPStatus(status))
    reply = await site.post(VERIFY, b"body")
    assert (reply.status, reply.body) == (status, b"")
    assert reply.headers.get("Retry-After") == ("1" if status == 503 else None)
    assert site.operator.asked == [(VERIFY, b"body", False)]
    assert site.counted == [(VERIFY, "POST", status)]


async def test_rotate_answers_json_or_nothing(site: Api) -> None:
    """With the right type, which the original sends too late (conformance 91)."""
    site.operator.answer = Answer(HTTPStatus.OK, json.dumps({"a": 1}).encode())
    reply = await site.post(ROTATE, b"body")
    assert (reply.status, json.loads(reply.body)) == (200, {"a": 1})
    assert reply.headers["Content-Type"] == "application/json"
    site.operator.answer = Answer(HTTPStatus.INTERNAL_SERVER_ERROR)
    reply = await site.post(ROTATE)
    assert (reply.status, reply.body) == (500, b"")
    assert site.counted == [(ROTATE, "POST", 200), (ROTATE, "POST", 500)]


@pytest.mark.parametrize(
    ("query", "status", "asked"),
    [
        ("", 200, [False]),
        ("?only-outdated=1", 200, [True]),
        ("?only-outdated=0", 200, [False]),
        ("?other=1", 200, [False]),
        ("?only-outdated=yes", 400, []),
    ],
)
async def test_rotate_of_outdated_items_is_asked_for_by_a_flag(
    site: Api, query: str, status: int, asked: list[bool]
) -> None:
    """What is misspelt is not taken for the opposite."""
    assert (await site.post(ROTATE + query)).status == status
    assert [flag for _, _, flag in site.operator.asked] == asked


@pytest.mark.parametrize("path", [VERIFY, ROTATE])
@pytest.mark.parametrize("is_chunked", [False, True])
async def test_body_above_two_mebibytes_is_refused(site: Api, path: str, is_chunked: bool) -> None:  # noqa: FBT001 - a row of a table
    """413, whether or not the length is announced; at the limit it is taken."""

    async def chunks(size: int) -> AsyncIterator[bytes]:
        for at in range(0, size, 65536):
            yield b"x" * min(65536, size - at)

    assert MAXIMUM_BYTES == 2 << 20
    for size, status in ((MAXIMUM_BYTES, 200), (MAXIMUM_BYTES + 1, 413)):
        data = chunks(size) if is_chunked else BytesIO(b"x" * size)
        url = f"http://127.0.0.1:{site.port}{path}"
        async with site.session.post(url, data=data) as answer:
            assert (answer.status, await answer.read()) == (status, b"")
            assert "X-RateLimit-Limit" in answer.headers
    assert [len(body) for _, body, _ in site.operator.asked] == [MAXIMUM_BYTES]


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_body_above_the_limit_is_answered_when_it_is_sent(
    site: Api,
    is_chunked: bool,  # noqa: FBT001 - a row of a table
) -> None:
    """Not before: a proxy in between would take the early answer for a fault."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    size = MAXIMUM_BYTES + 65536
    length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {size}"
    first = f"{size:x}\r\n".encode() if is_chunked else b""
    writer.write(f"POST {VERIFY} HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n".encode() + first)
    writer.write(b"x" * (size - 1))
    await writer.drain()
    # A request that comes later is answered while this one still waits.
    assert (await site.post(VERIFY)).status == 200
    assert not reader._buffer  # type: ignore[attr-defined] # noqa: SLF001 - nothing has come yet
    writer.write(b"x\r\n0\r\n\r\n" if is_chunked else b"x")
    assert (await reader.readline()).split()[1] == b"413"
    writer.close()
    await writer.wait_closed()


async def test_body_far_above_the_limit_is_cut_off(site: Api) -> None:
    """Nobody keeps a connection busy with what will be refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    head = f"POST {VERIFY} HTTP/1.1\r\nHost: x\r\nContent-Length: {100 * MAXIMUM_BYTES}\r\n\r\n"
    writer.write(head.encode())
    assert (await reader.readline()).split()[1] == b"413"
    writer.close()
    await writer.wait_closed()


async def test_compressed_body_is_taken_as_it_is(site: Api) -> None:
    """A small body must not become a large one here."""
    packed = gzip.compress(b"x" * 10 * MAXIMUM_BYTES)
    await site.post(VERIFY, packed, Content_Encoding="gzip")
    assert site.operator.asked == [(VERIFY, packed, False)]


async def test_body_that_breaks_off_is_not_answered_for(site: Api) -> None:
    """Nobody is asked about half an object."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    head = f"POST {VERIFY} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode() + b"5\r\nhello\r\nnot a size\r\n")
    assert (await reader.readline()).split()[1] == b"400"
    writer.close()
    await writer.wait_closed()
    assert site.operator.asked == []


async def test_verify_limit_has_the_numbers_and_headers_of_the_original() -> None:
    """Rate 2 and burst 2: three at once; the fourth is refused in the original's words."""
    clock = [0]
    async with served(RateLimiter(2, 2, clock=lambda: clock[0])) as site:
        replies = [await site.post(VERIFY) for _ in range(4)]
        assert [reply.limits() for reply in replies] == [
            ("3", "2", "1", ""),
            ("3", "1", "1", ""),
            ("3", "0", "2", ""),
            ("3", "0", "2", "1"),
        ]
        assert [reply.status for reply in replies] == [200, 200, 200, 429]
        assert replies[3].body == b"limit exceeded\n"
        clock[0] += 500_000_000
        assert (await site.post(VERIFY)).status == 200
        assert len(site.operator.asked) == 4


async def test_limit_does_not_believe_a_header() -> None:
    """Whoever writes another origin into each request shares one bucket all the same."""
    async with served(RateLimiter(1, 0, clock=lambda: 0)) as site:
        codes = [
            (await site.post(VERIFY, X_Forwarded_For=f"10.0.0.{at}", Forwarded=f"for={at}")).status
            for at in range(3)
        ]
        assert codes == [200, 429, 429]


async def test_limits_of_the_two_paths_are_apart() -> None:
    """Who has used up one has the other; rotating is limited to 50 a second."""
    async with served(RateLimiter(1, 0, clock=lambda: 0)) as site:
        await site.post(VERIFY)
        assert (await site.post(VERIFY)).status == 429
        reply = await site.post(ROTATE)
        assert (reply.status, *reply.limits()[:2]) == (200, "50", "49")


async def test_limit_counts_what_is_refused_later() -> None:
    """A body that is too large or malformed is a request too; another method is none."""
    async with served(RateLimiter(1, 1, clock=lambda: 0)) as site:
        await site.post(VERIFY, method="GET")
        assert (await site.post(VERIFY, b"x" * (MAXIMUM_BYTES + 1))).limits()[:2] == ("2", "1")
        site.operator.answer = Answer(HTTPStatus.BAD_REQUEST)
        assert (await site.post(VERIFY)).limits()[:2] == ("2", "0")
        assert (await site.post(VERIFY)).status == 429


@pytest.mark.parametrize("path", [VERIFY, ROTATE])
async def test_requests_in_hand_are_limited(site: Api, path: str) -> None:
    """Six of one client at once; the next is told to come again, and may when one is done."""
    site.operator.leave.clear()
    asking = [asyncio.create_task(site.post(path)) for _ in range(6)]
    async with asyncio.timeout(30):
        for _ in range(6):
            await site.operator.entered.acquire()
    refused = await site.post(path)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    site.operator.leave.set()
    assert {(await each).status for each in asking} == {200}
    assert (await site.post(path)).status == 200


async def test_clients_are_told_apart_by_the_address_of_the_connection() -> None:
    """One that asks too often shuts out no other; eight requests of all are in hand at once."""
    elsewhere = aiohttp.TCPConnector(limit=0, local_addr=("127.0.0.2", 0))
    async with (
        served(RateLimiter(1, 5, clock=lambda: 0)) as site,
        aiohttp.ClientSession(connector=elsewhere) as session,
    ):
        other = replace(site, session=session)
        site.operator.leave.clear()
        asking = [asyncio.create_task(site.post(VERIFY)) for _ in range(6)]
        asking += [asyncio.create_task(other.post(VERIFY)) for _ in range(2)]
        async with asyncio.timeout(30):
            for _ in range(8):
                await site.operator.entered.acquire()
        refused = await other.post(VERIFY)
        assert (refused.status, refused.limits()) == (429, ("6", "3", "3", "1"))
        site.operator.leave.set()
        assert {(await each).status for each in asking} == {200}
        assert ((await site.post(VERIFY)).status, (await other.post(VERIFY)).status) == (429, 200)


async def test_client_that_goes_is_worked_for_no_longer(site: Api) -> None:
    """Nobody can leave work behind; the slot is free again."""
    site.operator.leave.clear()
    asking = [asyncio.create_task(site.post(VERIFY)) for _ in range(6)]
    async with asyncio.timeout(30):
        for _ in range(6):
            await site.operator.entered.acquire()
        for each in asking:
            each.cancel()
        for _ in range(6):
            await site.operator.cancelled.acquire()
    site.operator.leave.set()
    assert (await site.post(VERIFY)).status == 200


async def test_paths_do_not_exist_without_an_operator() -> None:
    """On folders nobody authorises."""
    async with (
        serve(api(Told(), lambda *_: None), LOOPBACK) as port,
        aiohttp.ClientSession() as session,
    ):
        for path in (VERIFY, ROTATE):
            async with session.post(f"http://127.0.0.1:{port}{path}", data=b"{}") as answer:
                assert answer.status == 404
