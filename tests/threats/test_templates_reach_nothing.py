"""No function that a template may call reaches anything outside of its object (threats.md T20)."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import product

import pytest

from sealer.errors import TemplateError
from sealer.sensitive import SecretBytes
from sealer.templates import Renderer
from sealer.templates.functions import function_table

# Names of what a template might like to reach: files, variables, hosts, other Secrets.
FOREIGN = ('"/etc/hostname"', '"HOME"', '"localhost"', '"other/secret"', ".x")
MOST_ARGUMENTS = 3
_REACHING = ("open", "os.", "socket.", "subprocess.", "urllib.", "http.", "shutil.", "tempfile.")
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

    @contextmanager
    def watching(self) -> Iterator[list[str]]:
        """Note what happens in the block."""
        self.is_on, self.seen = True, []
        try:
            yield self.seen
        finally:
            self.is_on = False


@pytest.fixture(scope="module")
def watch() -> _Watch:
    """Note what the interpreter does."""
    return _Watch()


def _salts(*inputs: bytes) -> bytes:
    return hashlib.sha256(b"\0".join(inputs)).digest()[:16]


def _render(entry: str) -> None:
    with suppress(TemplateError):
        Renderer(_salts)({"e": entry}, {"x": SecretBytes(b"value")})


def test_watch_notes_what_reaches_out(watch: _Watch) -> None:
    """The watch itself sees a file that is read."""
    with watch.watching() as seen, open("/etc/hostname", "rb"):  # noqa: PTH123 - as a function would
        pass
    assert any("/etc/hostname" in told for told in seen)


@pytest.mark.parametrize("name", sorted(function_table(_salts).keys() - {"bcrypt", "htpasswd"}))
def test_function_reaches_nothing(watch: _Watch, name: str) -> None:
    """Given the names of files, variables, hosts and Secrets, it opens and asks for nothing."""
    calls = [
        f"{{{{ {name} {' '.join(given)} }}}}"
        for count in range(MOST_ARGUMENTS + 1)
        for given in product(FOREIGN, repeat=count)
    ]
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
