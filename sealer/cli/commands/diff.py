"""`sealer diff`: what changed between two versions, told without decrypting."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, counted, printable
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import STANDARD_INPUT, find_inputs
from sealer.cli.files.output import write_standard_output
from sealer.cli.files.paths import exists
from sealer.cli.group import Command
from sealer.cli.jsontext import json_text
from sealer.cli.options import PATH, json_option
from sealer.cli.report import about
from sealer.faults import Faults

if TYPE_CHECKING:
    from sealer.errors import Where
    from sealer.sealing.difference import Change, ObjectChange
    from sealer.sealing.pairing import Version

_SIGNS = {"added": "+", "removed": "-", "changed": "~", "re-sealed": "~", "moved": ">"}


@click.command("diff", cls=Command)
@click.argument("before", type=PATH)
@click.argument("after", type=PATH)
@json_option
@click.pass_context
def command(ctx: click.Context, *, before: str, after: str, as_json: bool) -> int:
    """Show what changed between two versions of SealedSecrets, without decrypting.

    BEFORE and AFTER are files, folders, `-`, or files and folders of a git revision, written as
    git does: HEAD:db.yaml, main:clusters/prod, :db.yaml for what is staged. Objects and items that
    came, went, moved or were sealed anew are told, and changes of scope, type, template, labels and
    annotations. Whether a value that was sealed anew is another one, nobody can tell without the
    private key.

    Exits with 0 when nothing changed and with 1 when something did. --json prints {"objects":
    [{"namespace", "name", "act", "before": place or null, "after": place or null, "changes":
    [{"what", "act", "key", "before", "after"}]}]}; act is added, removed, changed, re-sealed or
    moved, a place is {"path", "line", "document"}.

    Example: sealer diff db.yaml new-db.yaml
    """
    from sealer.sealing.difference import compare

    if before == after == STANDARD_INPUT:
        raise WrongUsageError("standard input cannot be both versions")
    faults = Faults()
    sides = [list(versions(name, ctx.obj, faults)) for name in (before, after)]
    faults.check()
    found = compare(*sides)
    text = as_document(found) if as_json else as_text(found)
    write_standard_output(text.encode())
    ctx.obj.note(f"{counted(len(found), 'SealedSecret')} changed")
    return 1 if found else 0


def versions(name: str, console: Console, faults: Faults) -> Iterator["Version"]:
    """Yield the SealedSecrets of a version; what cannot be read goes into the faults."""
    with faults.collected():
        for file, shown, data, is_named in _files(name, console):
            with faults.collected(), about(shown):
                yield from _versions(file, shown, data, lenient=not is_named)


def _files(name: str, console: Console) -> Iterator[tuple[str, str, bytes, bool]]:
    """Yield each file: relative to what is compared, as people call it, its bytes, named or not.

    Raises:
        InputError: There is no such file, folder or revision, or it cannot be read.
    """
    from sealer.cli.files.revisions import names_revision, read_revision

    if name != STANDARD_INPUT and not exists(name) and names_revision(name):
        for path, data in read_revision(name):
            yield path, f"{name.rstrip('/')}/{path}" if path else name, data, not path
        return
    for each in find_inputs([name], console, example="sealer diff db.yaml new-db.yaml"):
        file = "" if each.is_named else each.relative.as_posix()
        yield file, each.name, each.read(), each.is_named


def _versions(file: str, shown: str, data: bytes, *, lenient: bool) -> Iterator["Version"]:
    from sealer.manifest.places import place, placed
    from sealer.sealing.objects import each_object, seems_sealed
    from sealer.sealing.pairing import Version
    from sealer.sealing.recovery import SEALED_SECRET, read_named
    from sealer.sealing.survey import manifest_of

    faults = Faults()
    for stream, found in each_object(data, faults):
        if SEALED_SECRET.is_meant_by(found):
            with faults.collected(), placed(stream, found):
                sealed = read_named(manifest_of(found))
                yield Version(sealed, place(stream, found)._replace(path=shown), file)
    if not lenient or seems_sealed(data):
        faults.check()


def as_document(found: list["ObjectChange"]) -> str:
    """Return what changed as JSON, as the command's help says."""
    objects = [
        {
            "namespace": each.namespace,
            "name": each.name,
            "act": each.act.value,
            "before": _place(each.before),
            "after": _place(each.after),
            "changes": [
                {
                    "what": change.what,
                    "act": change.act.value,
                    "key": change.key,
                    "before": change.before,
                    "after": change.after,
                }
                for change in each.changes
            ],
        }
        for each in found
    ]
    return json_text({"objects": objects}) + "\n"


def as_text(found: list["ObjectChange"]) -> str:
    """Return a paragraph for each object, and in it a line for each change."""
    return "".join(f"{printable(line)}\n" for each in found for line in _paragraph(each))


def _paragraph(each: "ObjectChange") -> Iterator[str]:
    name = f"{each.namespace}/{each.name}".removeprefix("/")
    sign = _SIGNS[each.act.value]
    places = [str(where) for where in (each.before, each.after) if where is not None]
    yield f"{sign} {name}: {each.act.value} ({' -> '.join(places)})"
    yield from (f"    {_line(change)}" for change in each.changes)


def _line(change: "Change") -> str:
    subject = f"{change.what} {change.key}".rstrip()
    told = " -> ".join(filter(None, (change.before, change.after)))
    if change.act.value == "moved":
        told = f"from {change.before}: {change.after}"
    return f"{_SIGNS[change.act.value]} {subject}: {change.act.value}" + (told and f": {told}")


def _place(where: "Where | None") -> dict[str, object] | None:
    if where is None:
        return None
    return {"path": where.path, "line": where.line, "document": where.document}
