"""One open watch of the fake API server: which lines it sends, and how it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from enum import Enum
from typing import Any

from tests.fake import partial, refusals
from tests.fake.faults import Call
from tests.fake.kinds import Kind
from tests.fake.refusals import Refusal
from tests.fake.selectors import Match
from tests.fake.storage import Event, Store
from tests.fake.validation import Object

__all__ = ["Command", "Watch", "line"]

_INITIAL_END = {"k8s.io/initial-events-end": "true"}


class Command(Enum):
    """What a test can make a watch do."""

    BOOKMARK = "send a bookmark"
    END = "end it as agreed"
    CUT = "close the connection"
    CUT_IN_LINE = "send half a line, then close the connection"
    GARBLE = "send a line that is no JSON"


class Watch:
    """A watch that a client holds open.

    Attributes:
        kind: What is watched.
        namespace: Where; empty for everywhere.
    """

    def __init__(self, store: Store, kind: Kind, call: Call, match: Match) -> None:
        self.kind = kind
        self.namespace = call.namespace
        self._store = store
        self._match = match
        self._shown = partial.shown if call.is_partial else _whole
        self._queue: asyncio.Queue[Event | Command] = asyncio.Queue()

    def do(self, command: Command) -> None:
        """Make it do something, after the events that came before."""
        self._queue.put_nowait(command)

    async def lines(self, version: str, seconds: float) -> AsyncIterator[bytes | Command]:
        """Yield its lines, and the commands that only the connection can carry out.

        Args:
            version: Where to go on; empty or `0` sends all objects first.
            seconds: How long the client wants it.
        """
        self._store.subscribe(self._queue)
        try:
            async with asyncio.timeout(seconds):
                for first in self._beginning(version):
                    yield first
                while True:
                    item = await self._queue.get()
                    if isinstance(item, Event):
                        if told := self._told(item):
                            yield told
                    elif item is Command.BOOKMARK:
                        yield self._bookmark({})
                    elif item is Command.END:
                        return
                    else:
                        yield item
        except TimeoutError:
            return
        finally:
            self._store.unsubscribe(self._queue)

    def _beginning(self, version: str) -> list[bytes]:
        if version in ("", "0"):
            objects = self._store.select(self.kind, self._match)
            return [
                *(line("ADDED", self._shown(obj)) for obj in objects),
                self._bookmark(_INITIAL_END),
            ]
        try:
            told = [self._told(event) for event in self._store.events(self.kind, int(version))]
        except Refusal as refusal:
            self.do(Command.END)
            return [line("ERROR", refusals.status(refusal))]
        return [text for text in told if text]

    def _told(self, event: Event) -> bytes:
        """Return the line for an event, empty when it does not concern this watch."""
        if event.kind != self.kind:
            return b""
        before = event.old is not None and self._match(event.old)
        after = event.new is not None and self._match(event.new)
        if event.new is not None and after:
            return line("MODIFIED" if before else "ADDED", self._shown(event.new))
        if event.old is not None and before:
            # The last state that matched, under the version of what ended it.
            metadata = event.old["metadata"] | {"resourceVersion": str(event.version)}
            return line("DELETED", self._shown(event.old | {"metadata": metadata}))
        return b""

    def _bookmark(self, annotations: dict[str, str]) -> bytes:
        metadata: dict[str, Any] = {"resourceVersion": str(self._store.version)}
        if annotations:
            metadata["annotations"] = annotations
        typed = {"apiVersion": self.kind.api_version, "kind": self.kind.kind}
        return line("BOOKMARK", self._shown(typed | {"metadata": metadata}))


def _whole(obj: Object) -> Object:
    return obj


def line(kind: str, obj: dict[str, Any]) -> bytes:
    """Return one line of a watch."""
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"
