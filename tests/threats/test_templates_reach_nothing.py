"""No function that a template may call reaches anything outside of its object (threats.md T20)."""

import hashlib
import os
import platform
import random
import secrets
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from itertools import product
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
}
_CLOCKS = {"now", "utcnow", "today"}
# The database of time zones is data of the program: names of zones are looked up in it.
_OURS = ("zoneinfo", "tzdata")


class _Watch:
    """Notes what the interpreter does beyond itself; a hook of `sys` cannot be taken off again."""

    def __init__(self) -> None:
        self.is_on = False
        self.seen: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_on and event.startswith(_REACHING):
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
        """Note what happens in the block."""
        self.is_on, self.seen = True, []
        before = sys.getprofile()
        sys.setprofile(self._note_call)
        try:
            yield self.seen
        finally:
            sys.setprofile(before)
            self.is_on = False


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
    ],
)
def test_watch_notes_what_opens_nothing(watch: _Watch, reach: Callable[[], object]) -> None:
    """Nor do variables, the process, clocks and randomness escape it."""
    with watch.watching() as seen:
        reach()
    assert seen


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
