"""`sealer kustomize`: a function or an exec plugin of kustomize."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealer.cli.files.inputs import STANDARD_INPUT, check_not_terminal, read_input
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.options import (
    PATH,
    cache_option,
    certificate_options,
    certificates_of,
    hints_option,
)
from sealer.cli.report import flatten
from sealer.errors import ManifestError, SealerError

if TYPE_CHECKING:
    from sealer.cli.kustomize.exchange import Request
    from sealer.cli.kustomize.sealing import Sealing


@click.command("kustomize", cls=Command)
@click.argument("config", required=False, default="", type=PATH)
@click.option(
    "--earlier",
    metavar="FILE",
    type=PATH,
    default="",
    help="What an earlier build wrote: unchanged values keep their ciphertext and names.",
)
@cache_option
@hints_option
@certificate_options
@click.pass_context
def command(
    ctx: click.Context, *, config: str, earlier: str, no_cache: bool, no_hints: bool
) -> None:
    """Seal Secrets while kustomize builds.

    Kustomize runs this; docs/kustomize.md says how to tell it to. Without CONFIG it is a function:
    a ResourceList comes on standard input and goes back. With CONFIG it is an exec plugin, which
    `kubectl kustomize` has too. A configuration of kind SealedSecretGenerator (apiVersion
    sealer.dev/v1) makes one SealedSecret from files, envs and variables of the environment; one of
    kind SealedSecretTransformer seals every Secret of the build.

    Example: sealer kustomize generator.yaml
    """
    from sealer.cli.kustomize.exchange import failure, read_function_request, read_plugin_request
    from sealer.cli.kustomize.sealing import Sealing, read_earlier
    from sealer.cli.sealing.digests import Digests

    certificates = certificates_of(ctx, reads_standard_input=True)
    if not config:
        check_not_terminal("sealer kustomize generator.yaml")
    try:
        with Digests.open(ctx.obj, enabled=not no_cache) as digests:
            data = b"" if sys.stdin.isatty() else read_input(STANDARD_INPUT)
            if config:
                request = read_plugin_request(read_input(config), data)
            else:
                request = read_function_request(data)
            sealing = Sealing(
                certificates, digests, read_earlier(earlier), ctx.obj, Path.cwd(), not no_hints
            )
            answer = answer_to(request, sealing)
    except SealerError as error:
        if not config:  # kustomize shows it beside the words on standard error
            write_standard_output(failure(list(flatten(error))))
        raise
    write_standard_output(answer)


def answer_to(request: "Request", sealing: "Sealing") -> bytes:
    """Return what kustomize takes back.

    Raises:
        SealerError: The configuration, an object, a source or the certificate cannot be used.
    """
    from sealer.cli.kustomize import API_VERSION, GENERATOR, TRANSFORMER
    from sealer.cli.kustomize.generator import generate, read_generator
    from sealer.cli.kustomize.root import Kustomization
    from sealer.cli.kustomize.transform import read_transformer, transform

    match (request.config.get("apiVersion"), request.config.get("kind")):
        case (str(version), str(kind)) if version == API_VERSION and kind == GENERATOR:
            generator = read_generator(request.config, Kustomization(sealing.root))
            return request.with_object(generate(generator, sealing))
        case (str(version), str(kind)) if version == API_VERSION and kind == TRANSFORMER:
            scope = read_transformer(request.config)
            return request.with_replaced(transform(request.objects, scope, sealing))
        case _:
            raise ManifestError(
                f"the configuration is no {GENERATOR} and no {TRANSFORMER}",
                hint=f"both have apiVersion: {API_VERSION}",
            )
