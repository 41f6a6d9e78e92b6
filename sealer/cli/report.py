"""Errors to lines on standard error: every fault of a run, each with its place and its hint."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from sealer.cli.console import Console
from sealer.cli.errors import KeyFileError, ObjectRefusedError
from sealer.errors import InputError, ManyErrors, SealerError, UnsealError, Where

_PLACED = (InputError, UnsealError, KeyFileError, ObjectRefusedError)


def report(error: SealerError, console: Console) -> None:
    """Say what went wrong, fault by fault; the same words are said once."""
    said: set[tuple[Where | None, str]] = set()
    for fault in flatten(error):
        where = fault.where if isinstance(fault, _PLACED) else None
        if (where, fault.message) not in said:
            said.add((where, fault.message))
            console.error(fault.message, where=where, hint=fault.hint)


def flatten(error: SealerError) -> Iterator[SealerError]:
    """Yield the faults that an error is made of."""
    if isinstance(error, ManyErrors):
        for part in error.errors:
            yield from flatten(part)
    else:
        yield error


def report_bug(error: Exception, console: Console) -> None:
    """Say that the program itself is at fault.

    Neither message nor variables are shown: a bug's message may quote a value.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    console.error(
        f"a bug in sealer: {type(error).__name__}{place}",
        hint="please report it"
        + (" with the lines above" if console.is_verbose else "; -v shows where it happened"),
    )


def traceback_of(error: BaseException) -> str:
    """Return where an error came from: files, lines and types, and nothing that it says."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        frames = "".join(traceback.format_tb(cause.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{type(cause).__name__}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n\ncaused:\n\n".join(reversed(parts))


@contextmanager
def about(name: str) -> Iterator[None]:
    """Fill in the name of the file that faults raised inside the block are about."""
    try:
        yield
    except SealerError as error:
        fill_in(error, name)
        raise


def fill_in(error: SealerError, name: str) -> None:
    """Fill in the name of the file that an error is about."""
    for fault in flatten(error):
        if isinstance(fault, InputError | UnsealError) and not fault.where.path:
            fault.where = fault.where._replace(path=name)
