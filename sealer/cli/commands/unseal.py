"""`sealer unseal`: recovery, SealedSecrets to Secrets with the private keys at hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, counted
from sealer.cli.files.destination import Target
from sealer.cli.files.ignored import check_outside_git
from sealer.cli.files.inputs import InputFile, find_inputs
from sealer.cli.files.rewrite import Outcome, Work, rewrite
from sealer.cli.group import Command
from sealer.cli.keys.keyfiles import load_keyring
from sealer.cli.options import keys_option, paths_argument, target_options

if TYPE_CHECKING:
    from sealer_keys.keyring import Keyring


@click.command("unseal", cls=Command)
@paths_argument
@keys_option(
    "Private keys: PEM files, key Secrets, backups, folders of these. May be given several times.",
    required=True,
)
@target_options
@click.option("--force", is_flag=True, help="Write into a git work tree all the same.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    keys: tuple[str, ...],
    write: str,
    directory: str,
    form: str | None,
    force: bool,
) -> None:
    """Decrypt SealedSecrets with private keys, for recovery.

    The result is readable by anyone who gets it. Documents of other kinds pass byte for byte.
    Nothing is written unless every item of every object opens.

    Example: sealer unseal db.yaml --keys key.yaml
    """
    target = Target(write, directory)
    check_outside_git(write or directory, force=force)
    inputs = find_inputs(
        paths,
        ctx.obj,
        example="sealer unseal sealed.yaml --keys FILE",
        without=Path(directory) if directory else None,
    )
    keyring = load_keyring(keys, ctx.obj)
    unseal(inputs, Work("unsealing", target, form, is_private=True), keyring, ctx.obj)


def unseal(inputs: Sequence[InputFile], work: Work, keyring: "Keyring", console: Console) -> None:
    """Unseal files, and say loudly what that means.

    Raises:
        SealerError: An input cannot be used, an item does not open, or a result is not written.
    """
    from concurrent.futures import ThreadPoolExecutor

    from sealer.cli.resealing.rendering import render
    from sealer.sealing.recovery import RecoveryOptions, unseal_stream
    from sealer.sealing.splice import Form
    from sealer.sealing.unseal import UnsealOptions

    with ThreadPoolExecutor() as pool:
        options = UnsealOptions(spread=pool.map, render=render)

        def transform(file: InputFile, data: bytes, is_json: bool) -> Outcome:
            form = Form.JSON if is_json else Form.YAML
            how = RecoveryOptions(options, form, lenient=not file.is_named)
            result = unseal_stream(data, keyring, how)
            return Outcome(result.data, result.count, result.others)

        summary = rewrite(inputs, work, transform, console)
    rest = f"; {summary.rest}" if summary.rest else ""
    if summary.objects:
        what = counted(summary.objects, "Secret")
        console.warn(
            f"{what} can be read by anyone who gets the output{rest}",
            hint="keep it out of git and backups, and delete it when done",
        )
    else:
        console.warn(f"there is no SealedSecret to unseal{rest}")
