"""One value to seal, read from a file or from standard input: its bytes as they are."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sealer.cli.console import Console
from sealer.cli.files.inputs import read_input
from sealer.errors import InputError, Where

if TYPE_CHECKING:
    from sealer.sensitive import SecretBytes

Function = TypeVar("Function", bound=Callable[..., Any])
MAXIMUM_SIZE = 1024 * 1024  # what a Secret may hold
_LINE_ENDS = (b"\r\n", b"\n")


def trim_option(function: Function) -> Function:
    """Add `--trim`; the command gets `trim`."""
    text = "Leave one line end at the end of the value out."
    return click.option("--trim", is_flag=True, help=text)(function)


def allow_empty_option(function: Function) -> Function:
    """Add `--allow-empty`; the command gets `allow_empty`."""
    return click.option("--allow-empty", is_flag=True, help="Seal an empty value too.")(function)


def read_value(source: str, console: Console, *, trim: bool, allow_empty: bool) -> "SecretBytes":
    """Return the value of a file or of standard input.

    Raises:
        InputError: It cannot be read, is larger than a Secret may be, or is empty.
    """
    from sealer.sensitive import SecretBytes

    data = read_input(source, maximum=MAXIMUM_SIZE)
    line_end = next((end for end in _LINE_ENDS if data.endswith(end)), b"")
    if line_end and trim:
        data = data.removesuffix(line_end)
    elif line_end:
        where = Where(path=source)
        console.warn("the value ends with a line end", where=where, hint="leave it out: --trim")
    if not data and not allow_empty:
        where = Where(path=source)
        raise InputError("the value is empty", where=where, hint="if it is meant: --allow-empty")
    return SecretBytes(data)
