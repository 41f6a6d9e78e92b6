"""Secrets that are typed: asked for on the terminal, never shown, asked twice."""

import click

from sealer.cli.console import Console
from sealer.cli.errors import WrongUsageError
from sealer.sensitive import SecretBytes


def ask_twice(what: str, console: Console) -> SecretBytes:
    """Ask for a new secret until it was typed alike twice.

    The terminal is asked whatever standard input is, so that another value can come from there.

    Args:
        what: What is asked for, as it goes into `Value of …`.
        console: Where to say why it is asked again.

    Raises:
        WrongUsageError: There is no terminal.
        click.Abort: The user gave up.
    """
    while True:
        first = ask(f"{what}: ")
        if not len(first):
            console.warn("nothing was typed; again, or stop with Ctrl-C")
        elif first == ask(f"{what}, again: "):
            return first
        else:
            console.warn("the two differ; once more")


def ask(question: str) -> SecretBytes:
    """Ask for a secret once.

    Raises:
        WrongUsageError: There is no terminal.
        click.Abort: The user gave up, with Ctrl-D or by closing the terminal.
    """
    import warnings
    from getpass import GetPassWarning, getpass

    try:
        with warnings.catch_warnings():
            # It would fall back to reading with echo, or from a pipe.
            warnings.simplefilter("error", GetPassWarning)
            return SecretBytes(getpass(question).encode())
    except EOFError:
        raise click.Abort from None
    except GetPassWarning:
        raise WrongUsageError(
            "there is no terminal to ask on",
            hint="take the value from a file or a variable instead",
        ) from None
    except UnicodeError:
        raise WrongUsageError(
            "what was typed is no text in the terminal's encoding",
            hint="take the value from a file instead",
        ) from None
