"""`sealer git textconv`: what `git diff` shows of a file."""

import click

from sealer.cli.files.inputs import read_input
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.options import PATH

_KIND = b"SealedSecret"


@click.command("textconv", cls=Command, hidden=True)
@click.argument("file", type=PATH)
def command(*, file: str) -> None:
    """Print a file with every sealed value in words; git runs this for `git diff`.

    A value becomes a line with its size, the key that sealed it where that is noted, and a digest
    of the ciphertext. Everything else, and what cannot be parsed, is printed as it is.

    Example: sealer git textconv db.yaml
    """
    data = read_input(file)
    if _KIND in data.replace(b"\0", b""):  # UTF-16 has a NUL beside each letter
        from sealer.sealing.summary import readable

        data = readable(data).encode()
    write_standard_output(data)
