"""`sealer value`: one value to one sealed string."""

import sys
from pathlib import Path

import click

from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import STANDARD_INPUT, check_not_terminal, read_input
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.options import PATH, certificate_options, certificates_of, identity_options
from sealer.cli.values.plaintext import allow_empty_option, read_value, trim_option
from sealer.scope import Identity, Scope


@click.command("value", cls=Command)
@click.argument("file", default="", metavar="[FILE]", type=PATH)
@identity_options(
    namespace="The namespace of the Secret.",
    name="The name of the Secret.",
)
@click.option(
    "--like",
    default="",
    metavar="FILE",
    type=PATH,
    help="Take name, namespace and scope from this SealedSecret. Of several in FILE, --name and "
    "-n choose.",
)
@trim_option
@allow_empty_option
@certificate_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    scope: str | None,
    namespace: str,
    name: str,
    like: str,
    trim: bool,
    allow_empty: bool,
) -> None:
    """Encrypt one value and print it as it stands in a SealedSecret.

    The value is FILE, or standard input: its bytes as they are. The result has no line end,
    except on a terminal.

    Example: sealer value password.txt -n shop --name db
    """
    from sealer.envelope import seal_value

    if like:
        identity = identity_like(like, scope, namespace, name)
    else:
        identity = identity_of(Scope.parse(scope or ""), namespace, name)
    if not file:
        check_not_terminal("sealer value password.txt -n NAMESPACE --name NAME")
    source = file or STANDARD_INPUT
    certificates = certificates_of(ctx, reads_standard_input=source == STANDARD_INPUT)
    plaintext = read_value(source, ctx.obj, trim=trim, allow_empty=allow_empty)
    where = like or ("" if source == STANDARD_INPUT else source)
    certificate = certificates.for_file(Path(where) if where else None)
    ctx.obj.remark(f"the value is sealed for {identity}")
    text = seal_value(plaintext, certificate.public_key, identity)
    write_standard_output(text.encode() + (b"\n" if sys.stdout.isatty() else b""))


def identity_of(scope: Scope, namespace: str, name: str) -> Identity:
    """Return what the options say that the value is for.

    Raises:
        WrongUsageError: A part that the scope binds is missing.
    """
    needed = {
        Scope.STRICT: {"--namespace": namespace, "--name": name},
        Scope.NAMESPACE_WIDE: {"--namespace": namespace},
        Scope.CLUSTER_WIDE: {},
    }
    missing = [option for option, text in needed[scope].items() if not text]
    if missing:
        raise WrongUsageError(
            f"scope {scope.value} needs {' and '.join(missing)}",
            hint="give the Secret's own, or an existing file: --like FILE",
        )
    return Identity(scope, namespace, name)


def identity_like(path: str, scope: str | None, namespace: str, name: str) -> Identity:
    """Return the identity of a SealedSecret in a file.

    Raises:
        InputError: The file cannot be used.
        WrongUsageError: The file holds several, or its scope is not the one that is asked for.
    """
    from sealer.cli.editing.select import select_sealed_secret

    chosen = select_sealed_secret(path, read_input(path), namespace=namespace, name=name)
    identity = chosen.sealed.identity
    if scope and scope != identity.scope.value:
        raise WrongUsageError(
            f"{path} has scope {identity.scope.value}, and --scope asks for {scope}",
            hint="the value opens only in the scope of its object: leave --scope out",
        )
    return identity
