"""Runs the `sealer` program inside the test process, with streams and a folder of its own."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sealer.cli.main import main


@dataclass(frozen=True)
class Done:
    """What a run left behind.

    Attributes:
        code: The exit code.
        out: Standard output.
        err: Standard error.
    """

    code: int
    out: bytes
    err: str


class _Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal, or not."""

    def __init__(self, data: bytes = b"", *, is_terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8", write_through=True)
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        """Tell what the test wants to be true."""
        return self._is_terminal

    @property
    def content(self) -> bytes:
        """Return what was written."""
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue()


def run(*arguments: str, stdin: bytes = b"", terminals: str = "") -> Done:
    """Run the program.

    Args:
        arguments: The command line without the program's name.
        stdin: What it can read.
        terminals: Which streams are terminals: any of `in`, `out` and `err`.
    """
    streams = {
        name: _Terminal(stdin if name == "in" else b"", is_terminal=name in terminals)
        for name in ("in", "out", "err")
    }
    with _streams(streams["in"], streams["out"], streams["err"]):
        code = main(arguments)
    return Done(code, streams["out"].content, streams["err"].content.decode())


@contextlib.contextmanager
def _streams(stdin: _Terminal, stdout: _Terminal, stderr: _Terminal) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, stream in (("stdin", stdin), ("stdout", stdout), ("stderr", stderr)):
            patch.setattr(f"sys.{name}", stream)
        yield


def write_all(folder: Path, files: dict[str, str | bytes]) -> None:
    """Write files, and the folders that they are in."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, whatever its name; `.git` left out."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and ".git" not in file.relative_to(folder).parts
    }
