"""`sealer keys generate`: bring your own sealing key."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from sealer.cli.console import Console
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.ignored import check_outside_git
from sealer.cli.files.output import Outputs, check_absent, write_standard_output
from sealer.cli.files.paths import exists, is_file
from sealer.cli.group import Command
from sealer.cli.options import environment, legal_name, legal_namespace, write_option
from sealer.cli.sealing.naming import random_name

if TYPE_CHECKING:
    from sealer_keys.private_key import KeyPair

DEFAULT_PREFIX = "sealed-secrets-key"
CERTIFICATE_SUFFIX = ".crt"
_SECRET_ONLY = ("namespace", "name", "prefix")


@click.command("generate", cls=Command)
@click.option(
    "--bits",
    type=click.IntRange(2048, 16384),
    default=4096,
    show_default=True,
    help="Size of the RSA key.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 36500),
    default=3650,
    show_default=True,
    help="How long the certificate may seal. It opens for ever.",
)
@click.option("--as-secret", is_flag=True, help="Write a key Secret for kubectl apply.")
@click.option(
    "-n",
    "--namespace",
    default="kube-system",
    show_default=True,
    envvar=environment("CONTROLLER_NAMESPACE"),
    allow_from_autoenv=False,  # SEALER_NAMESPACE is where Secrets go, not where keys belong
    callback=legal_namespace,
    help="The controller's namespace.",
)
@click.option("--name", default="", callback=legal_name, help="The name of the key Secret.")
@click.option(
    "--prefix",
    default=DEFAULT_PREFIX,
    show_default=True,
    callback=legal_name,
    help="Its name is this and a random ending.",
)
@write_option("Write to FILE; without --as-secret, the certificate goes beside it as .crt.")
@click.option("--force", is_flag=True, help="Replace an existing FILE; write into a git work tree.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    bits: int,
    days: int,
    as_secret: bool,
    namespace: str,
    name: str,
    prefix: str,
    write: str,
    force: bool,
) -> None:
    """Make a sealing key that the controller accepts, ours or the original.

    Whoever has the private key can open everything that is sealed with its certificate.

    Example: sealer keys generate -w prod.key
    """
    if not as_secret:
        refuse_unused(ctx)
    targets = targets_of(write, as_secret=as_secret)
    for target in targets:
        check_outside_git(str(target), force=force)
        check_absent(target, force=force)
    pair = generate(bits, days)
    if as_secret:
        contents = [manifest_of(pair, namespace, name or random_name(prefix))]
    else:
        contents = pem_of(pair)
    if targets:
        write_files(targets, contents)
    else:
        write_key_out(contents, ctx.obj)
    say(pair, targets, ctx.obj)


def refuse_unused(ctx: click.Context) -> None:
    """Refuse options that mean nothing for PEM files.

    Raises:
        WrongUsageError: One was typed.
    """
    for name in _SECRET_ONLY:
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise WrongUsageError(f"--{name} is for key Secrets", hint="add --as-secret")


def targets_of(write: str, *, as_secret: bool) -> list[Path]:
    """Return the files to write: none for standard output.

    Raises:
        WrongUsageError: The private key would get the certificate's name.
    """
    if not write:
        return []
    if as_secret:
        return [Path(write)]
    certificate = Path(write).with_suffix(CERTIFICATE_SUFFIX)
    if certificate == Path(write):
        raise WrongUsageError(
            f"{write} is the name for the certificate",
            hint=f"name the private key: -w {certificate.with_suffix('.key')}",
        )
    return [Path(write), certificate]


def generate(bits: int, days: int) -> "KeyPair":
    """Return a new key pair, valid from now."""
    from sealer_keys.generate import KeyOptions, generate_key_pair

    return generate_key_pair(datetime.now(UTC), KeyOptions(bits, timedelta(days=days)))


def manifest_of(pair: "KeyPair", namespace: str, name: str) -> bytes:
    """Return the key Secret as YAML."""
    from sealer.documents.emit import emit_yaml
    from sealer.keysecret import key_secret

    secret = key_secret(pair, namespace=namespace, name=name)
    return f"---\n{emit_yaml(secret.to_object())}".encode()


def pem_of(pair: "KeyPair") -> list[bytes]:
    """Return the private key and the certificate as PEM."""
    from sealer_keys.private_key import private_key_pem

    return [private_key_pem(pair.private_key), pair.certificate.pem if pair.certificate else b""]


def write_files(targets: Sequence[Path], contents: Sequence[bytes]) -> None:
    """Write files that only their owner may read.

    A pipe is written first: whoever reads it may go away, and a certificate whose key is lost is
    of no use.

    Raises:
        OutputError: One cannot be written; then none is, but for pipes.
    """
    files = list(zip(targets, contents, strict=True))
    for is_regular in (False, True):
        with Outputs(is_private=True) as outputs:
            for target, content in files:
                if (is_file(target) or not exists(target)) == is_regular:
                    outputs.write(target, content)
            outputs.commit()


def write_key_out(contents: Sequence[bytes], console: Console) -> None:
    """Write to standard output, and say so where someone may be looking over a shoulder.

    Raises:
        OutputError: It cannot be written.
    """
    if sys.stdout.isatty():
        console.warn("a private key follows; it stays in the terminal's memory")
    write_standard_output(b"".join(contents))


def say(pair: "KeyPair", targets: Sequence[Path], console: Console) -> None:
    """Say what was made."""
    until = f", valid until {pair.certificate.not_after:%Y-%m-%d}" if pair.certificate else ""
    console.note(f"new key {pair.fingerprint}{until}")
    if targets:
        names = " and ".join(map(str, targets))
        console.note(f"wrote {names}: keep the private key safe, and out of git")
