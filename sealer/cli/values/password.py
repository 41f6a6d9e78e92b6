"""A password for a new Secret: typed twice at a terminal, else a line of standard input."""

import sys

from sealer.cli.console import Console
from sealer.cli.files.inputs import STANDARD_INPUT, read_input
from sealer.errors import InputError, Where
from sealer.sensitive import SecretBytes

_MAXIMUM_SIZE = 64 * 1024
_LINE_ENDS = (b"\r\n", b"\n")


def read_password(what: str, console: Console) -> SecretBytes:
    """Return a password that is asked for, or read from standard input where that is no terminal.

    Args:
        what: What to call it at the terminal.
        console: Where to say why it is asked again.

    Raises:
        InputError: There is none.
        click.Abort: The user gave up.
    """
    if sys.stdin.isatty():
        from sealer.cli.values.prompt import ask_twice

        return ask_twice(what, console)
    return read_password_file(STANDARD_INPUT)


def read_password_file(path: str) -> SecretBytes:
    """Return the password in a file, without the end of its line.

    Raises:
        InputError: It cannot be read, or holds none.
    """
    data = read_input(path, maximum=_MAXIMUM_SIZE)
    line_end = next((end for end in _LINE_ENDS if data.endswith(end)), b"")
    password = data.removesuffix(line_end)
    if not password:
        raise InputError("there is no password", where=Where(path=path))
    return SecretBytes(password)
