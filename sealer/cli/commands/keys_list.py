"""`sealer keys list`: which keys there are, what they are used for, and what still needs them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from sealer.cli.console import printable
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.jsontext import json_text
from sealer.cli.options import PATH, cluster_options, json_option, keys_option
from sealer.cli.table import as_columns

if TYPE_CHECKING:
    from sealer.backup.contents import KeptSecret
    from sealer.cli.keys.sweep import Sweep
    from sealer_keys.private_key import KeyPair

_NEVER = datetime.min.replace(tzinfo=UTC)
_COLUMNS = ("KEY", "SECRET", "AGE", "STATE", "BITS", "BACKED UP", "ITEMS")


@dataclass(frozen=True, slots=True)
class Row:
    """One key Secret.

    Attributes:
        kept: The Secret.
        pair: Its key; None when it cannot be used.
        fault: Why not.
        state: `active`, `compromised`, `not loaded` or `unusable`.
        is_newest: Whether it is the key that seals.
    """

    kept: "KeptSecret"
    pair: "KeyPair | None"
    fault: str
    state: str
    is_newest: bool


@click.command("list", cls=Command)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=PATH)
@keys_option("List these key Secrets and PEM files instead of a cluster's.")
@cluster_options
@json_option
@click.pass_context
def command(
    ctx: click.Context, *, paths: tuple[str, ...], keys: tuple[str, ...], as_json: bool
) -> None:
    """List the keys of a cluster, and how many items in PATHs each of them sealed.

    The notes beside values tell which key sealed them; what has no note counts as unknown. The
    newest active key is the one that seals, marked with *.

    --json prints {"keys": [...], "unknown"}; each key has name, namespace, fingerprint, bits,
    created, notBefore, notAfter, state, newest, backedUp, items (null without PATH) and fault.

    Example: sealer keys list clusters/prod --keys key.yaml
    """
    from sealer.cli.keys.sweep import Sweep

    sweep = Sweep(ctx.obj)
    rows = rows_of(stored(ctx, keys))
    used = count(sweep, paths) if paths else None
    text = as_document(rows, used) if as_json else as_text(rows, used, datetime.now(UTC))
    write_standard_output(text.encode())
    sweep.faults.check()


def stored(ctx: click.Context, keys: Sequence[str]) -> "list[KeptSecret]":
    """Return the key Secrets of files, or of the cluster.

    Raises:
        ClusterError: The cluster cannot be asked, or refuses.
        KeyFileError: A file cannot be used.
    """
    from sealer.cli.commands.keys_backup import cluster_of, source_of
    from sealer.cli.keys.keyfiles import load_secrets
    from sealer.keysecret import DIGEST_KEY

    if not keys:
        return cluster_of(ctx).every()
    found = load_secrets(keys, source_of(ctx).controller_namespace, ctx.obj)
    return [each for each in found if each.secret.name != DIGEST_KEY]


def rows_of(kept: "Sequence[KeptSecret]") -> list[Row]:
    """Return what is known about key Secrets, the newest key first."""
    from sealer.backup.contents import key_of
    from sealer.errors import SealerError
    from sealer.keystate import KeyState, state_of
    from sealer_keys.keyring import Keyring
    from sealer_keys.private_key import KeyPair

    pairs = [(each, key_of(each.secret)) for each in kept]
    active = Keyring(
        pair
        for each, pair in pairs
        if isinstance(pair, KeyPair) and state_of(each.secret) is KeyState.ACTIVE
    )
    newest = active.active.fingerprint if len(active) else ""
    rows = []
    for each, pair in pairs:
        state = state_of(each.secret).value
        if isinstance(pair, KeyPair):
            is_newest = state == KeyState.ACTIVE.value and pair.fingerprint == newest
            rows.append(Row(each, pair, "", state, is_newest))
        else:
            fault = pair.message if isinstance(pair, SealerError) else ""
            rows.append(Row(each, None, fault, "unusable", is_newest=False))
    return sorted(rows, key=lambda row: row.pair.order_time if row.pair else _NEVER, reverse=True)


def count(sweep: "Sweep", paths: Sequence[str]) -> Counter[str]:
    """Return how many items each key sealed, by its short fingerprint; empty for unknown.

    Raises:
        InputError: A path cannot be read, or a folder holds no manifest.
    """
    from sealer.sealing.hints import read_hints

    used: Counter[str] = Counter()
    for sighting in sweep.files(paths, "sealer keys list clusters/"):
        hints = read_hints(sighting.sealed)
        used.update(hints.get(item, "") for item in sighting.sealed.encrypted_data)
        used[""] += sighting.sealed.legacy_data is not None
    return used


def as_document(rows: Sequence[Row], used: Counter[str] | None) -> str:
    """Return the keys as JSON; times are UTC in RFC 3339."""
    from sealer.keystate import BACKED_UP_ANNOTATION
    from sealer_keys.fingerprint import short

    def facts(row: Row) -> dict[str, object]:
        certificate = row.pair.certificate if row.pair else None
        items = used[short(row.pair.fingerprint)] if row.pair and used is not None else None
        return {
            "name": row.kept.secret.name,
            "namespace": row.kept.secret.namespace,
            "fingerprint": row.pair.fingerprint if row.pair else None,
            "bits": row.pair.private_key.key_size if row.pair else None,
            "created": row.kept.created or None,
            "notBefore": f"{certificate.not_before:%Y-%m-%dT%H:%M:%SZ}" if certificate else None,
            "notAfter": f"{certificate.not_after:%Y-%m-%dT%H:%M:%SZ}" if certificate else None,
            "state": row.state,
            "newest": row.is_newest,
            "backedUp": row.kept.secret.annotations.get(BACKED_UP_ANNOTATION),
            "items": items,
            "fault": row.fault,
        }

    unknown = used[""] if used is not None else None
    return json_text({"keys": [facts(row) for row in rows], "unknown": unknown}) + "\n"


def as_text(rows: Sequence[Row], used: Counter[str] | None, now: datetime) -> str:
    """Return the keys as a table; items only where they were counted."""
    width = len(_COLUMNS) if used is not None else len(_COLUMNS) - 1
    table = [_COLUMNS[:width], *(_cells(row, used, now)[:width] for row in rows)]
    lines = [f"{row.kept.secret.name}: {row.fault}" for row in rows if row.fault]
    if used is not None and used[""]:
        lines.append(f"not known which key sealed them: {used['']}")
    return as_columns(table) + "".join(f"{printable(line)}\n" for line in lines)


def _cells(row: Row, used: Counter[str] | None, now: datetime) -> tuple[str, ...]:
    from sealer.keystate import BACKED_UP_ANNOTATION
    from sealer_keys.fingerprint import short

    name = short(row.pair.fingerprint) if row.pair else "-"
    certificate = row.pair.certificate if row.pair else None
    age = f"{(now - certificate.not_before).days}d" if certificate else "-"
    bits = str(row.pair.private_key.key_size) if row.pair else "-"
    backed_up = row.kept.secret.annotations.get(BACKED_UP_ANNOTATION, "never")
    items = str(used[name]) if used is not None and row.pair else "-"
    mark = "*" if row.is_newest else ""
    return (name, row.kept.secret.name, age, row.state + mark, bits, backed_up, items)
