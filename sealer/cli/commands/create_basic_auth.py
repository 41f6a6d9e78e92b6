"""`sealer create basic-auth`: a user name and a password."""

import click

from sealer.cli.errors import WrongUsageError
from sealer.cli.group import Command
from sealer.cli.refused import refused_option
from sealer.cli.sealing.createoptions import Order, create_options
from sealer.cli.values.values import read_values, sources_of, value_options
from sealer.sensitive import SecretBytes

TYPE = "kubernetes.io/basic-auth"
USERNAME, PASSWORD = "username", "password"


@click.command("basic-auth", cls=Command)
@click.option("--username", metavar="NAME", default="", help="The user name, which is no secret.")
@click.option("--no-password", is_flag=True, help="Leave the password out.")
@value_options
@refused_option(
    "--password",
    "--password is refused: a value on the command line stays in the shell's history and shows in "
    "the list of processes",
    hint="leave it out to be asked, or use standard input, --from-file password=PATH, "
    "--from-env password=VARIABLE or --generate alnum:32",
)
@create_options
@click.pass_context
def command(ctx: click.Context, *, order: Order, username: str, no_password: bool) -> None:
    """Create a sealed Secret with a user name and a password.

    The password is asked for, or read from standard input without the end of its line, unless a
    source gives it: --from-file password=PATH, --from-env password=VARIABLE, or
    --generate alnum:32. At least one of the two has to be there.

    Example: sealer create basic-auth db -n shop --username app --generate alnum:32
    """
    from sealer.cli.sealing.creation import Contents, Creation
    from sealer.cli.values.password import read_password

    sources = sources_of(ctx)
    creation = Creation.begin(ctx, order, reads_standard_input=sources.reads_standard_input)
    data = read_values(sources, ctx.obj, generated_key=PASSWORD)
    if username:
        if USERNAME in data:
            raise WrongUsageError("the user name is there twice: --username and another source")
        data[USERNAME] = SecretBytes(username.encode())
    if no_password and PASSWORD in data:
        raise WrongUsageError("--no-password, and a source that gives one, exclude each other")
    if not no_password and PASSWORD not in data:
        data[PASSWORD] = read_password("Password", ctx.obj)
    creation.finish(Contents(TYPE, data))
