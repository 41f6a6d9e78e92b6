"""The passphrase of a backup: typed, or read from an open file; never an argument or a variable."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sealer.cli.console import Console
from sealer.cli.errors import WrongUsageError
from sealer.cli.values.prompt import ask, ask_twice

if TYPE_CHECKING:
    from sealer.backup.container import Container
    from sealer.sensitive import SecretBytes

Function = TypeVar("Function", bound=Callable[..., Any])
VARIABLE = "SEALER_PASSPHRASE_FD"
SHORTEST = 16
_LONGEST = 4096
_ATTEMPTS = 3
_BY_HAND = "type it on a terminal, or name an open file: --passphrase-fd 3 3<FILE"


def passphrase_option(function: Function) -> Function:
    """Add `--passphrase-fd`; the command gets `passphrase_fd`, None without it."""
    return click.option(
        "--passphrase-fd",
        metavar="N",
        type=click.IntRange(0),
        envvar=VARIABLE,
        help="Read the passphrase from file descriptor N instead of asking for it.",
    )(function)


def new_passphrase(descriptor: int | None, console: Console) -> "SecretBytes":
    """Return a passphrase for a new backup; typed twice, warned of when it is short.

    Raises:
        WrongUsageError: There is none.
    """
    if descriptor is None:
        with _explained("the backup needs a passphrase"):
            passphrase = ask_twice("Passphrase of the backup", console)
    else:
        passphrase = _read(descriptor)
    length = len(passphrase.reveal().decode("utf-8", "replace"))
    if length < SHORTEST:
        console.warn(
            f"the passphrase has {length} characters, and whoever gets the file can try many",
            hint=f"{SHORTEST} or more are better: five random words, kept in a safe",
        )
    return passphrase


def unlock(container: "Container", name: str, descriptor: int | None) -> "SecretBytes":
    """Return what is in a backup that has a passphrase; a mistyped one is asked for again.

    Raises:
        BackupError: The passphrase is wrong, or the backup was changed.
        WrongUsageError: There is no passphrase, and no terminal to ask on.
    """
    from sealer.backup.errors import WrongPassphraseError
    from sealer.backup.lock import unlock_with_passphrase

    if descriptor is not None:
        return unlock_with_passphrase(container, _read(descriptor))
    question = f"Passphrase of {name}: "
    left = _ATTEMPTS
    while True:
        with _explained(f"{name} has a passphrase"):
            passphrase = ask(question)
        try:
            return unlock_with_passphrase(container, passphrase)
        except WrongPassphraseError:
            left -= 1
            if not left:
                raise
        question = f"It is another one. Passphrase of {name}: "


def descriptor_of_environment() -> int | None:
    """Return the file descriptor that the environment names; None when it names none.

    Raises:
        WrongUsageError: It is no number.
    """
    text = os.environ.get(VARIABLE, "")
    if text and not text.isdecimal():
        raise WrongUsageError(f"{VARIABLE} is no file descriptor", hint=f"such as {VARIABLE}=3")
    return int(text) if text else None


@contextmanager
def _explained(why: str) -> Iterator[None]:
    """Say what is asked for where there is no terminal to ask on."""
    try:
        yield
    except WrongUsageError as error:
        raise WrongUsageError(f"{why}, and {error}", hint=_BY_HAND) from None


def _read(descriptor: int) -> "SecretBytes":
    """Return the first line that a file descriptor gives."""
    from sealer.sensitive import SecretBytes

    text = b""
    try:
        while b"\n" not in text and len(text) <= _LONGEST:
            part = os.read(descriptor, _LONGEST)
            if not part:
                break
            text += part
    except OSError as error:
        message = f"the passphrase cannot be read from descriptor {descriptor}: {error.strerror}"
        raise WrongUsageError(message, hint=_BY_HAND) from None
    line = text.partition(b"\n")[0].removesuffix(b"\r")
    if not line or len(line) > _LONGEST:
        message = f"descriptor {descriptor} gives no passphrase"
        raise WrongUsageError(message, hint="it is the first line, and not empty")
    return SecretBytes(line)
