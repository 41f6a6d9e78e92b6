"""Errors in the original's form: `error: TEXT`, and below it what the original does not tell."""

from collections.abc import Iterable

from sealer.cli.console import Console
from sealer.cli.errors import KeyFileError, ObjectRefusedError
from sealer.cli.files.inputs import STANDARD_INPUT
from sealer.cli.report import flatten
from sealer.errors import InputError, SealerError, UnsealError, Where
from sealer.sealing.advice import Notice

_PLACED = (InputError, UnsealError, KeyFileError, ObjectRefusedError)


def report(error: SealerError, console: Console) -> None:
    """Say what went wrong, fault by fault, each with its place and what to do."""
    for fault in flatten(error):
        lines = fault.message.splitlines() or [""]
        for line in lines[:-1]:
            console.error(line)
        console.error(lines[-1], hint=fault.hint)
        place = _place(fault.where) if isinstance(fault, _PLACED) else ""
        if place:
            console.note(f"this is about {place}")


def warn(notices: Iterable[Notice], console: Console) -> None:
    """Say what should be known of objects that were sealed all the same."""
    for notice in notices:
        console.warn(notice.message, where=notice.where, hint=notice.hint)


def _place(where: Where) -> str:
    """Return a place in words; nothing where it is the whole of standard input."""
    if where in (Where(), Where(path=STANDARD_INPUT)):
        return ""
    return ", ".join(part for part in (str(where), where.subject) if part)
