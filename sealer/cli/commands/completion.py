"""`sealer completion`: what a shell needs to complete commands and options."""

import click
from click.shell_completion import get_completion_class

from sealer.cli.errors import IllegalValueError
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command

SHELLS = ("bash", "zsh", "fish")
_PROGRAM = "sealer"
_VARIABLE = "_SEALER_COMPLETE"


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> None:
    """Print the completion script of a shell.

    Put into ~/.bashrc: eval "$(sealer completion bash)"; into ~/.zshrc the same with zsh. For
    fish, save it as ~/.config/fish/completions/sealer.fish.

    Example: sealer completion bash
    """
    kind = get_completion_class(shell)
    if kind is None:  # click knows all three; a future one may not
        raise IllegalValueError(f"{shell} is not supported by the installed click")
    script = kind(ctx.find_root().command, {}, _PROGRAM, _VARIABLE).source()
    write_standard_output(script.encode() + b"\n")
