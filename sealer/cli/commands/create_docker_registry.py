"""`sealer create docker-registry`: what nodes need to pull images."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import click

from sealer.cli.console import Console
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import STANDARD_INPUT
from sealer.cli.group import Command
from sealer.cli.options import PATH
from sealer.cli.refused import refused_option
from sealer.cli.sealing.createoptions import Order, create_options
from sealer.cli.values.values import Sources, read_values, sources_of, value_options
from sealer.errors import InputError
from sealer.sensitive import SecretBytes

TYPE = "kubernetes.io/dockerconfigjson"
CONFIG = ".dockerconfigjson"
DEFAULT_SERVER = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True)
class Login:
    """How to log in to a registry.

    Attributes:
        server: Its address.
        username: The user name.
        email: May be empty.
        password_file: Where the password is; empty for none.
        password_variable: The environment variable that it is in; empty for none.
    """

    server: str
    username: str
    email: str
    password_file: str
    password_variable: str

    @property
    def reads_standard_input(self) -> bool:
        """Whether the password may come from standard input."""
        return self.password_file in ("", STANDARD_INPUT) and not self.password_variable


@click.command("docker-registry", cls=Command)
@click.option("--docker-server", default=DEFAULT_SERVER, show_default=True, help="The registry.")
@click.option("--docker-username", default="", help="The user name, which is no secret.")
@click.option("--docker-email", default="", help="The user's address, which few registries want.")
@click.option(
    "--docker-password-file",
    metavar="FILE",
    type=PATH,
    default="",
    help="The password, without the end of its line.",
)
@click.option(
    "--docker-password-env",
    metavar="VARIABLE",
    default="",
    help="The environment variable with the password.",
)
@refused_option(
    "--docker-password",
    "--docker-password is refused: a value on the command line stays in the shell's history and "
    "shows in the list of processes",
    hint="leave it out to be asked, or use standard input, --docker-password-file FILE or "
    "--docker-password-env VARIABLE",
)
@value_options
@create_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    order: Order,
    docker_server: str,
    docker_username: str,
    docker_email: str,
    docker_password_file: str,
    docker_password_env: str,
) -> None:
    """Create a sealed Secret for pulling images from a registry.

    The password is asked for, or read from standard input without the end of its line, unless a
    file or a variable has it. Instead of all that, --from-file=PATH takes the config.json of a
    Docker client as it is, as `kubectl create secret docker-registry` does.

    Example: sealer create docker-registry pull -n shop --docker-username ci --docker-password-file password.txt
    """  # noqa: E501 - an example is one line, to be copied
    from sealer.cli.sealing.creation import Contents, Creation

    sources = with_default_key(sources_of(ctx))
    login = Login(
        docker_server, docker_username, docker_email, docker_password_file, docker_password_env
    )
    check_one_way(sources, login)
    reads = (sources or login).reads_standard_input
    creation = Creation.begin(ctx, order, reads_standard_input=reads)
    data = read_values(sources, ctx.obj) if sources else read_login(login, ctx.obj)
    creation.finish(Contents(TYPE, data))


def with_default_key(sources: Sources) -> Sources:
    """Return the sources with the key that files have here, where they name none."""
    files = (file if "=" in file else f"{CONFIG}={file}" for file in sources.files)
    return replace(sources, files=tuple(files))


def check_one_way(sources: Sources, login: Login) -> None:
    """Refuse a configuration and a login together, or neither of them.

    Raises:
        WrongUsageError: It says what to give.
    """
    if sources and (login.username or login.password_file or login.password_variable):
        raise WrongUsageError("a configuration and --docker-username exclude each other")
    if login.password_file and login.password_variable:
        raise WrongUsageError("--docker-password-file and --docker-password-env exclude each other")
    if not sources and not (login.username and login.server):
        raise WrongUsageError(
            "neither a configuration nor a login is given",
            hint="--docker-username NAME, and --docker-server where it is not Docker's own; or "
            "--from-file=PATH",
        )


def read_login(login: Login, console: Console) -> Mapping[str, SecretBytes]:
    """Return the configuration for a login, the password read or asked for.

    Raises:
        InputError: The password cannot be read, or is no text.
    """
    from sealer.manifest.dockerconfig import docker_config

    if ":" in login.username:
        console.warn("the user name holds a colon; what follows it is read as the password")
    password = _password(login, console)
    try:
        config = docker_config(login.server, login.username, password, login.email)
    except UnicodeDecodeError:
        raise InputError("the password is not UTF-8 text") from None
    return {CONFIG: config}


def _password(login: Login, console: Console) -> SecretBytes:
    from sealer.cli.values.password import read_password, read_password_file

    if login.password_variable:
        key = "password"
        return read_values(Sources(variables=(f"{key}={login.password_variable}",)), console)[key]
    if login.password_file:
        return read_password_file(login.password_file)
    return read_password("Password", console)
