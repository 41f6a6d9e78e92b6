"""The controller as a process of its own: started, listened to, stopped.

    with started("--source", ...) as running:
        running.until("reconciled", name="db")

What it does is known from its log lines, so no test has to sleep.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

__all__ = ["COMMAND", "Running", "environment", "finished", "started"]

Line = dict[str, Any]
COMMAND = (sys.executable, "-P", "-m", "sealer_controller.main")


class Running:
    """A running controller.

    Attributes:
        lines: What it has logged so far.
    """

    def __init__(self, process: subprocess.Popen[str], output: IO[str]) -> None:
        self._process = process
        self._texts: SimpleQueue[str | None] = SimpleQueue()
        self.lines: list[Line] = []
        # A pipe that nobody reads is full at some time, and the controller would wait for us.
        self._reader = Thread(target=self._read, args=(output,))
        self._reader.start()

    def until(self, event: str, **fields: object) -> Line:
        """Read on until it logs an event with these fields; return the line."""
        wanted = {"msg": event, **fields}
        for text in self._output():
            line = self._take(text)
            if {key: line.get(key) for key in wanted} == wanted:
                return line
        raise AssertionError(f"it ended without {wanted}: {self.lines}")

    def until_each(self, *wanted: Line) -> None:
        """Read on until it has logged lines with all of these fields, in whatever order."""
        missing = list(wanted)
        for text in self._output():
            line = self._take(text)
            missing = [each for each in missing if {key: line.get(key) for key in each} != each]
            if not missing:
                return
        raise AssertionError(f"it ended without {missing}: {self.lines}")

    def until_text(self, part: str) -> None:
        """Read on until it prints a line with this text in it, escaped as JSON or not."""
        for text in self._output():
            self._take(text)
            if part in text.replace('\\"', '"'):
                return
        raise AssertionError(f"it ended without {part!r}: {self.lines}")

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, or None while it runs."""
        return self._process.poll()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; return the exit code."""
        self.signal(number)
        return self.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait until it ends; return the exit code."""
        for text in self._output():
            self._take(text)
        return self._process.wait(timeout=60)

    def join(self) -> None:
        """Wait until all that it wrote has been read; it has to have ended."""
        self._reader.join()

    def _read(self, output: IO[str]) -> None:
        for text in output:
            self._texts.put(text)
        self._texts.put(None)

    def _output(self) -> Iterator[str]:
        """Yield what it writes, until it ends."""
        while (text := self._texts.get()) is not None:
            yield text
        self._texts.put(None)  # whoever asks again is told the same

    def _take(self, text: str) -> Line:
        line: Line = json.loads(text) if text.startswith("{") else {"msg": text}
        self.lines.append(line)
        return line


@contextmanager
def started(
    *arguments: object, environ: Mapping[str, str] | None = None, within: Sequence[object] = ()
) -> Iterator[Running]:
    """Start the controller; it is killed when the block is left, if it still runs.

    Args:
        arguments: Its command line.
        environ: Variables that it gets besides our own.
        within: A command that ends with becoming the one whose words follow its own.
    """
    process = subprocess.Popen(
        [*map(str, within), *COMMAND, *map(str, arguments)],
        env=environment(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as output:
        running = Running(process, output)
        try:
            yield running
        finally:
            process.kill()
            process.wait()
            running.join()


def finished(
    *arguments: object, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the controller to its end; return exit code and output."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=environment(environ),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the test's own environment without settings for the controller."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("SEALED_SECRETS_", "KUBERNETES_", "POD_"))
    }
    return kept | {"PYTHONUNBUFFERED": "1"} | dict(more or {})
