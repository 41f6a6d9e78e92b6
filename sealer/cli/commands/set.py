"""`sealer set`: items of a SealedSecret are added or replaced where they stand."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import STANDARD_INPUT
from sealer.cli.group import Command
from sealer.cli.options import (
    PATH,
    cache_option,
    certificate_options,
    certificates_of,
    choice_options,
)
from sealer.cli.values.plaintext import allow_empty_option, read_value, trim_option
from sealer.cli.values.values import Sources, read_values, sources_of, value_options

if TYPE_CHECKING:
    from sealer.sensitive import SecretBytes


@click.command("set", cls=Command)
@click.argument("file", metavar="FILE", type=PATH)
@click.argument("keys", nargs=-1, metavar="[KEY]")
@value_options
@trim_option
@allow_empty_option
@choice_options
@click.option("--fresh", is_flag=True, help="Seal unchanged values anew too.")
@cache_option
@certificate_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    keys: tuple[str, ...],
    trim: bool,
    allow_empty: bool,
    name: str,
    namespace: str,
    fresh: bool,
    no_cache: bool,
) -> None:
    """Add or replace items of a SealedSecret in its file, and touch nothing else.

    The value of KEY is read from standard input: its bytes as they are. Options name other
    sources, for any number of items. Values are sealed for the name, namespace and scope of the
    object in FILE; no private key is needed. A value that is known to be unchanged keeps its
    ciphertext.

    Example: sealer set db.yaml password --trim < password.txt
    """
    from sealer.cli.editing.amending import ItemSealer, open_sealed_secret, write_amended
    from sealer.cli.sealing.digests import Digests
    from sealer.sealing.amend import Amendment

    sources = sources_of(ctx)
    key = _key_of(file, keys, sources, ctx.obj)
    reads_standard_input = bool(key) or sources.reads_standard_input
    selected = open_sealed_secret(file, namespace=namespace, name=name)
    certificates = certificates_of(ctx, reads_standard_input=reads_standard_input)
    certificate = certificates.for_file(Path(file))
    values: dict[str, SecretBytes]
    if key:
        value = read_value(STANDARD_INPUT, ctx.obj, trim=trim, allow_empty=allow_empty)
        values = {key: value}
    else:
        values = read_values(sources, ctx.obj)
    digests = Digests.open(ctx.obj, enabled=not no_cache)
    texts = ItemSealer(certificate, digests, fresh, ctx.obj).seal(selected, values)
    amendment = Amendment(selected.placed, texts, certificate.fingerprint)
    subject = selected.where().subject
    if texts and write_amended(selected, amendment, ctx.obj):
        ctx.obj.note(f"{file}: {subject}: set {', '.join(texts)}")
    else:
        ctx.obj.note(f"{file}: {subject}: nothing to change, the values are the same")
    digests.save()


def _key_of(file: str, keys: tuple[str, ...], sources: Sources, console: Console) -> str:
    """Return the key whose value comes from standard input; empty where options name sources.

    Raises:
        InputError: The key is not legal.
        WrongUsageError: It is not clear what to read.
    """
    import sys

    from sealer.cli.values.collect import Collected

    if any("=" in key for key in keys):  # not repeated: a value may stand behind it
        raise WrongUsageError(
            "KEY=VALUE is refused: a value on the command line stays in the shell's history and "
            "shows in the list of processes",
            hint=f"give the value on standard input: sealer set {file} KEY",
        )
    if keys and sources:
        raise WrongUsageError(
            "KEY takes its value from standard input, and an option names another source",
            hint="name the item in the option, such as --from-file KEY=PATH",
        )
    if sources:
        return ""
    if len(keys) != 1:
        raise WrongUsageError(
            "one KEY is needed" if not keys else "only one KEY can come from standard input",
            hint=f"sealer set {file} --prompt KEY, or --from-file KEY=PATH, asks for any number",
        )
    if sys.stdin.isatty():
        raise WrongUsageError(
            "there is nothing to read", hint=f"type the value: sealer set {file} --prompt KEY"
        )
    collected = Collected(console)
    collected.reserve(keys[0])
    collected.faults.check()
    return keys[0]
