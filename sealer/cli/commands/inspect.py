"""`sealer inspect`: what SealedSecrets are and hold, as far as it can be told without a key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, printable
from sealer.cli.files.inputs import InputFile, find_inputs
from sealer.cli.files.output import write_standard_output
from sealer.cli.files.reading import read_each
from sealer.cli.group import Command
from sealer.cli.jsontext import json_text
from sealer.cli.options import (
    check_one_reader,
    json_option,
    paths_argument,
    source_options,
    wish_of,
)
from sealer.cli.table import as_columns

if TYPE_CHECKING:
    from sealer.certsource import Wish
    from sealer.faults import Faults
    from sealer.policy import Destination
    from sealer.sealing.facts import Facts, NewestKey
    from sealer_keys.certificate import Certificate

_HEADINGS = (
    *("FILE", "DOC", "OBJECT", "SCOPE", "TYPE", "ITEMS", "BYTES", "RSA"),
    *("KEY", "NEWEST", "EXPIRES"),
)
_LONGEST_CELL = 48
_UNKNOWN = "?"
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Row:
    """A SealedSecret, and the certificate that its cluster seals with now.

    Attributes:
        facts: What the object tells.
        certificate: The certificate; None when there is none at hand.
        destination: Which cluster the file is for, where the policy says so.
    """

    facts: "Facts"
    certificate: "Certificate | None"
    destination: "Destination"

    @property
    def newest(self) -> "NewestKey | None":
        """The key to compare with."""
        from sealer.sealing.facts import NewestKey
        from sealer_keys.fingerprint import short

        if self.certificate is None:
            return None
        return NewestKey(short(self.certificate.fingerprint), self.certificate.bits)


@click.command("inspect", cls=Command)
@paths_argument
@source_options("The certificate to compare with.")
@json_option
@click.pass_context
def command(ctx: click.Context, *, paths: tuple[str, ...], as_json: bool) -> int:
    """Show what SealedSecrets hold: scope, type, items, sizes, and which key sealed them.

    Needs no key. KEY is the key that sealed the items, where that is noted in the file; NEWEST
    tells whether it is the one of the certificate that .sealer.yaml names for the file, EXPIRES
    when that certificate does. --cert, --cluster and the controller's options name another one;
    no cluster is asked without them. An item with the key of another cluster of .sealer.yaml than
    the file's is named below the table; sealer lint makes it an error.

    Exits with 1 when a value is malformed. --json prints {"objects": [{"path", "line", "document",
    "namespace", "name", "scope", "type", "items": [{"key", "length", "bits", "sealedWith",
    "isNewest", "fault", "otherCluster"}], "templates", "isNewest", "certificate": {"fingerprint",
    "notAfter"} or null}]}; isNewest and otherCluster are null where nobody knows.

    Example: sealer inspect clusters/prod
    """
    inputs = find_inputs(paths, ctx.obj, example="sealer inspect sealed.yaml")
    wish = wish_of(ctx)
    check_one_reader(wish, reads_standard_input=any(file.path is None for file in inputs))
    rows: list[Row] = []
    faults = inspect(inputs, wish, rows, ctx.obj)
    if not rows and not faults.errors:
        ctx.obj.warn("there is no SealedSecret in the input")
    text = as_document(rows) if as_json else as_table(rows)
    write_standard_output(text.encode())
    faults.check()
    return 1 if any(item.fault for row in rows for item in row.facts.items) else 0


def inspect(
    inputs: Sequence[InputFile],
    wish: "Wish",
    rows: list[Row],
    console: Console,
) -> "Faults":
    """Add a row for every SealedSecret, in order, and return what could not be read."""
    from sealer.cli.certificates.clusterkeys import Destinations
    from sealer.cli.certificates.newest import NewestCertificates
    from sealer.cli.certificates.policyfile import PolicyFiles
    from sealer.sealing.facts import facts_of
    from sealer.sealing.recovery import find_sealed_secrets

    certificates = NewestCertificates(wish, console)
    named = wish.cluster or ("" if wish.certificate else wish.fallback_cluster)
    destinations = Destinations(PolicyFiles(), named)

    def add(file: InputFile, data: bytes) -> None:
        surveyed, objects = find_sealed_secrets(data, lenient=not file.is_named)
        if not objects:
            return
        certificate, destination = certificates.for_file(file.path), destinations.of(file.path)
        rows.extend(
            Row(facts_of(surveyed.stream, each, file.name), certificate, destination)
            for each in objects
        )

    return read_each(inputs, console, "inspecting", add)


def as_document(rows: Sequence[Row]) -> str:
    """Return facts as JSON, as the command's help says; times are UTC in RFC 3339."""
    return json_text({"objects": [_object(row) for row in rows]}) + "\n"


def _object(row: Row) -> dict[str, object]:
    facts, certificate, newest = row.facts, row.certificate, row.newest
    return {
        "path": facts.where.path,
        "line": facts.where.line,
        "document": facts.where.document,
        "namespace": facts.where.namespace,
        "name": facts.where.name,
        "scope": facts.scope,
        "type": facts.type,
        "items": [
            {
                "key": item.key,
                "length": item.length,
                "bits": item.bits,
                "sealedWith": item.sealed_with,
                "isNewest": item.is_newest(newest),
                "fault": item.fault,
                "otherCluster": row.destination.foreign.get(item.sealed_with),
            }
            for item in facts.items
        ],
        "templates": list(facts.templates),
        "isNewest": facts.is_newest(newest),
        "certificate": certificate
        and {
            "fingerprint": certificate.fingerprint,
            "notAfter": f"{certificate.not_after:%Y-%m-%dT%H:%M:%SZ}",
        },
    }


def as_table(rows: Sequence[Row]) -> str:
    """Return facts as a table, and below it a line for each value that does not open here."""
    if not rows:
        return ""
    faults = (
        printable(f"{item.where}: {item.where.subject}: {fault}") + "\n"
        for row in rows
        for item in row.facts.items
        if (fault := item.fault or row.destination.told(item.sealed_with))
    )
    return as_columns([_HEADINGS, *map(_cells, rows)]) + "".join(faults)


def _cells(row: Row) -> tuple[str, ...]:
    facts, where = row.facts, row.facts.where
    items = ", ".join([*(item.key or "(V1)" for item in facts.items), *facts.templates])
    sizes = sorted({item.bits for item in facts.items if not item.fault})
    keys = dict.fromkeys(item.sealed_with or _UNKNOWN for item in facts.items)
    return (
        where.path,
        str(where.document),
        f"{where.namespace}/{where.name}".removeprefix("/"),
        facts.scope,
        facts.type,
        items if len(items) <= _LONGEST_CELL else f"{len(facts.items)} items",
        str(sum(item.length for item in facts.items)),
        ", ".join(map(str, sizes)) or _NONE,
        ", ".join(keys) or _NONE,
        _answer(facts.is_newest(row.newest)) if row.certificate and facts.items else _NONE,
        f"{row.certificate.not_after:%Y-%m-%d}" if row.certificate else _NONE,
    )


def _answer(answer: bool | None) -> str:
    return _UNKNOWN if answer is None else "yes" if answer else "no"
