"""Runs the program on a real terminal, and types into it as people do."""

import contextlib
import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic

_SECONDS = 30
# Run by this interpreter, so that it is the program of this tree.
_PROGRAM = "import sys; from sealer.cli.main import main; sys.exit(main())"


@dataclass
class Terminal:
    """A program that runs on a terminal of its own.

    Attributes:
        process: The program.
        shown: What the terminal shows so far: all that was printed or echoed.
    """

    process: "subprocess.Popen[bytes]"
    _controller: int
    shown: str = ""
    _seen: int = field(default=0)

    def wait_for(self, text: str) -> None:
        """Wait until the terminal shows a text, behind what was waited for before."""
        end = monotonic() + _SECONDS
        while (at := self.shown.find(text, self._seen)) < 0:
            assert self._read(end), f"{text!r} did not come: {self.shown!r}"
        self._seen = at + len(text)

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._controller, f"{text}\n".encode())

    def press(self, key: bytes) -> None:
        """Press a key, such as the byte 3 for Ctrl-C."""
        os.write(self._controller, key)

    @property
    def has_echo(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._controller)[3] & termios.ECHO)

    def finish(self) -> int:
        """Wait for the program's end and return its exit code."""
        end = monotonic() + _SECONDS
        while self._read(end):
            pass
        return self.process.wait(timeout=_SECONDS)

    def _read(self, end: float) -> bool:
        """Take in what is printed; tell whether there can be more."""
        ready, _, _ = select.select([self._controller], [], [], max(0, end - monotonic()))
        assert ready, f"nothing more was printed: {self.shown!r}"
        try:
            data = os.read(self._controller, 65536)
        except OSError:  # Linux's way to say that the program closed its side
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)


def without_terminal(*arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the `sealer` program where there is no terminal at all.

    Args:
        arguments: The command line without the program's name.
        given: What standard input holds.
    """
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        input=given,
        capture_output=True,
        text=True,
        start_new_session=True,  # or it would find the terminal of whoever runs the tests
        check=False,
        timeout=_SECONDS,
    )


@contextlib.contextmanager
def on_terminal(*arguments: str, stdin: int | None = None) -> Iterator[Terminal]:
    """Run the `sealer` program on a terminal of its own, in the current folder and environment.

    Args:
        arguments: The command line without the program's name.
        stdin: A file descriptor to read from instead of the terminal.
    """
    controller, terminal = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        os.close(os.open(os.ttyname(terminal), os.O_RDWR))  # now it is the controlling one

    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *arguments],
        stdin=terminal if stdin is None else stdin,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "NO_COLOR": "1"},
        preexec_fn=take_terminal,  # noqa: PLW1509 - it calls nothing but the system
    )
    os.close(terminal)
    try:
        yield Terminal(process, controller)
    finally:
        process.kill()
        process.wait()
        os.close(controller)
