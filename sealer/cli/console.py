"""Words for people, on standard error: errors, warnings and notes, in one format.

Every text is made printable here, because names come from files that anyone may have written.
"""

import os
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, TextIO, TypeVar

import click

from sealer.cli.files.streams import silence
from sealer.errors import Where

T = TypeVar("T")
_COLOURS = {"error": "red", "warning": "yellow", "note": "blue", "hint": "green"}
_WORTH_A_BAR = 20


class Words(NamedTuple):
    """Something to be said: a sentence of some kind, such as `note`, and what to do."""

    kind: str
    message: str
    where: Where | None
    hint: str


class Console:
    """Says things on standard error.

    Attributes:
        is_quiet: Say errors only.
        is_verbose: Say everything, tracebacks of bugs included.
    """

    def __init__(self) -> None:
        self.is_quiet = False
        self.is_verbose = False
        self._warned: set[str] = set()
        self._repeated: set[Words] = set()

    def error(self, message: str, *, where: Where | None = None, hint: str = "") -> None:
        """Say what went wrong."""
        self._say("error", message, where, hint)

    def warn(self, message: str, *, where: Where | None = None, hint: str = "") -> None:
        """Say what should be known."""
        if not self.is_quiet:
            self._say("warning", message, where, hint)

    def warn_once(self, message: str, *, hint: str = "") -> None:
        """Say what should be known, unless these words were said before."""
        if message not in self._warned:
            self._warned.add(message)
            self.warn(message, hint=hint)

    def note(self, message: str) -> None:
        """Say what was done."""
        if not self.is_quiet:
            self._say("note", message, None, "")

    def remark(self, message: str, *, where: Where | None = None, hint: str = "") -> None:
        """Say what few want to know: under `-v` only."""
        if self.is_verbose:
            self._say("note", message, where, hint)

    def repeat(self, words: Iterable[Words]) -> None:
        """Say what was said to records, each sentence once."""
        for each in words:
            if each not in self._repeated:
                self._repeated.add(each)
                self._say(*each)

    def lines(self, text: str) -> None:
        """Print a text of several lines as it is."""
        _print(text, has_colour=False)

    def progress(
        self, items: Iterable[T], length: int, label: str
    ) -> AbstractContextManager[Iterable[T]]:
        """Return a context manager that gives the items and shows how far they are.

        The bar shows on a terminal only, never in CI, and not for work that is done at once.
        """
        is_hidden = (
            self.is_quiet or length < _WORTH_A_BAR or "CI" in os.environ or not sys.stderr.isatty()
        )
        if is_hidden:
            return nullcontext(items)
        return click.progressbar(items, length=length, label=label, file=sys.stderr)

    def _say(self, kind: str, message: str, where: Where | None, hint: str) -> None:
        _print(f"{_label(kind)} {_sentence(message, where)}", has_colour=has_colour(sys.stderr))
        if hint:
            _print(f"{_label('hint')} {printable(hint)}", has_colour=has_colour(sys.stderr))


class Record(Console):
    """Keeps what another console would say, for where it cannot be said.

    Args:
        console: Decides what is worth saying.
    """

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.is_quiet, self.is_verbose = console.is_quiet, console.is_verbose
        self._words: list[Words] = []

    def taken(self) -> list[Words]:
        """Return what was said since the last time."""
        words, self._words = self._words, []
        return words

    def _say(self, kind: str, message: str, where: Where | None, hint: str) -> None:
        self._words.append(Words(kind, message, where, hint))


def _print(text: str, *, has_colour: bool) -> None:
    """Print a line. One that nobody can take is lost, and changes nothing about what is done."""
    try:
        click.echo(text, err=True, color=has_colour)
    except OSError:
        silence(sys.stderr)


def printable(text: str) -> str:
    """Return a text that cannot steer a terminal: control characters are written as escapes."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )


def counted(number: int, noun: str) -> str:
    """Return a number and what is counted, in the right form."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _sentence(message: str, where: Where | None) -> str:
    if where is None:
        return printable(message)
    parts = [str(where), _subject(where, message), message]
    return printable(": ".join(part for part in parts if part))


def _subject(where: Where, message: str) -> str:
    """Return the object in words; the item only where the message does not name it itself."""
    subject = where.subject
    named = f"item {where.item}"
    if where.item and where.item in message:
        return subject.removesuffix(named).removesuffix(", ")
    return subject


def _label(kind: str) -> str:
    return click.style(f"{kind}:", fg=_COLOURS[kind], bold=True)


def has_colour(stream: TextIO) -> bool:
    """Tell whether what is written to a stream may have colours: on a terminal that wants them."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
