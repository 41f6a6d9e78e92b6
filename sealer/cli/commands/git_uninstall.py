"""`sealer git uninstall`: what `sealer git install` put into a repository is taken away."""

import click

from sealer.cli.commands.git_install import installation
from sealer.cli.group import Command


@click.command("uninstall", cls=Command)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Take away what `sealer git install` put into this clone.

    Hooks that were there before are put back. Nothing else is touched.

    Example: sealer git uninstall
    """
    from sealer.cli.gitsetup import uninstall

    uninstall(installation())
    ctx.obj.note("taken away: the hooks, the settings and the attributes of sealer")
