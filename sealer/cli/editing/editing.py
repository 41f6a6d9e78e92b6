"""A text is edited until it can be used: what is wrong is told on top of it, and nothing is lost.

Without a terminal there is nobody to mend anything: the text is opened twice at most.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import click

from sealer.cli.console import Console, printable
from sealer.cli.editing.editor import Editor
from sealer.cli.errors import EditorError, EditorKilledError
from sealer.cli.report import flatten
from sealer.documents.text import decode_text
from sealer.errors import (
    DocumentError,
    IdentityError,
    InputError,
    ManyErrors,
    OutputError,
    SealerError,
)

_MARK = "#!"  # begins the lines that say what is wrong
_REASONS = re.compile(rb"(?:#![^\n]*\n)*")
_ATTEMPTS_ALONE = 2
_MENDABLE = (InputError, IdentityError, ManyErrors, OutputError, EditorKilledError)


@dataclass(frozen=True, slots=True)
class Conversation:
    """An editor, a file in memory, and someone who edits.

    Attributes:
        editor: The editor.
        file: The file, in a folder of its own.
        console: Where to say what happens.
    """

    editor: Editor
    file: Path
    console: Console

    def hold(self, text: str, take: Callable[[bytes], None]) -> bool:
        """Let the user edit a text until it can be taken.

        Args:
            text: What to begin with.
            take: Takes what was saved; raises what is wrong with it.

        Returns:
            Whether something was taken; False where the text was left as it was.

        Raises:
            EditorError: The editor failed, or what was saved is empty.
            SealerError: What was saved cannot be used, and is not mended.
        """
        shown = text.encode()
        fault: SealerError | None = None
        for attempt in count(1):
            is_well = self._open(shown)
            saved = self._saved()
            if saved == shown and is_well:
                break
            bare = _without_reasons(saved)
            try:
                self._check(bare, text.encode(), is_well=is_well)
                take(bare)
            except _MENDABLE as error:
                fault = error
            else:
                return True
            if not self._may_reopen(fault, attempt):
                break
            shown = _with_reasons(fault, bare or text.encode())
        if fault is not None:
            self.console.note("nothing was changed")
            raise _named(fault)
        return False

    def _open(self, shown: bytes) -> bool:
        descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(shown)
        return self.editor.open(self.file)

    def _saved(self) -> bytes:
        try:
            return self.file.read_bytes()
        except FileNotFoundError:
            return b""

    def _check(self, bare: bytes, text: bytes, *, is_well: bool) -> None:
        """Refuse what the editor did not save as a whole."""
        if not is_well:
            raise EditorKilledError("the editor was killed")
        if not _has_content(bare):
            raise EditorError("the text is empty: nothing was changed")
        kept, whole = bare.rstrip(), text.rstrip()
        if whole.startswith(kept) and kept != whole:
            raise InputError(
                "the text was cut off: what was opened went on after its end",
                hint="keep the last line",
            )

    def _may_reopen(self, fault: SealerError, attempt: int) -> bool:
        is_unwritten = isinstance(fault, OutputError)
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return not is_unwritten and attempt < _ATTEMPTS_ALONE
        if is_unwritten or isinstance(fault, EditorKilledError):
            return click.confirm(f"{fault.message}. Open your text again?", default=True, err=True)
        return True


def _has_content(data: bytes) -> bool:
    lines = data.replace(b"\0", b"").splitlines()
    return any(line.strip() and not line.lstrip().startswith(b"#") for line in lines)


def _without_reasons(data: bytes) -> bytes:
    try:
        data = decode_text(data).text.encode()  # some editors save as UTF-16
    except DocumentError:
        return data
    match = _REASONS.match(data)
    return data[match.end() :] if match else data


def _with_reasons(fault: SealerError, data: bytes) -> bytes:
    """Return a text with what is wrong with it on top, lines counted with what is put there."""
    faults = list(flatten(fault))
    added = sum(1 + bool(each.hint) for each in faults) + 1
    lines = [line for each in faults for line in _reasons(each, added)]
    lines.append("mend it and save; or leave the text as it is now, to give up")
    return "".join(f"{_MARK} {printable(line)}\n" for line in lines).encode() + data


def _reasons(fault: SealerError, added: int) -> Iterator[str]:
    where = ""
    if isinstance(fault, InputError) and fault.where.path:
        where = f"{fault.where}: "
    elif isinstance(fault, InputError) and fault.where.line:
        where = f"line {fault.where.line + added}: "
    yield f"error: {where}{fault.message}"
    if fault.hint:
        yield f"hint: {fault.hint}"


def _named(fault: SealerError) -> SealerError:
    """Say of places in the text that they are in no file."""
    for each in flatten(fault):
        if isinstance(each, InputError):
            each.at(path="the edited text")
    return fault
