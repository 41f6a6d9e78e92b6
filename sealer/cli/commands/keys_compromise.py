"""`sealer keys compromise`: a private key may be known to others. What has to be changed?"""

from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, counted
from sealer.cli.errors import ClusterError
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.options import exposure_options, keys_option

if TYPE_CHECKING:
    from sealer.cli.cluster.keys import ClusterKeys
    from sealer.cli.keys.exposures import Report
    from sealer.faults import Faults
    from sealer.sealing.exposure import Suspect


@click.command("compromise", cls=Command)
@exposure_options("Report only; do not mark the key in the cluster.")
@keys_option("Private keys to try on every value, where the cluster is not asked: --dry-run.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    key: str,
    paths: tuple[str, ...],
    history: bool,
    live: bool,
    keys: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """List everything that a key opens, so that it can be changed, and mark the key.

    The key Secret gets the annotation sealer.dev/state: compromised: it opens still, and seals
    no more. The key in it is tried on every value.

    --dry-run asks no cluster. Then a value counts when the key opens it (--keys), when the note
    beside it names the key, and else when its size fits: those are called possible. A note that
    names another key proves nothing, since anyone can write it: the value stays possible, and
    the key it names is told. What stands in an object without a namespace stays possible, as no key
    can be tried there, until a copy that names one is opened: by this key, or by another.

    --json prints {"fingerprint", "name", "marked", "objects": [...], "unknown"}; each object has
    source (file, history or cluster), place, namespace, name and items: key, evidence (tried,
    noted or possible), noted (another key that the note names, or null).

    Example: sealer keys compromise prod.pem clusters/prod --keys key.yaml --dry-run
    """
    from sealer.cli.commands.keys_backup import cluster_of
    from sealer.cli.keys.exposures import (
        Places,
        as_document,
        find_stored,
        keyring_of,
        kubectl_of,
        look,
        suspect_of,
    )
    from sealer.cli.keys.sweep import Sweep

    console: Console = ctx.obj
    sweep = Sweep(console)
    keyring = keyring_of(keys, console)
    name, stored, marked = "", None, False
    if not dry_run:
        cluster = cluster_of(ctx)
        stored = find_stored(key, cluster)
        name = stored.secret.name
        marked = mark(name, cluster, sweep.faults, console)
    suspect = suspect_of(key, keyring, stored)
    kubectl = kubectl_of(ctx) if live else None
    report = look(sweep, suspect, Places(paths, history, live), kubectl)
    if as_json:
        text = as_document(suspect, report, sweep, name=name, marked=marked)
    else:
        text = "".join(f"{line}\n" for line in report.lines())
    write_standard_output(text.encode())
    say(report, suspect, console)
    sweep.faults.check()


def mark(name: str, cluster: "ClusterKeys", faults: "Faults", console: Console) -> bool:
    """Mark the key at once, since the report may take a while; a failure does not stop it."""
    from sealer.keysecret import COMPROMISED, STATE_ANNOTATION

    try:
        is_new = cluster.annotate(name, STATE_ANNOTATION, COMPROMISED)
    except ClusterError as error:
        faults.add(error.about(f"Secret {name} could not be marked"))
        return False
    done = f"marked Secret {name}" if is_new else f"Secret {name} is marked already"
    console.note(f"{done} as compromised: it opens, and seals no more")
    console.remark("the original controller ignores the mark: make a new key there")
    return True


def say(report: "Report", suspect: "Suspect", console: Console) -> None:
    """Say how much there is to do."""
    possible = f", and possibly {counted(report.possible, 'other')}" if report.possible else ""
    console.note(f"{suspect.fingerprint} opens {counted(report.certain, 'value')}{possible}")
    if report.disputed and suspect.pair is None:
        console.note(
            f"notes name another key for {report.disputed} of these; anyone can write a note: "
            "--keys, with this key or the others, proves it"
        )
    if report.found:
        console.note("change them at their source: sealed anew, an old password stays known")
