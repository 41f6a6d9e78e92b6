"""`sealer keys retire`: put a key away that nothing needs any more."""

from typing import TYPE_CHECKING

import click

from sealer.cli.console import counted
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.options import exposure_options

if TYPE_CHECKING:
    from sealer.cli.cluster.keys import ClusterKeys
    from sealer.cli.console import Console
    from sealer.cli.keys.exposures import Report, Stored
    from sealer.cli.keys.sweep import Sweep
    from sealer_keys.fingerprint import Fingerprint


@click.command("retire", cls=Command)
@exposure_options("Tell only; leave the key as it is.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    key: str,
    paths: tuple[str, ...],
    history: bool,
    live: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Take a key out of use, if nothing given needs it any more.

    Its Secret stays in the cluster, with a label that keeps controllers from loading it. The key
    in it is tried on every value. Exits with 1, and changes nothing, while a value needs the key,
    may need it, or cannot be looked at, and while it is the key that seals. A value may need it
    where its object names no namespace, so that no key can be tried, unless it also stands where
    one can, in the cluster with --live or in what kustomize builds, and another key of the cluster
    opens it there.

    --json prints {"fingerprint", "name", "retired", "reasons", "objects": [...], "unknown"}, the
    objects as in keys compromise.

    Example: sealer keys retire prod.pem clusters/prod --history --live
    """
    from sealer.cli.commands.keys_backup import cluster_of
    from sealer.cli.keys.exposures import (
        Places,
        as_document,
        find_stored,
        kubectl_of,
        look,
        suspect_of,
    )
    from sealer.cli.keys.sweep import Sweep
    from sealer_keys.keyring import Keyring

    console: Console = ctx.obj
    sweep = Sweep(console)
    cluster = cluster_of(ctx)
    stored = find_stored(key, cluster)
    suspect = suspect_of(key, Keyring(), stored)
    kubectl = kubectl_of(ctx) if live else None
    report = look(sweep, suspect, Places(paths, history, live), kubectl)
    reasons = reasons_to_keep(report, sweep, stored, cluster, live=live)
    is_retired = not (reasons or sweep.faults.errors or dry_run)
    name = stored.secret.name
    if is_retired:
        retire(name, cluster)
    if as_json:
        facts = {"name": name, "retired": is_retired, "reasons": reasons}
        text = as_document(suspect, report, sweep, **facts)
    else:
        text = "".join(f"{line}\n" for line in report.lines())
    write_standard_output(text.encode())
    sweep.faults.check()
    for reason in reasons:
        console.error(f"the key stays: {reason}")
    if not reasons:
        console.note(f"Secret {name} {'is retired' if is_retired else 'can be retired'}")
    return 1 if reasons else 0


def reasons_to_keep(
    report: "Report",
    sweep: "Sweep",
    stored: "Stored",
    cluster: "ClusterKeys",
    *,
    live: bool,
) -> list[str]:
    """Return why a key may not be put away; nothing when it may."""
    from sealer.keystate import is_legacy

    reasons = []
    if standing := report.certain - report.buried:
        reasons.append(f"{needed_by(standing, 'value')} it: sealer reseal renews them")
    if report.buried:
        what = needed_by(report.buried, "value", " of old commits")
        reasons.append(f"{what} it, which --history counts: going back would fail")
    if report.possible:
        told = "name what kustomize builds of them too" if live else "--live would tell"
        what = counted(report.possible, "value")
        reasons.append(f"{what} may need it, in objects that name no namespace: {told}")
    if sweep.unknown:
        reasons.append(f"{counted(sweep.unknown, 'place')} could not be looked at")
    if stored.pair.fingerprint == newest_of(cluster):
        reasons.append("it is the key that seals now")
    if is_legacy(stored.secret):
        reasons.append("its Secret is loaded by its name, whatever the label says: delete it")
    return reasons


def needed_by(count: int, what: str, where: str = "") -> str:
    """Return how many need something, with the verb: "1 value needs", "2 values need"."""
    return f"{counted(count, what)}{where} {'needs' if count == 1 else 'need'}"


def newest_of(cluster: "ClusterKeys") -> "Fingerprint | None":
    """Return the key of a cluster that seals; None when there is none."""
    from sealer.backup.contents import key_of
    from sealer.keystate import KeyState, state_of
    from sealer_keys.keyring import Keyring
    from sealer_keys.private_key import KeyPair

    active = [each.secret for each in cluster.every() if state_of(each.secret) is KeyState.ACTIVE]
    keyring = Keyring(pair for each in active if isinstance(pair := key_of(each), KeyPair))
    return keyring.active.fingerprint if len(keyring) else None


def retire(name: str, cluster: "ClusterKeys") -> None:
    """Relabel the key Secret.

    Raises:
        ClusterError: The cluster cannot be asked, or refuses.
    """
    from sealer.keysecret import KEY_LABEL
    from sealer.keystate import RETIRED

    cluster.label(name, KEY_LABEL, RETIRED)
