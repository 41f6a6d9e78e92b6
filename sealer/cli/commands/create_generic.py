"""`sealer create generic`: a Secret of any items."""

import click

from sealer.cli.errors import WrongUsageError
from sealer.cli.group import Command
from sealer.cli.sealing.createoptions import Order, create_options
from sealer.cli.values.values import read_values, sources_of, value_options


@click.command("generic", cls=Command)
@value_options
@click.option(
    "--type",
    "secret_type",
    default="",
    envvar="SEALER_TYPE",
    help="The Secret's type; its items are checked. Default: Opaque.",
)
@click.option("--allow-empty-data", is_flag=True, help="Create a Secret without items too.")
@create_options
@click.pass_context
def command(ctx: click.Context, *, order: Order, secret_type: str, allow_empty_data: bool) -> None:
    """Create a sealed Secret from files, env files, variables, prompts and generators.

    Files are read as `kubectl create secret generic` reads them: --from-file takes PATH, KEY=PATH,
    or a folder for each regular file in it; --from-env-file takes lines NAME=value, and NAME
    alone for a variable that is set (one that is not is refused, where kubectl makes an empty
    item). `-` is standard input. Generators: alnum:32 (32 letters and digits), hex:32 (32
    hexadecimal digits), base64:32 (32 random bytes, encoded), uuid, rsa:4096, ssh-ed25519 (the
    public key goes under KEY.pub), tls:HOST[,HOST] (self-signed, under KEY.crt and KEY.key).

    Nothing is written in the clear. A file that exists is replaced with --force only, and only if
    it holds this Secret and nothing else; values known to be unchanged keep their ciphertext.

    Example: sealer create generic api -n shop --from-file=password.txt --generate token=alnum:32
    """
    from sealer.cli.sealing.creation import Contents, Creation

    sources = sources_of(ctx)
    if not sources and not allow_empty_data:
        raise WrongUsageError(
            "there is nothing to put into the Secret",
            hint="name a source, such as --from-file KEY=PATH; without items: --allow-empty-data",
        )
    reads = sources.reads_standard_input
    creation = Creation.begin(ctx, order, reads_standard_input=reads)
    data = read_values(sources, ctx.obj)
    creation.finish(Contents(secret_type, data, allow_empty_data))
