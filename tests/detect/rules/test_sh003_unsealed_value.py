"""SH003: what stands under `encryptedData` must be sealed; base64 alone is no encryption."""

import base64

import pytest

from sealer.detect.values import is_sealed
from tests.detect.table import SEALED, STANZA, TOKEN, Row, found, name_of, row
from tests.support.vectors import OBJECTS

_HEAD = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db}\nspec:\n"
_NOT_SEALED = base64.b64encode(b"hunter2").decode()


def _blob(length: int, size: int) -> str:
    """Return base64 of that size that declares an RSA part of that length."""
    return base64.b64encode(length.to_bytes(2) + bytes(size - 2)).decode()


_FOLDED = f"      {SEALED[:99]}\n      {SEALED[99:]}\n"

MUST_FIND = [
    row("base64", f"{_HEAD}  encryptedData:\n    a: {_NOT_SEALED}\n", "a"),
    row("plain text", f"{_HEAD}  encryptedData:\n    a: hunter2\n", "a"),
    row("one of several", f"{_HEAD}  encryptedData:\n    a: {SEALED}\n    b: hunter2\n", "b"),
    row("long base64", f"{_HEAD}  encryptedData:\n    a: {'aHVudGVy' * 99}\n", "a"),
    row("RSA part too short", f"{_HEAD}  encryptedData:\n    a: {_blob(128, 600)}\n", "a"),
    row("RSA part too long", f"{_HEAD}  encryptedData:\n    a: {_blob(2049, 3000)}\n", "a"),
    row("cut", f"{_HEAD}  encryptedData:\n    a: {_blob(512, 529)}\n", "a"),
    row("sealed, with text behind it", f"{_HEAD}  encryptedData:\n    a: '{SEALED}!'\n", "a"),
    row("number", f"{_HEAD}  encryptedData:\n    a: 12345\n", "a"),
    row("mapping", f"{_HEAD}  encryptedData:\n    a: {{b: hunter2}}\n", "a"),
    row("text for the section", f"{_HEAD}  encryptedData: hunter2\n", ""),
    row("old form", f"{_HEAD}  data: {_NOT_SEALED}\n", ""),
    row("old form with items", f"{_HEAD}  data: {{a: {_NOT_SEALED}}}\n", "a"),
    row(
        "kind changed and nothing else",
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
        "data: {a: YQ==}\nstringData: {b: c}\n",
        "a",
        "b",
    ),
    row("without apiVersion", "kind: SealedSecret\nspec: {encryptedData: {a: b}}\n", "a"),
    row("in a list", "kind: SealedSecretList\nitems: [{spec: {encryptedData: {a: b}}}]\n", "a"),
    row("in JSON", '{"kind":"SealedSecret","spec":{"encryptedData":{"a":"aHVudGVyMg=="}}}', "a"),
    row("SOPS token without stanza", f"{_HEAD}  encryptedData: {{a: '{TOKEN}'}}\n", "a"),
]

MUST_PASS = [
    row("sealed", f"{_HEAD}  encryptedData:\n    a: {SEALED}\n"),
    row("sealed for RSA-2048, empty", f"{_HEAD}  encryptedData:\n    a: {_blob(256, 274)}\n"),
    row("sealed for RSA-16384", f"{_HEAD}  encryptedData:\n    a: {_blob(2048, 2066)}\n"),
    row("folded", f"{_HEAD}  encryptedData:\n    a: >-\n{_FOLDED}"),
    row("block", f"{_HEAD}  encryptedData:\n    a: |\n{_FOLDED}"),
    row("quoted", f"{_HEAD}  encryptedData:\n    'a': '{SEALED}'\n"),
    row("empty", f"{_HEAD}  encryptedData:\n    a: ''\n    b:\n"),
    row("no items", f"{_HEAD}  encryptedData: {{}}\n"),
    row("no section", f"{_HEAD}  template: {{data: {{}}}}\n"),
    row("placeholder", f"{_HEAD}  encryptedData:\n    a: ${{SEALED}}\n"),
    row("template", f"{_HEAD}  encryptedData:\n    a: '{{{{ .Values.sealed }}}}'\n"),
    row("old form", f"{_HEAD}  data: {SEALED}\n"),
    row("old form, empty", f"{_HEAD}  data: ''\n"),
    row("SOPS", f"{_HEAD}  encryptedData: {{a: '{TOKEN}'}}\n"
        + STANZA.replace("data|", "encryptedData|")),
    row("another group", "apiVersion: x.io/v1\nkind: SealedSecret\n"
        "spec: {encryptedData: {a: b}}\n"),
    row("CRD", "kind: CustomResourceDefinition\nspec:\n  names: {kind: SealedSecret}\n"
        "  schema: {encryptedData: {type: object}}\n"),
    row("in JSON", f'{{"kind":"SealedSecret","spec":{{"encryptedData":{{"a":"{SEALED}"}}}}}}'),
    row("another kind", "kind: Other # SealedSecret\nspec: {encryptedData: {a: b}}\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_unsealed_value_is_found(case: Row) -> None:
    """A SealedSecret whose value can be read is none."""
    assert found(case.data) == [("SH003", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_sealed_value_passes(case: Row) -> None:
    """What is sealed, empty or only named may be committed."""
    assert found(case.data) == []


@pytest.mark.parametrize("folder", sorted(OBJECTS.iterdir()), ids=lambda folder: folder.name)
def test_scan_recorded_sealed_secret_passes_unless_damaged(folder: object) -> None:
    """What the original's client sealed passes; only values that were put in by hand do not.

    Entries of a template that are no templates are another rule's.
    """
    path = OBJECTS / str(folder) / "sealed.yaml"
    unsealed = {
        "bad-base64": ["bad"],
        "plain-base64": ["k"],
        "two-kinds-of-bad": ["b64", "cut"],
    }.get(path.parent.name, [])
    seen = [(rule, key) for rule, key in found(path.read_bytes()) if rule != "SH008"]
    assert seen == [("SH003", key) for key in unsealed]


@pytest.mark.parametrize("first_byte", [0x00, 0x08, 0x80, 0xFF])
def test_is_sealed_unknown_header_is_not(first_byte: int) -> None:
    """Formats that do not exist yet are not believed."""
    assert not is_sealed(base64.b64encode(bytes([first_byte]) + bytes([1]) * 4000).decode())
