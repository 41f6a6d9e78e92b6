"""`sealer edit`: a SealedSecret is changed in an editor, without its values being shown."""

from pathlib import Path

import click

from sealer.cli.errors import WrongUsageError
from sealer.cli.files.paths import exists
from sealer.cli.group import Command
from sealer.cli.options import (
    PATH,
    cache_option,
    certificate_options,
    certificates_of,
    hints_option,
    identity_options,
)


@click.command("edit", cls=Command)
@click.argument("file", metavar="FILE", type=PATH)
@identity_options(
    namespace="The namespace of the SealedSecret that is meant, or of a new one.",
    name="The SealedSecret that is meant, where FILE holds several; or the name of a new one.",
)
@click.option("--editor", metavar="COMMAND", default="", help="Default: VISUAL, then EDITOR.")
@click.option("--fresh", is_flag=True, help="Seal unchanged values anew too.")
@cache_option
@hints_option
@certificate_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    scope: str | None,
    namespace: str,
    name: str,
    editor: str,
    fresh: bool,
    no_cache: bool,
    no_hints: bool,
) -> None:
    """Change a SealedSecret in your editor; no private key is needed.

    The editor shows a Secret in which a mark stands for each value. Where the mark stays, so does
    the ciphertext; new values are sealed; items that go are removed. Labels, annotations and type
    can be changed too. Only what changed is touched in FILE. If FILE does not exist, a new Secret
    is begun. The text is in memory only, and removed when the editor ends; a system that cannot
    do that is warned of.

    Example: sealer edit db.yaml
    """
    from sealer.cli.editing.amending import ItemSealer
    from sealer.cli.editing.editing import Conversation
    from sealer.cli.editing.editor import find_editor
    from sealer.cli.editing.memory import private_folder
    from sealer.cli.editing.session import Amending, Creating
    from sealer.cli.sealing.digests import Digests

    if file == "-":
        raise WrongUsageError("a file is edited where it is, and standard input has no place")
    session: Amending | Creating
    if exists(file):
        session = Amending.begin(file, namespace=namespace, name=name)
        if scope:
            raise WrongUsageError(
                "--scope is for a new file", hint="seal anew: sealer unseal, then sealer seal"
            )
    else:
        session = Creating(file, name or Path(file).stem, namespace, scope, hints=not no_hints)
        session.check()
    program = find_editor(editor)
    certificate = certificates_of(ctx, reads_standard_input=False).for_file(Path(file))
    digests = Digests.open(ctx.obj, enabled=not no_cache)
    sealer = ItemSealer(certificate, digests, fresh, ctx.obj)
    with private_folder(ctx.obj) as folder:
        talk = Conversation(program, folder / f"{Path(file).stem}.yaml", ctx.obj)
        is_taken = talk.hold(session.text, lambda data: session.take(data, sealer))
    digests.save()
    if not is_taken:
        ctx.obj.note(f"{file}: nothing was changed")
