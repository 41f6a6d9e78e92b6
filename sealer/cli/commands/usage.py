"""`sealer usage`: which workloads use which Secret and item."""

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from sealer.cli.console import counted
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import InputFile, find_inputs
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.jsontext import json_text
from sealer.cli.options import json_option, namespace_option, paths_argument

if TYPE_CHECKING:
    from sealer.cli.console import Console
    from sealer.faults import Faults
    from sealer.usage import Inventory
    from sealer.usage.report import Report


@click.command("usage", cls=Command)
@paths_argument
@click.option("--live", is_flag=True, help="Ask a cluster through kubectl instead of files.")
@click.option("--context", default="", metavar="NAME", help="With --live: the kubectl context.")
@namespace_option("With --live: look at this namespace only.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    live: bool,
    context: str,
    namespace: str,
    as_json: bool,
) -> int:
    """Show which workloads use which Secret, and which of its items.

    Reads manifests: environment, volumes, imagePullSecrets, ServiceAccounts, TLS of Ingresses and
    Gateways, credentials of volumes. Tells what is asked for and missing, what nobody uses, and
    items that `envFrom` makes no good variables of. --live asks a cluster instead, for names and
    item keys only: values of Secrets are not read.

    Exits with 1 when something is missing. --json prints {"secrets": [{"namespace", "name",
    "sources": [{"kind", place}], "items": [{"key", "users"}], "users", "unusedItems", "isUsed"}],
    "missing": [{"namespace", "name", "key", "user"}], "doubts": [{"key", "variable", "reason",
    "user"}]}. The users of a Secret are those that take all items. A user is {"kind",
    "namespace", "name", "way", "container", "target", "keys", "files": [{"container", "path",
    "key"}], "isOptional", place}; a place is "path", "line", "column" and "document".

    Example: sealer usage clusters/prod
    """
    from sealer.cli.usagetext import as_document, as_text
    from sealer.faults import Faults
    from sealer.usage import Inventory
    from sealer.usage.report import report

    faults = Faults()
    inventory, is_complete = Inventory(), True
    if live:
        inventory, is_complete = ask(paths, context, namespace, ctx.obj)
    else:
        refuse_options_of_live(ctx)
        inputs = find_inputs(paths, ctx.obj, example="sealer usage clusters/prod")
        faults = read(inventory, inputs, ctx.obj)
    found = report(inventory, is_complete=is_complete)
    document = json_text(as_document(found)) + "\n" if as_json else as_text(found)
    write_standard_output(document.encode())
    tell(found, ctx.obj)
    faults.check()
    return 1 if found.missing else 0


def read(inventory: "Inventory", inputs: list[InputFile], console: "Console") -> "Faults":
    """Take in what files say, and return what could not be read."""
    from sealer.cli.certificates.policyfile import PolicyFiles
    from sealer.cli.files.reading import read_each
    from sealer.faults import Faults
    from sealer.sealing.objects import each_object

    policies = PolicyFiles()

    def add(file: InputFile, data: bytes) -> None:
        cluster, faults = policies.cluster_of(file.path), Faults()
        for stream, found in each_object(data, faults):
            inventory.add_found(stream, found, file.name, cluster)
        faults.check()

    return read_each(inputs, console, "reading", add)


def ask(
    paths: tuple[str, ...], context: str, namespace: str, console: "Console"
) -> tuple["Inventory", bool]:
    """Return what a cluster says, and whether it told all its Secrets.

    Raises:
        WrongUsageError: Files are named as well.
        ClusterError: The cluster cannot be asked, or refuses.
    """
    from sealer.cli.cluster.kubectl import Kubectl
    from sealer.cli.cluster.live import Live

    if paths:
        raise WrongUsageError("--live asks the cluster and reads no files")
    live = Live(Kubectl(context=context), namespace, console)
    live.read()
    return live.inventory, live.knows_secrets


def refuse_options_of_live(ctx: click.Context) -> None:
    """Refuse what has no meaning for files; variables are meant for other commands too.

    Raises:
        WrongUsageError: It stands on the command line.
    """
    for name in ("context", "namespace"):
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise WrongUsageError(f"--{name} goes with --live")


def tell(found: "Report", console: "Console") -> None:
    """Say in a few words what should be known."""
    from sealer.cli.usagetext import sentence_about

    for doubt in found.doubts:
        console.warn(sentence_about(doubt), where=doubt.use.where)
    unused = sum(not each.uses for each in found.secrets)
    secrets = counted(len(found.secrets), "Secret")
    references = counted(len(found.missing), "reference")
    console.note(f"{secrets}, {unused} that nobody uses; {references} to what is missing")
