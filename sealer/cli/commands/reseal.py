"""`sealer reseal`: what an older key sealed is sealed anew, in place, item by item."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from sealer.cli.console import Console
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import InputFile, find_inputs
from sealer.cli.group import Command
from sealer.cli.options import (
    certificate_options,
    certificates_of,
    json_option,
    keys_option,
    paths_argument,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sealer.cli.certificates.certificates import Certificates
    from sealer.cli.resealing.resealing import Means
    from sealer.cli.resealing.sharing import Work

_EXAMPLE = "sealer reseal clusters/prod"
# While some wait for the disk or the interpreter's lock, others do private-key work.
_FILES_PER_CORE = 3
# Each is a kubectl of its own, and the controller's limits hold more of them up anyway.
_REQUESTS_AT_ONCE = 4


@click.command("reseal", cls=Command)
@paths_argument
@keys_option(
    "Work offline with private keys: PEM files, key Secrets, backups, folders of these.",
    required=False,
)
@click.option(
    "--check",
    "--dry-run",
    "check",
    is_flag=True,
    help="Write nothing; exit 1 if an item is not sealed with the newest key.",
)
@click.option(
    "--to-cluster",
    metavar="NAME",
    default="",
    help="Seal for another cluster of .sealer.yaml. Needs --keys of the old one.",
)
@certificate_options
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    keys: tuple[str, ...],
    check: bool,
    to_cluster: str,
    as_json: bool,
) -> int:
    """Seal anew, in place, what is not sealed with the newest key.

    Only ciphertexts change: comments, templates, metadata and items that the newest key sealed
    stay byte for byte. Each file is written by itself, so a run that was stopped is finished by
    the next one. An object of which an item does not open is left alone as a whole; the others
    are done.

    The controller does it, unless --keys gives the private keys: then nothing leaves this
    machine, and the newest key is that of the certificate that is named (--cert, --cluster, or
    .sealer.yaml), else the newest of the keys. The original controller seals everything anew, so
    with it only objects with hints which key sealed them are skipped. Standard input is
    re-sealed to standard output.

    --json prints {"objects": [{"path", "line", "document", "namespace", "name", "scope",
    "resealed": [item], "kept": [item], "unknown": [item], "faults": [message]}], "resealed",
    "kept", "unknown": numbers of items, "files": number of files changed}.

    Example: sealer reseal clusters/prod --keys key.yaml
    """
    _check_usage(ctx, keys, to_cluster)
    inputs = find_inputs(paths, ctx.obj, example=_EXAMPLE)
    reads_standard_input = any(file.path is None for file in inputs)
    if reads_standard_input and as_json:
        raise WrongUsageError(
            "standard output cannot be both, the re-sealed input and the report",
            hint="name files, or leave --json out",
        )
    certificates = certificates_of(ctx, reads_standard_input=reads_standard_input)
    if to_cluster:
        certificates.wish = replace(certificates.wish, cluster=to_cluster)
    with _work(certificates, keys, check=check) as work:
        return reseal(inputs, work, ctx.obj, check=check, as_json=as_json)


def _check_usage(ctx: click.Context, keys: tuple[str, ...], to_cluster: str) -> None:
    def is_typed(name: str) -> bool:
        return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE

    if to_cluster and not keys:
        raise WrongUsageError(
            "--to-cluster needs the private keys of the cluster that the values are sealed for",
            hint="give them with --keys: a controller seals for itself only",
        )
    if to_cluster and (is_typed("cert") or is_typed("cluster")):
        raise WrongUsageError("--to-cluster, --cluster and --cert exclude each other")
    if is_typed("cert") and not keys:
        raise WrongUsageError(
            "--cert goes with --keys: a controller seals with its own newest key",
            hint="leave it out, or work offline: --keys FILE",
        )


@contextmanager
def _work(certificates: "Certificates", keys: tuple[str, ...], *, check: bool) -> "Iterator[Work]":
    """Return how to work: with the private keys on all cores, or through the controller."""
    from sealer.cli.cluster.patience import Patience
    from sealer.cli.resealing.resealing import ThroughController, WithKeys
    from sealer.cli.resealing.sharing import Work

    if not keys:
        patience = Patience()
        means = ThroughController(certificates, patience, must_know=check)
        yield Work(lambda _console: means, _REQUESTS_AT_ONCE, patience.stop)
        return
    from concurrent.futures import ThreadPoolExecutor

    from sealer.cli.files.pipeline import CORES
    from sealer.cli.keys.keyfiles import load_keyring

    keyring = load_keyring(keys, certificates.console)
    with ThreadPoolExecutor(CORES) as pool:

        def with_keys(console: Console) -> "Means":
            return WithKeys(replace(certificates, console=console), keyring, pool.map)

        yield Work(with_keys, _FILES_PER_CORE * CORES, is_ours=True)


def reseal(
    inputs: Sequence[InputFile], work: "Work", console: Console, *, check: bool, as_json: bool
) -> int:
    """Seal files anew, say what was done, and return the exit code.

    Raises:
        SealerError: Something could not be done; everything else was.
    """
    from sealer.cli.files.output import sync_folders
    from sealer.cli.files.temporary import TemporaryFiles
    from sealer.cli.resealing.report import JsonReport, TextReport
    from sealer.cli.resealing.sharing import reseal_all

    report = JsonReport() if as_json else TextReport(console, check=check)
    label = "checking" if check else "re-sealing"
    folders: set[Path] = set()
    with (
        TemporaryFiles() as temporaries,
        closing(reseal_all(inputs, work, console, None if check else temporaries)) as results,
        console.progress(results, len(inputs), label) as shown,
    ):
        for resealed in shown:
            report.add(resealed)
            if resealed.is_changed and resealed.file.path is not None and not check:
                folders.add(resealed.file.path.parent)
            if resealed.is_hopeless:
                break
    sync_folders(folders)
    temporaries.losses.tell(console)
    report.finish()
    return 1 if check and report.tally.resealed else 0
