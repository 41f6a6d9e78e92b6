"""`sealer create ssh-auth`: an SSH private key."""

import click

from sealer.cli.errors import WrongUsageError
from sealer.cli.group import Command
from sealer.cli.options import PATH
from sealer.cli.refused import told_as_input
from sealer.cli.sealing.createoptions import Order, create_options
from sealer.cli.values.values import read_values, sources_of, value_options
from sealer.errors import Where

TYPE = "kubernetes.io/ssh-auth"
PRIVATE_KEY = "ssh-privatekey"


@click.command("ssh-auth", cls=Command)
@click.option(
    "--ssh-key",
    metavar="FILE",
    type=PATH,
    default="",
    help="The private key, as ssh-keygen writes it.",
)
@value_options
@create_options
@click.pass_context
def command(ctx: click.Context, *, order: Order, ssh_key: str) -> None:
    """Create a sealed Secret with an SSH private key.

    `--generate ssh-ed25519` makes a new key pair: the public key is printed, and goes under
    ssh-privatekey.pub. A key with a passphrase is taken with a warning. The other sources add
    items besides, such as --from-file known_hosts.

    Example: sealer create ssh-auth deploy -n shop --generate ssh-ed25519
    """
    from sealer.cli.sealing.creation import Contents, Creation
    from sealer_keys.ssh import check_ssh_key

    sources = sources_of(ctx, {PRIVATE_KEY: ssh_key})
    if not sources:
        raise WrongUsageError(
            "an SSH Secret needs a private key",
            hint="--ssh-key FILE, or --generate ssh-ed25519 for a new one",
        )
    creation = Creation.begin(ctx, order, reads_standard_input=sources.reads_standard_input)
    data = read_values(sources, ctx.obj, generated_key=PRIVATE_KEY)
    if PRIVATE_KEY in data:  # otherwise the type's own check says so
        where = Where(path=ssh_key, item=PRIVATE_KEY)
        with told_as_input(where, where):
            warnings = check_ssh_key(data[PRIVATE_KEY].reveal())
        for warning in warnings:
            ctx.obj.warn(warning, where=where)
    creation.finish(Contents(TYPE, data))
