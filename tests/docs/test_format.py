"""The tables of docs/format.md say what the code does."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sealer import errors
from sealer.envelope import CONTENT_KEY_SIZE, ZERO_NONCE, oaep, seal_value
from sealer.errors import IdentityError
from sealer.scope import (
    MAXIMUM_NAME_LENGTH,
    MAXIMUM_NAMESPACE_LENGTH,
    Identity,
    Scope,
    check_name,
    check_namespace,
)
from sealer.sensitive import SecretBytes
from sealer.wire import LENGTH_SIZE, SECOND_FORMAT, TAG_SIZE
from sealer_keys.certificate import MINIMUM_BITS
from tests.core.test_format_vectors import CLASSES, FOLDER, VECTORS
from tests.support import vectors

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "format.md").read_text()
KEYS = {"2048 bits": "rsa2048", "3072 bits": "rsa3072", "4096 bits": "peer-a"}


def _table(heading: str) -> dict[str, list[str]]:
    """Return the one table below a heading: its rows without the first column, by that."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in section.splitlines()
        if line.startswith("| ")
    ]
    return {row[0].strip(): row[1:] for row in rows[1:]}


def _number(text: str) -> int:
    match = re.search(r"0x[0-9a-f]+|\d+", text)
    assert match is not None, text
    return int(match.group(), 0)


def test_layout_has_the_sizes_of_the_code() -> None:
    """Two bytes of length, and the tag at the end."""
    table = _table("Layout")
    assert list(table) == ["length", "wrapped key", "ciphertext", "tag"]
    assert table["length"][:2] == ["0", str(LENGTH_SIZE)]
    assert table["wrapped key"][:2] == [str(LENGTH_SIZE), "L"]
    assert table["ciphertext"][:2] == [f"{LENGTH_SIZE} + L", "n"]
    assert table["tag"][:2] == [f"{LENGTH_SIZE} + L + n", str(TAG_SIZE)]


def test_parameters_are_those_of_the_code() -> None:
    """Sizes, hashes, the nonce, and where another format begins."""
    table = {name: value for name, (value,) in _table("Parameters").items()}
    assert _number(table["content key"]) == CONTENT_KEY_SIZE
    assert _number(table["RSA modulus"]) == MINIMUM_BITS
    assert bytes(_number(table["nonce"])) == ZERO_NONCE
    assert _number(table["tag"]) == TAG_SIZE
    assert _number(table["first byte of another format"]) == SECOND_FORMAT
    assert table["cipher"] == f"AES-{8 * CONTENT_KEY_SIZE}-GCM"
    padding = oaep(Identity(Scope.CLUSTER_WIDE, "", "").label)
    hashes = [padding.algorithm.name, padding.mgf._algorithm.name]  # noqa: SLF001 - no other way
    page = [table["OAEP hash"], table["OAEP mask"].removeprefix("MGF1 with ")]
    assert [name.replace("-", "").lower() for name in page] == hashes


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
def test_scope_has_the_annotation_and_label_of_the_page(scope: Scope) -> None:
    """In a row for each scope."""
    table = _table_of_scopes()
    assert set(table) == {each.value for each in Scope}
    annotation, label = table[scope.value]
    assert list(scope.annotations) == ([] if annotation == "none" else [annotation.strip("`")])
    spelled = label.strip("`").replace("NAMESPACE", "shop").replace("NAME", "db")
    expected = Identity(scope, "shop", "db").label.decode() or "empty"
    assert spelled == expected


def _table_of_scopes() -> dict[str, list[str]]:
    names = {scope.value for scope in Scope}
    return {name: row for name, row in _table("Label").items() if name in names}


@pytest.mark.parametrize(
    ("part", "limit", "check"),
    [
        ("namespace", MAXIMUM_NAMESPACE_LENGTH, check_namespace),
        ("name", MAXIMUM_NAME_LENGTH, check_name),
    ],
)
def test_name_may_be_as_long_as_the_page_says(
    part: str, limit: int, check: Callable[[str], None]
) -> None:
    """So long and no longer."""
    assert _number(_table("Label")[part][1]) == limit
    check("a" * limit)
    with pytest.raises(IdentityError):
        check("a" * (limit + 1))


@pytest.mark.parametrize("bits", KEYS)
def test_sizes_are_those_of_real_values(bits: str) -> None:
    """L, what is added, the shortest text and its first characters."""
    table = _table("Sizes")
    assert set(table) == set(KEYS)
    key = vectors.key_pair(KEYS[bits]).private_key
    text = seal_value(SecretBytes(b""), key.public_key(), Identity(Scope.STRICT, "shop", "db"))
    facts = [key.key_size // 8, len(base64.b64decode(text)), len(text), f"`{text[:2]}`"]
    assert table[bits] == [str(fact) for fact in facts]
    assert facts[1] == key.key_size // 8 + LENGTH_SIZE + TAG_SIZE


def test_classes_of_failure_are_the_errors_named() -> None:
    """Each class of the vectors is a row, with the error that the code raises."""
    named = {name.strip("`"): row[1].strip("`") for name, row in _table("Opening").items()}
    assert {name: getattr(errors, error) for name, error in named.items()} == CLASSES


def test_fields_of_the_vectors_are_all_explained() -> None:
    """Whoever writes a reader of vectors.json finds every field on the page."""
    (section,) = re.findall(r"^## Vectors\n(.*)", PAGE, re.MULTILINE | re.DOTALL)
    cells = [line.split("|")[2] for line in section.splitlines() if line.startswith("|")]
    explained = set(re.findall(r"`([a-z_]+)`", " ".join(cells)))
    lists = [VECTORS[name] for name in ("keys", "labels", "values")]
    used = {field for entries in lists for entry in entries for field in entry}
    assert used == explained
    assert {file.name for file in FOLDER.iterdir()} == {"keys", "vectors.json"}
