"""`sealer seal`: Secrets to SealedSecrets, in streams, files and folders."""

from pathlib import Path

import click

from sealer.cli.errors import WrongUsageError
from sealer.cli.files.destination import Target
from sealer.cli.files.inputs import find_inputs
from sealer.cli.files.rewrite import Work
from sealer.cli.group import Command
from sealer.cli.options import (
    CommaText,
    cache_option,
    certificate_options,
    certificates_of,
    hints_option,
    identity_options,
    paths_argument,
    target_options,
)

_EXAMPLE = "sealer seal secret.yaml"


@click.command("seal", cls=Command)
@paths_argument
@target_options
@click.option("--in-place", is_flag=True, help="Rewrite the files where they are.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if sealing would change files.")
@click.option("--fresh", is_flag=True, help="Seal unchanged values anew too.")
@identity_options(
    namespace="For Secrets that have none. Another one than theirs is refused.",
    name="Instead of the name in the manifest. For one Secret only.",
)
@click.option(
    "--copy-metadata",
    metavar="GLOB",
    multiple=True,
    type=CommaText(),
    envvar="SEALER_COPY_METADATA",
    help="Put labels and annotations of such keys on the SealedSecret too. May be repeated.",
)
@click.option("--allow-empty-data", is_flag=True, help="Seal Secrets without items too.")
@click.option(
    "--only",
    metavar="PLACE",
    multiple=True,
    allow_from_autoenv=False,  # it is about one file
    help="Seal only the Secret there: a document's number, as 2, or an item, as 1/items/0. "
    "The rest of the file stays as it is. May be repeated.",
)
@hints_option
@cache_option
@certificate_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    write: str,
    directory: str,
    form: str | None,
    in_place: bool,
    check: bool,
    fresh: bool,
    scope: str | None,
    namespace: str,
    name: str,
    copy_metadata: tuple[str, ...],
    allow_empty_data: bool,
    only: tuple[str, ...],
    no_hints: bool,
    no_cache: bool,
) -> int:
    """Encrypt Secrets for git.

    Reads YAML and JSON: files, folders, or standard input. Secrets become SealedSecrets; documents
    of other kinds, comments and everything else pass byte for byte. Nothing is written unless all
    succeeds.

    Where -w or -d names an output that is there already, values that did not change keep their
    ciphertext, and a file that would not change is not touched. How that is known: keyed digests
    of what you sealed, in the state folder of your account. With --check such outputs are compared
    and nothing is written; values that were not sealed here are told as unknown, and do not count.
    Without an output, or with --in-place, --check looks for Secrets that are not sealed.

    Example: sealer seal secret.yaml -w sealed.yaml
    """
    from sealer.cli.sealing.digests import Digests
    from sealer.cli.sealing.sealcheck import check_inputs, check_outputs
    from sealer.cli.sealing.sealfiles import Sealer, seal_files
    from sealer.scope import Scope
    from sealer.sealing.seal import SealOptions

    if check and fresh:
        raise WrongUsageError("--check and --fresh exclude each other")
    if check and only:
        raise WrongUsageError("--check and --only exclude each other")
    target = Target(write, directory, in_place)
    inputs = find_inputs(
        paths, ctx.obj, example=_EXAMPLE, without=Path(directory) if directory else None
    )
    if only and len(inputs) != 1:
        raise WrongUsageError("--only is about one file, and there are several")
    options = SealOptions(
        scope=Scope(scope) if scope else None,
        name=name,
        namespace=namespace,
        allow_empty=allow_empty_data,
        copied=copy_metadata,
        hints=not no_hints,
    )
    reads_standard_input = any(file.path is None for file in inputs)
    certificates = certificates_of(ctx, reads_standard_input=reads_standard_input)
    sealer = Sealer(options, target, certificates, ctx.obj, only=only)
    work = Work("sealing", target, form)
    # What goes to standard output cannot be found again by a later run.
    with Digests.open(ctx.obj, enabled=not no_cache and target != Target()) as digests:
        if not check:
            seal_files(inputs, work, sealer, digests, fresh=fresh)
            return 0
        if write or directory:
            return check_outputs(inputs, work, sealer, digests)
        return check_inputs(inputs)
