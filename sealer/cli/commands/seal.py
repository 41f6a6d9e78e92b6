"""`sealer seal`: Secrets to SealedSecrets, in streams, files and folders."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, printable
from sealer.cli.destination import Target
from sealer.cli.errors import WrongUsageError
from sealer.cli.files import InputFile, find_inputs
from sealer.cli.group import Command
from sealer.cli.options import (
    certificate_options,
    certificates_of,
    identity_options,
    paths_argument,
    target_options,
)
from sealer.cli.output import write_standard_output
from sealer.cli.report import about
from sealer.cli.rewrite import Outcome, Summary, Work, counted, rewrite
from sealer.errors import Where
from sealer.faults import Faults

if TYPE_CHECKING:
    from sealer.cli.certificates import Certificates
    from sealer.sealing.advice import Notice
    from sealer.sealing.seal import SealOptions

_EXAMPLE = "sealer seal secret.yaml"


@click.command("seal", cls=Command)
@paths_argument
@target_options
@click.option("--in-place", is_flag=True, help="Rewrite the files where they are.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a Secret is not sealed.")
@identity_options(
    namespace="For Secrets that have none. Another one than theirs is refused.",
    name="Instead of the name in the manifest. For one Secret only.",
)
@click.option("--allow-empty-data", is_flag=True, help="Seal Secrets without items too.")
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
    scope: str | None,
    namespace: str,
    name: str,
    allow_empty_data: bool,
) -> int:
    """Encrypt Secrets for git.

    Reads YAML and JSON: files, folders, or standard input. Secrets become SealedSecrets; documents
    of other kinds, comments and everything else pass byte for byte. Nothing is written unless all
    succeeds.

    Example: sealer seal secret.yaml -w sealed.yaml
    """
    from sealer.scope import Scope
    from sealer.sealing.seal import SealOptions

    target = Target(write, directory, in_place)
    inputs = find_inputs(
        paths, ctx.obj, example=_EXAMPLE, without=Path(directory) if directory else None
    )
    if check:
        if write or directory:
            raise WrongUsageError("--check writes nothing: leave -w and -d out")
        return find_readable(inputs)
    options = SealOptions(
        scope=Scope(scope) if scope else None,
        name=name,
        namespace=namespace,
        allow_empty=allow_empty_data,
    )
    reads_standard_input = any(file.path is None for file in inputs)
    certificates = certificates_of(ctx, reads_standard_input=reads_standard_input)
    seal(inputs, Work("sealing", target, form), options, certificates, ctx.obj)
    return 0


def find_readable(inputs: Sequence[InputFile]) -> int:
    """Print every Secret that is not sealed, and return the exit code.

    Raises:
        InputError: An input cannot be used.
    """
    from sealer.manifest.places import place
    from sealer.sealing.stream import find_secrets

    lines: list[str] = []
    faults = Faults()
    for file in inputs:
        with faults.collected(), about(file.name):
            readable = find_secrets(file.read(), lenient=not file.is_named)
            for secret in readable.secrets:
                where = replace(place(readable.survey.stream, secret.found), path=file.name)
                lines.append(printable(f"{where}: {where.subject} is not sealed") + "\n")
    write_standard_output("".join(lines).encode())
    faults.check()
    return 1 if lines else 0


def seal(
    inputs: Sequence[InputFile],
    work: Work,
    options: "SealOptions",
    certificates: "Certificates",
    console: Console,
) -> None:
    """Seal files, and say what was done.

    Raises:
        SealerError: An input or a certificate cannot be used, or a result not written.
    """
    from sealer.sealing.splice import Form
    from sealer.sealing.stream import StreamOptions, find_secrets, seal_found

    count = 0

    def transform(file: InputFile, data: bytes, is_json: bool) -> Outcome:
        nonlocal count
        readable = find_secrets(data, lenient=not file.is_named)
        others = readable.survey.others
        if not readable.secrets:  # and so no certificate is needed
            return Outcome(data, 0, others)
        count += len(readable.secrets)
        if options.name and count > 1:
            raise WrongUsageError("--name is for one Secret, and there are several")
        certificate = certificates.for_file(_rule_path(file, work.target))
        form = Form.JSON if is_json else Form.YAML
        result = seal_found(readable, certificate, StreamOptions(options, form))
        for notice in result.warnings:
            console.warn(notice.message, where=_in(file, notice), hint=notice.hint)
        for notice in result.remarks:
            console.remark(notice.message, where=_in(file, notice), hint=notice.hint)
        return Outcome(result.data, len(result.sealed), others)

    _say(rewrite(inputs, work, transform, console), work.target, console)


def _rule_path(file: InputFile, target: Target) -> Path | None:
    """Return the path that the policy's rules are about: standard input's is that of the target."""
    if file.path is None:
        return Path(target.file) if target.file else None
    return file.path


def _in(file: InputFile, notice: "Notice") -> Where:
    return replace(notice.where, path=file.name)


def _say(summary: Summary, target: Target, console: Console) -> None:
    rest = f"; {summary.rest}" if summary.rest else ""
    if not summary.objects:
        console.warn(f"there is no Secret to seal{rest}")
    elif target != Target():
        done = f"{counted(summary.objects, 'Secret')} in {counted(summary.files, 'file')}"
        console.note(f"sealed {done}{rest}")
    else:
        console.remark(f"sealed {counted(summary.objects, 'Secret')}{rest}")
