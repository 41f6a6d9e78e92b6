"""`sealer inspect`: what SealedSecrets are and hold, as far as it can be told without a key."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, printable
from sealer.cli.files import InputFile, find_inputs
from sealer.cli.group import Command
from sealer.cli.options import json_option, paths_argument
from sealer.cli.output import write_standard_output
from sealer.cli.report import about
from sealer.errors import SealedValueError, Where
from sealer.faults import Faults
from sealer.wire import TAG_SIZE, split

if TYPE_CHECKING:
    from sealer.documents import Stream
    from sealer.sealing.recovery import PlacedSealedSecret

_HEADINGS = ("FILE", "DOC", "OBJECT", "SCOPE", "TYPE", "ITEMS", "BYTES", "RSA")
_DEFAULT_TYPE = "Opaque"
_LONGEST_CELL = 48
# The RSA parts of keys from 2048 to 16384 bits; anything else was never sealed.
_WRAPPED_KEY_SIZES = range(256, 2048 + 1)


@dataclass(frozen=True, slots=True)
class Item:
    """A sealed value, seen from outside.

    Attributes:
        key: The item's key; empty for the one value of the V1 format.
        where: Where it stands.
        length: Bytes of the plaintext.
        bits: Size of the RSA key it is sealed with.
        fault: Why it cannot be a sealed value; empty when it can.
    """

    key: str
    where: Where
    length: int = 0
    bits: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """A SealedSecret, seen from outside.

    Attributes:
        where: Where it stands.
        scope: Its scope.
        type: The type of the Secret.
        items: Its sealed values.
        templates: The keys of the entries that a template engine fills in.
    """

    where: Where
    scope: str
    type: str
    items: tuple[Item, ...]
    templates: tuple[str, ...] = ()


@click.command("inspect", cls=Command)
@paths_argument
@json_option
@click.pass_context
def command(ctx: click.Context, *, paths: tuple[str, ...], as_json: bool) -> int:
    """Show what SealedSecrets hold: scope, type, items and sizes.

    Needs no key. Exits with 1 when a value is malformed.

    Example: sealer inspect clusters/prod
    """
    inputs = find_inputs(paths, ctx.obj, example="sealer inspect sealed.yaml")
    found = inspect(inputs, ctx.obj)
    if not found:
        ctx.obj.warn("there is no SealedSecret in the input")
    text = as_document(found) if as_json else as_table(found)
    write_standard_output(text.encode())
    return 1 if any(item.fault for facts in found for item in facts.items) else 0


def inspect(inputs: Sequence[InputFile], console: Console) -> list[Facts]:
    """Return the facts about every SealedSecret, in order.

    Raises:
        InputError: An input cannot be used.
        ManyErrors: Several cannot.
    """
    found: list[Facts] = []
    faults = Faults()
    with console.progress(inputs, len(inputs), "inspecting") as files:
        for file in files:
            with faults.collected(), about(file.name):
                found += _inspect(file)
    faults.check()
    return found


def _inspect(file: InputFile) -> list[Facts]:
    from sealer.sealing.recovery import find_sealed_secrets

    surveyed, objects = find_sealed_secrets(file.read(), lenient=not file.is_named)
    return [_facts(surveyed.stream, each, file.name) for each in objects]


def _facts(stream: "Stream", each: "PlacedSealedSecret", name: str) -> Facts:
    from sealer.manifest.places import place

    def where(*path: str) -> Where:
        return replace(place(stream, each.found, path), path=name, item="".join(path[-1:]))

    sealed = each.sealed
    items = [
        _item(key, text, where("spec", "encryptedData", key))
        for key, text in sorted(sealed.encrypted_data.items())
    ]
    if sealed.legacy_data is not None:
        items.append(_item("", sealed.legacy_data, where("spec", "data")))
    scope = sealed.identity.scope.value
    templates = tuple(sorted(sealed.template.data))
    return Facts(where(), scope, sealed.template.type or _DEFAULT_TYPE, tuple(items), templates)


def _item(key: str, text: str, where: Where) -> Item:
    try:
        parts = split(text)
    except SealedValueError as error:
        return Item(key, where, fault=error.message)
    size = len(parts.wrapped_key)
    if size not in _WRAPPED_KEY_SIZES:
        return Item(key, where, fault=f"the value was never sealed: no RSA key has {size} bytes")
    return Item(key, where, len(parts.ciphertext) - TAG_SIZE, size * 8)


def as_document(found: Sequence[Facts]) -> str:
    """Return facts as JSON; docs/cli.md says what its fields mean."""
    objects = [
        {
            "path": facts.where.path,
            "line": facts.where.line,
            "document": facts.where.document,
            "namespace": facts.where.namespace,
            "name": facts.where.name,
            "scope": facts.scope,
            "type": facts.type,
            "items": [
                {"key": item.key, "length": item.length, "bits": item.bits, "fault": item.fault}
                for item in facts.items
            ],
            "templates": list(facts.templates),
        }
        for facts in found
    ]
    return json.dumps({"objects": objects}, indent=2) + "\n"


def as_table(found: Sequence[Facts]) -> str:
    """Return facts as a table, with a line for each malformed value below."""
    if not found:
        return ""
    rows = [_HEADINGS, *(_row(facts) for facts in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    for facts in found:
        lines += (
            printable(f"{item.where}: {item.where.subject}: {item.fault}")
            for item in facts.items
            if item.fault
        )
    return "\n".join(lines) + "\n"


def _row(facts: Facts) -> tuple[str, ...]:
    where = facts.where
    keys = ", ".join([*(item.key or "(V1)" for item in facts.items), *facts.templates])
    sizes = sorted({item.bits for item in facts.items if not item.fault})
    cells = (
        where.path,
        str(where.document),
        f"{where.namespace}/{where.name}".removeprefix("/"),
        facts.scope,
        facts.type,
        keys if len(keys) <= _LONGEST_CELL else f"{len(facts.items)} items",
        str(sum(item.length for item in facts.items)),
        ", ".join(map(str, sizes)) or "-",
    )
    return tuple(printable(cell) for cell in cells)
