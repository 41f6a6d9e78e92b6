"""`sealer unset`: items of a SealedSecret are removed where they stand."""

import click

from sealer.cli.group import Command
from sealer.cli.options import PATH, choice_options


@click.command("unset", cls=Command)
@click.argument("file", metavar="FILE", type=PATH)
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@choice_options
@click.pass_context
def command(
    ctx: click.Context, *, file: str, keys: tuple[str, ...], name: str, namespace: str
) -> None:
    """Remove items of a SealedSecret from its file, and touch nothing else.

    A comment behind the value goes with it, comments in lines of their own stay.

    Example: sealer unset db.yaml user
    """
    from sealer.cli.editing.amending import check_items, open_sealed_secret, write_amended
    from sealer.sealing.amend import Amendment

    selected = open_sealed_secret(file, namespace=namespace, name=name)
    check_items(selected, keys)
    removed = tuple(dict.fromkeys(keys))
    write_amended(selected, Amendment(selected.placed, removed=removed), ctx.obj)
    ctx.obj.note(f"{file}: {selected.where().subject}: removed {', '.join(removed)}")
