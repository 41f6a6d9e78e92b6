"""Writing to a terminal or a pipe, whatever its encoding, and knowing when that failed."""

import os
import sys
from collections.abc import Iterable

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from typing import TextIO


class ReportError(Exception):
    """The report cannot be written; the text is the system's reason."""


def say(stream: "TextIO | None", lines: Iterable[str]) -> None:
    """Write lines; what the terminal's encoding lacks is escaped instead of ending the program.

    Raises:
        ReportError: The lines cannot be written.
    """
    if stream is None:  # closed before the program began
        raise ReportError("it is closed")
    encoding = stream.encoding or "utf-8"
    printable = [line.encode(encoding, "backslashreplace").decode(encoding) for line in lines]
    try:
        stream.writelines(line + "\n" for line in printable)
        stream.flush()
    except OSError as error:
        raise ReportError(error.strerror or type(error).__name__) from None


def tell(lines: Iterable[str]) -> None:
    """Say something to people; whether they hear it changes no answer."""
    try:
        say(sys.stderr, lines)
    except ReportError:
        return


def silence_standard_output() -> None:
    """Keep the interpreter from trying again, and failing again, when it ends."""
    if sys.stdout is None:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
