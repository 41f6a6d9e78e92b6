"""`sealer kubeseal`: the drop-in for kubeseal."""

import sys
from inspect import cleandoc

import click

from sealer.cli.kubeseal import is_drop_in


class _WholeLine(click.Command):
    """A command that takes its command line as it is: the original's syntax is not click's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.params["arguments"] = tuple(args)
        return []


@click.command("kubeseal", cls=_WholeLine, add_help_option=False)
@click.pass_context
def command(ctx: click.Context, *, arguments: tuple[str, ...]) -> int:
    """Do what kubeseal does: the same flags, variables, texts and exit codes.

    The same happens when the program is called `kubeseal`, through a link of that name. It exits
    with 0, with 1 when anything fails, and with 2 for a command line that cannot be understood.

    Example: sealer kubeseal --cert prod.pem -o yaml -f secret.yaml
    """
    from sealer.cli.kubeseal.program import run

    if is_drop_in(sys.argv[0]):
        return run(arguments, sys.argv[0], ctx.obj)
    return run(
        arguments, "sealer kubeseal", ctx.obj, more=f"\n{cleandoc(ctx.command.help or '')}\n"
    )
