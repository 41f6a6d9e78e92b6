"""A network on the loopback, between a client and a server, that can be cut, silent or slow.

    async with Wire("127.0.0.1", port) as wire:
        client.connect("127.0.0.1", wire.port)
        wire.cut()
        wire.mend()

It passes bytes on and understands none, so TLS goes through it as it is.
"""

import asyncio
from enum import Enum
from types import TracebackType
from typing import Self

__all__ = ["Wire"]

_CHUNK_BYTES = 64 << 10


class _State(Enum):
    """How the network is."""

    WHOLE = "everything passes"
    CUT = "connections are closed, and new ones too"
    SILENT = "nothing passes, and nobody is told"


class Wire:
    """Passes connections on to a server.

    Args:
        host: The server's address.
        port: The server's port.

    Attributes:
        port: Where clients connect to.
        piece: At most so many bytes pass at once.
        pause: Seconds after each piece.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._server: asyncio.Server | None = None
        self._state = _State.WHOLE
        self._passing = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._knocks: asyncio.Queue[None] = asyncio.Queue()
        self.port = 0
        self.piece = _CHUNK_BYTES
        self.pause = 0.0

    async def __aenter__(self) -> Self:
        """Start to listen on a free port."""
        self._passing.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close everything."""
        if self._server:
            self._server.close()
        self._passing.set()
        # Each ends by itself when both its ends are gone.
        while self._tasks:
            self._abort()
            await asyncio.wait(self._tasks, timeout=1.0)

    def cut(self) -> None:
        """Close all connections and every new one, until it is mended."""
        self._state = _State.CUT
        self._abort()

    def drop(self) -> None:
        """Close all connections; new ones pass."""
        self._abort()

    def silence(self) -> None:
        """Let nothing pass any more and say nothing, until it is mended."""
        self._state = _State.SILENT
        self._passing.clear()

    def slow(self, piece: int, pause: float) -> None:
        """Let everything pass in small pieces with pauses between them, until it is mended."""
        self.piece, self.pause = piece, pause

    def mend(self) -> None:
        """Let everything pass. Connections that fell silent are dead: both ends have moved on."""
        if self._state is _State.SILENT:
            self._abort()
        self._state = _State.WHOLE
        self._passing.set()
        self.piece, self.pause = _CHUNK_BYTES, 0.0

    async def knocks(self, times: int) -> None:
        """Wait until so many new connections have been tried from now on."""
        while not self._knocks.empty():
            self._knocks.get_nowait()
        for _ in range(times):
            await self._knocks.get()

    def _abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._knocks.put_nowait(None)
        if self._state is _State.CUT:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            await self._join(reader, writer)
        except OSError:  # either end is gone, and then so is the other
            pass
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._writers.add(far_writer)
        try:
            async with asyncio.TaskGroup() as group:
                there = group.create_task(self._pump(reader, far_writer))
                back = group.create_task(self._pump(far_reader, writer))
                await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
                there.cancel()
                back.cancel()
        finally:
            self._writers.discard(far_writer)
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(self.piece):
                await self._passing.wait()
                writer.write(chunk)
                await writer.drain()
                if self.pause:
                    await asyncio.sleep(self.pause)
        except OSError:  # aborted by either end
            pass
