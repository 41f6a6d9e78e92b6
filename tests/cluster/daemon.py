"""A program of the tests' cluster: started, killed, and started again."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.cluster import leash

__all__ = ["Daemon"]


class Daemon:
    """A program that runs until it is killed, or we are.

    Args:
        log: Where everything goes that it says.
        command: The program and its arguments.
    """

    def __init__(self, log: Path, command: Sequence[Path | str]) -> None:
        self._log = log
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, if it does not run."""
        if self.is_running:
            return
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", leash.__file__, *self._command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self._log.parent,
            )

    def kill(self) -> None:
        """Kill it without a farewell (SIGKILL), which takes kube-apiserver seconds."""
        if self._process is not None:
            self._process.communicate()
            self._process = None
