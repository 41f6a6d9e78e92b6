"""An API server in the test's own process, for speed and for faults.

    async with FakeApi() as api:
        api.store.create(SECRETS, {...}, "default")
        async with KubeClient(Access(api.url)) as client:
            ...

It serves the kinds of `kinds.py` and behaves as the real one does; `tests/contract` runs the same
tests against both. What goes wrong on demand is in `faults.py`.
"""

import asyncio
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.fake import refusals
from tests.fake.faults import (
    Act,
    Answer,
    Call,
    Cut,
    CutAfter,
    CutInLine,
    Denied,
    ErrorLine,
    Faults,
    Line,
    Noise,
    Page,
    Silent,
    Slow,
)
from tests.fake.kinds import Kind
from tests.fake.paging import page
from tests.fake.refusals import Refusal
from tests.fake.routes import MAX_BODY, not_served, parse, read_body
from tests.fake.selectors import matcher
from tests.fake.storage import Store
from tests.fake.watches import Command, Watch, line

__all__ = ["NOBODY_TOKEN", "FakeApi"]

# The user with this token is known and may do nothing.
NOBODY_TOKEN = "nobody"


class FakeApi:
    """A fake API server on a free loopback port.

    Args:
        store: Objects that are there already.
        tls: Serve HTTPS with this.

    Attributes:
        store: The objects; tests may read and change them behind the clients' backs.
        faults: What goes wrong next.
        calls: Every request so far.
        watches: The watches that are open now.
        token: The bearer token that is asked for; empty asks for none.
        tokens: Others that are taken as well.
        tls: What it serves HTTPS with; another one counts from the next start on.
    """

    def __init__(self, *, store: Store | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.store = store or Store()
        self.tls = tls
        self.faults = Faults()
        self.calls: list[Call] = []
        self.watches: list[Watch] = []
        self.token = ""
        self.tokens: set[str] = set()
        self._removed: set[Kind] = set()
        self._news = asyncio.Condition()
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        """Start to listen; at the same address as before after a stop."""
        self._closing.clear()
        app = web.Application(client_max_size=MAX_BODY + 1)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self.tls)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection and stop to listen; the objects stay."""
        self._closing.set()
        self.command(Command.CUT)
        if self._runner:
            await self._runner.cleanup()

    def uninstall(self, kind: Kind) -> None:
        """Remove a kind with all its objects, as the deletion of its CRD does."""
        for obj in self.store.select(kind, lambda _: True):
            self.store.delete(kind, obj["metadata"]["name"], obj["metadata"].get("namespace", ""))
        self._removed.add(kind)
        self.command(Command.END, kind.plural)

    def install(self, kind: Kind) -> None:
        """Serve a kind again; there are no objects of it."""
        self._removed.discard(kind)

    def command(self, command: Command, plural: str = "") -> None:
        """Make all open watches, or those of one kind, do something."""
        for watch in self.watches:
            if plural in ("", watch.kind.plural):
                watch.do(command)

    async def called(self, verb: str, resource: str, times: int = 1) -> list[Call]:
        """Wait until so many requests of a kind have come; return all that have."""

        def found() -> list[Call]:
            return [call for call in self.calls if (call.verb, call.resource) == (verb, resource)]

        await self.until(lambda: len(found()) >= times)
        return found()

    async def watched(self, plural: str) -> Watch:
        """Wait until a kind is watched; return the watch."""

        def found() -> list[Watch]:
            return [watch for watch in self.watches if watch.kind.plural == plural]

        await self.until(lambda: bool(found()))
        return found()[-1]

    async def unwatched(self) -> None:
        """Wait until nothing is watched any more."""
        await self.until(lambda: not self.watches)

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until something is so, asking after each request and whenever a watch ends."""
        async with self._news:
            await self._news.wait_for(happened)

    async def _wait(self, *events: asyncio.Event) -> None:
        """Wait for one of the events, or until the server is stopped."""
        tasks = [asyncio.create_task(event.wait()) for event in (*events, self._closing)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            kind, call = parse(request)
            self.calls.append(call)
            await self._tell()
            self._admit(request, kind, call)
            if kind in self._removed:
                raise not_served()
            return await self._act(request, kind, call, self.faults.take(call))
        except Refusal as refusal:
            if not refusal.reason and refusal.code == 404:
                return web.Response(status=404, text=refusal.message)
            body = refusals.status(refusal)
            return web.json_response(body, status=refusal.code, headers=refusal.headers)

    def _admit(self, request: web.Request, kind: Kind, call: Call) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token == NOBODY_TOKEN:
            verb, resource, namespace, name = call.verb, call.resource, call.namespace, call.name
            raise refusals.forbidden(kind, verb, resource, namespace, name)
        if self.token and token not in {self.token, *self.tokens}:
            raise refusals.unauthorized()

    async def _act(
        self, request: web.Request, kind: Kind, call: Call, act: Act | None
    ) -> web.StreamResponse:
        """Carry out a request, or what is to happen to it instead."""
        if isinstance(act, Slow):
            await self._wait(act.until)
        elif isinstance(act, Silent) and call.verb != "watch":
            await self._wait()
            return _close(request)
        elif isinstance(act, CutAfter):
            await self._work(request, kind, call)
            return _close(request)
        elif act and (instead := _instead(request, kind, call, act)):
            return instead
        if call.verb == "watch":
            return await self._watch(request, kind, call, act)
        return await self._work(request, kind, call)

    async def _work(self, request: web.Request, kind: Kind, call: Call) -> web.Response:
        body = await read_body(request) if call.verb not in ("get", "list") else {}
        status = call.resource.endswith("/status")
        name, namespace = call.name, call.namespace
        match call.verb:
            case "get":
                return web.json_response(self.store.get(kind, name, namespace))
            case "list":
                return web.json_response(page(self.store, kind, call))
            case "create":
                dry = call.query.get("dryRun") == "All"
                made = self.store.create(kind, body, namespace, is_dry_run=dry)
                return web.json_response(made, status=201)
            case "update":
                put = self.store.replace(kind, body, name, namespace, status=status)
                return web.json_response(put)
            case "patch":
                patched = self.store.patch(kind, body, name, namespace)
                return web.json_response(patched)
        wanted = body.get("preconditions") or {}
        uid, version = wanted.get("uid", ""), wanted.get("resourceVersion", "")
        left = self.store.delete(kind, name, namespace, uid=uid, version=version)
        success = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        return web.json_response(left or success)

    async def _watch(
        self, request: web.Request, kind: Kind, call: Call, act: Act | None
    ) -> web.StreamResponse:
        query = call.query
        labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
        match = matcher(kind, call.namespace, labels, fields)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        if isinstance(act, Silent):
            await self._wait()
            return _close(request, response)
        if isinstance(act, ErrorLine):
            status = refusals.status(Refusal(act.code, act.reason, act.message))
            await response.write(line("ERROR", status))
            return response
        if isinstance(act, Line):
            await response.write(act.text + b"\n")
        watch = Watch(self.store, kind, call, match)
        if isinstance(act, CutInLine):
            watch.do(Command.CUT_IN_LINE)
        self.watches.append(watch)
        await self._tell()
        try:
            return await _stream(request, response, watch, query)
        finally:
            self.watches.remove(watch)
            await asyncio.shield(self._tell())


def _instead(request: web.Request, kind: Kind, call: Call, act: Act) -> web.StreamResponse | None:
    """Return the answer that a fault puts in the place of the right one, if it does."""
    match act:
        case Answer(code, reason, message, retry_after, causes):
            headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
            details = {"causes": list(causes)} if causes else {}
            raise Refusal(code, reason, message, details, headers)
        case Denied():
            name = call.name
            raise refusals.forbidden(kind, call.verb, call.resource, call.namespace, name)
        case Page(code, body, location):
            headers = {"Location": location} if location else {}
            return web.Response(status=code, body=body, headers=headers)
        case Noise():
            if request.transport:
                request.transport.write(b"This is not HTTP\r\n\r\n")
            return _close(request)
        case Cut():
            return _close(request)
    return None


async def _stream(
    request: web.Request, response: web.StreamResponse, watch: Watch, query: dict[str, str]
) -> web.StreamResponse:
    seconds = float(query.get("timeoutSeconds", "3600"))
    async for text in watch.lines(query.get("resourceVersion", ""), seconds):
        if isinstance(text, bytes):
            await response.write(text)
        elif text is Command.GARBLE:
            await response.write(b"this is not JSON\n")
        else:
            if text is Command.CUT_IN_LINE:
                await response.write(b'{"type":"ADDED","object":{"metadata":{"na')
            return _close(request, response)
    return response


def _close(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    """Close the connection; what was sent so far arrives, and then nothing."""
    if request.transport:
        request.transport.close()
    return response or web.Response()
