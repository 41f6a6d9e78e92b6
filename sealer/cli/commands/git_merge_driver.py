"""`sealer git merge-driver`: three versions of a file to one, as git asks for it."""

from pathlib import Path

import click

from sealer.cli.files.inputs import read_input
from sealer.cli.files.output import Outputs
from sealer.cli.group import Command
from sealer.cli.options import PATH
from sealer.errors import Where

_HINT = "keep one of the two between the markers, then `git add` the file"


@click.command("merge-driver", cls=Command, hidden=True)
@click.argument("base", type=PATH)
@click.argument("ours", type=PATH)
@click.argument("theirs", type=PATH)
@click.argument("marker_size", metavar="SIZE", type=click.IntRange(1, 1000))
@click.argument("name", metavar="PATH")
@click.pass_context
def command(
    ctx: click.Context, *, base: str, ours: str, theirs: str, marker_size: int, name: str
) -> int:
    """Merge THEIRS into OURS, which both came from BASE; git runs this for merges and rebases.

    Items, labels and other fields of SealedSecrets are merged one by one; a field that both sides
    changed is a conflict (exit code 1), with markers of SIZE characters around it alone. The rest
    is merged by lines. PATH is what the file is called in messages.

    Example: sealer git merge-driver db.yaml db.yaml new-db.yaml 7 db.yaml
    """
    from sealer.cli.gitsetup.mergefile import MergeFile
    from sealer.sealing.merge import merge

    before = read_input(ours)
    merged = merge(
        read_input(base),
        before,
        read_input(theirs),
        MergeFile(marker_size),
        marker_size=marker_size,
    )
    for conflict in merged.conflicts:
        ctx.obj.warn(conflict, where=Where(path=name), hint=_HINT)
    if merged.data != before:
        with Outputs() as outputs:
            outputs.write(Path(ours), merged.data, expected=before)
            outputs.commit()
    return 0 if merged.is_clean else 1
