"""No function that a template may call reaches anything outside of its object (threats.md T20)."""

import _thread
import gc
import hashlib
import os
import platform
import queue
import random
import secrets
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from sealer.errors import TemplateError
from sealer.sensitive import SecretBytes
from sealer.templates import Renderer
from sealer.templates.functions import function_table

# Names of what a template might like to reach: files, variables, hosts, other Secrets.
FOREIGN = ('"/etc/hostname"', '"HOME"', '"localhost"', '"other/secret"', ".x")
_REACHING = ("open", "os.", "socket.", "subprocess.", "urllib.", "http.", "shutil.", "tempfile.")
# What raises no audit event, as nothing is opened: variables, the process, clocks, randomness.
_QUIET = {
    *("os", "posix", "platform", "pwd", "random", "_random", "secrets", "socket", "_socket"),
    *("time", "uuid", "_uuid"),
    # What another thread does is not noted; that one is started, or told something, is.
    *("_thread", "threading", "_queue", "queue"),
}
_CLOCKS = {"now", "utcnow", "today"}
# The database of time zones is data of the program: names of zones are looked up in it.
_OURS = ("zoneinfo", "tzdata")


class _Watch:
    """Notes what the interpreter does beyond itself; a hook of `sys` cannot be taken off again."""

    def __init__(self) -> None:
        self.thread = 0
        self.seen: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.thread == threading.get_ident() and event.startswith(_REACHING):
            told = f"{event} {arguments}"
            if not any(ours in told for ours in _OURS):
                self.seen.append(told)

    def _note_call(self, frame: FrameType, event: str, called: Any) -> None:  # noqa: ANN401 - whatever is called
        if event == "c_call":
            module, name = _home(called), called.__name__
        elif event == "call":
            module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_name
        else:
            return
        if module in _QUIET or (module == "datetime" and name in _CLOCKS):
            self.seen.append(f"{module}.{name}")

    @contextmanager
    def watching(self) -> Iterator[list[str]]:
        """Note what the block does, and not what others do meanwhile.

        These are other threads, and the garbage collector: it runs wherever memory is asked for,
        and calls others' callbacks (Hypothesis's looks at a clock) and finalizers from there.
        """
        before, collects = sys.getprofile(), gc.isenabled()
        gc.disable()
        self.thread, self.seen = threading.get_ident(), []
        sys.setprofile(self._note_call)
        try:
            yield self.seen
        finally:
            sys.setprofile(before)
            self.thread = 0
            if collects:
                gc.enable()


def _home(called: Any) -> str:  # noqa: ANN401 - any function that is written in C
    """Return the module that a function belongs to, or the class that it is a method of."""
    owner = getattr(called, "__self__", None)
    return str(called.__module__ or (owner if isinstance(owner, type) else type(owner)).__module__)


@pytest.fixture(scope="module")
def watch() -> _Watch:
    """Note what the interpreter does."""
    return _Watch()


def _salts(*inputs: bytes) -> bytes:
    return hashlib.sha256(b"\0".join(inputs)).digest()[:16]


def _render(entry: str) -> None:
    with suppress(TemplateError):
        Renderer(_salts)({"e": entry}, {"x": SecretBytes(b"value")})


def _arguments() -> Iterator[tuple[str, ...]]:
    """Yield what a function is given: up to two arguments in all ways, a third beside any two."""
    yield ()
    yield from product(FOREIGN, repeat=1)
    for (at, first), (after, second) in product(enumerate(FOREIGN), repeat=2):
        yield first, second
        yield first, second, FOREIGN[(at + after) % len(FOREIGN)]


def test_watch_notes_what_reaches_out(watch: _Watch) -> None:
    """The watch itself sees a file that is read."""
    with watch.watching() as seen, open("/etc/hostname", "rb"):  # noqa: PTH123 - as a function would
        pass
    assert any("/etc/hostname" in told for told in seen)


@pytest.mark.parametrize(
    "reach",
    [
        lambda: os.environ.get("HOME"),
        lambda: os.environb[b"PATH"],
        lambda: "HOME" in os.environ,
        lambda: os.getenv("HOME"),
        lambda: list(os.environ),
        os.getpid,
        os.getcwd,
        lambda: os.urandom(1),
        platform.node,
        random.random,
        lambda: random.SystemRandom().random(),
        lambda: secrets.token_bytes(1),
        socket.gethostname,
        time.time,
        time.monotonic,
        lambda: datetime.now(UTC),
        date.today,
        uuid.uuid4,
        lambda: _thread.start_new_thread(int, ()),
        lambda: threading.Thread(target=int).start(),
        lambda: queue.SimpleQueue[int]().put(1),
    ],
)
def test_watch_notes_what_opens_nothing(watch: _Watch, reach: Callable[[], object]) -> None:
    """Nor do variables, the process, clocks and randomness escape it."""
    with watch.watching() as seen:
        reach()
    assert seen


def test_watch_notes_nothing_of_others(watch: _Watch) -> None:
    """A callback of the garbage collector, and a thread that opens files, are not the block."""
    has_begun, is_over = threading.Event(), threading.Event()

    def read() -> None:
        while not is_over.is_set():
            Path("/etc/hostname").read_bytes()
            has_begun.set()

    def look_at_the_clock(*_: object) -> None:
        time.perf_counter()

    other, threshold = threading.Thread(target=read), gc.get_threshold()
    gc.callbacks.append(look_at_the_clock)
    gc.set_threshold(1)
    other.start()
    has_begun.wait()
    try:
        with watch.watching() as seen:
            for _ in range(100):
                _render("{{ list 1 2 }}")
    finally:
        gc.callbacks.remove(look_at_the_clock)
        gc.set_threshold(*threshold)
        is_over.set()
        other.join()
    assert not seen


@pytest.mark.parametrize("name", sorted(function_table(_salts).keys() - {"bcrypt", "htpasswd"}))
def test_function_reaches_nothing(watch: _Watch, name: str) -> None:
    """Given names of files, variables, hosts and Secrets, it opens, reads and asks for nothing."""
    calls = [f"{{{{ {name} {' '.join(given)} }}}}" for given in _arguments()]
    for call in calls:  # what is imported at the first call is not what the call does
        _render(call)
    with watch.watching() as seen:
        for call in calls:
            _render(call)
    assert not seen


def test_hash_of_a_password_reaches_nothing(watch: _Watch) -> None:
    """Hashes cost time on purpose, so each is made once."""
    for call in ('{{ bcrypt "localhost" }}', '{{ htpasswd "HOME" "/etc/hostname" }}'):
        _render(call)
        with watch.watching() as seen:
            _render(call)
        assert not seen
