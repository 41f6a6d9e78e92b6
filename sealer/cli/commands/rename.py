"""`sealer rename`: an item of a SealedSecret gets another key where it stands."""

import click

from sealer.cli.group import Command
from sealer.cli.options import PATH, choice_options


@click.command("rename", cls=Command)
@click.argument("file", metavar="FILE", type=PATH)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@choice_options
@click.pass_context
def command(
    ctx: click.Context, *, file: str, old: str, new: str, name: str, namespace: str
) -> None:
    """Give an item of a SealedSecret another key in its file, and touch nothing else.

    The value stays sealed as it is: what it is sealed for does not include the key.

    Example: sealer rename db.yaml user username
    """
    from sealer.cli.editing.amending import check_items, open_sealed_secret, write_amended
    from sealer.cli.values.collect import Collected
    from sealer.errors import InputError
    from sealer.sealing.amend import ITEMS, Amendment

    selected = open_sealed_secret(file, namespace=namespace, name=name)
    check_items(selected, (old,))
    collected = Collected(ctx.obj)
    collected.reserve(new)
    collected.faults.check()
    if new in selected.sealed.encrypted_data:
        raise InputError(
            f"there is an item {new} already",
            where=selected.where((*ITEMS, new)),
            hint=f"remove it first: sealer unset {file} {new}",
        )
    write_amended(selected, Amendment(selected.placed, renamed={old: new}), ctx.obj)
    ctx.obj.note(f"{file}: {selected.where().subject}: {old} is now {new}")
