"""Our implementation is held to the vectors of docs/format.md, which use none of its code."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sealer.envelope import open_value, unwrap_key
from sealer.errors import (
    CorruptCiphertextError,
    EncodingError,
    FrameError,
    IdentityError,
    NoMatchingKeyError,
    SealerError,
)
from sealer.scope import Identity, Scope
from sealer.wire import split
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair, load_private_key
from tests.vectors.generate import __main__ as generator

FOLDER = Path(__file__).parent.parent / "vectors" / "format"
VECTORS: dict[str, Any] = json.loads((FOLDER / "vectors.json").read_text())
CLASSES: dict[str, type[SealerError]] = {
    "identity": IdentityError,
    "encoding": EncodingError,
    "frame": FrameError,
    "no-key": NoMatchingKeyError,
    "corrupt": CorruptCiphertextError,
}
Entry = dict[str, Any]
GOOD = [entry for entry in VECTORS["values"] if entry["expect"] == "ok"]
BAD = [entry for entry in VECTORS["values"] if entry["expect"] != "ok"]


@cache
def _key(name: str) -> KeyPair:
    text = (FOLDER / "keys" / f"{name}.pem").read_bytes()
    return KeyPair(load_private_key(text, thorough=True), None, datetime(2026, 1, 1, tzinfo=UTC))


def _identity(entry: Entry) -> Identity:
    return Identity(Scope.of(entry["annotations"]), entry["namespace"], entry["name"])


def _keyring(entry: Entry) -> Keyring:
    return Keyring(_key(name) for name in entry["keys"])


def _named(entry: Entry) -> str:
    return str(entry["id"])


def test_format_vectors_hold_every_kind_of_case() -> None:
    """All is there, so that no test below passes for want of cases."""
    assert len({_named(entry) for entry in VECTORS["values"]}) == len(VECTORS["values"])
    assert {entry["expect"] for entry in BAD} == set(CLASSES)
    assert {entry["key"] for entry in GOOD} == {key["id"] for key in VECTORS["keys"]}
    lengths = {len(entry["plaintext"]) // 2 for entry in GOOD}
    assert lengths > {*range(65), 255, 1000, 65_537}
    assert (len(GOOD), len(BAD), len(VECTORS["labels"])) == (165, 199, 29)


@pytest.mark.parametrize("entry", VECTORS["labels"], ids=_named)
def test_label_is_that_of_the_format_vector(entry: Entry) -> None:
    """Scope, namespace and name make the label written, or are refused."""
    if entry["expect"] == "ok":
        assert _identity(entry).label == entry["label"].encode()
    else:
        with pytest.raises(CLASSES[entry["expect"]]):
            _ = _identity(entry).label


@pytest.mark.vectors("format/vectors.json")
@pytest.mark.parametrize("entry", GOOD, ids=_named)
def test_open_value_good_format_vector_gives_its_plaintext(entry: Entry) -> None:
    """The value opens with the key, the label and the content key that the vector names."""
    key, identity = _key(entry["key"]), _identity(entry)
    opened = open_value(entry["sealed"], _keyring(entry), identity)
    assert opened.plaintext.reveal() == bytes.fromhex(entry["plaintext"])
    assert opened.key == key.fingerprint
    assert identity.label == entry["label"].encode()
    content_key = unwrap_key(split(entry["sealed"]).wrapped_key, key, identity.label)
    assert content_key == bytes.fromhex(entry["content_key"])


@pytest.mark.vectors("format/vectors.json")
@pytest.mark.parametrize("entry", BAD, ids=_named)
def test_open_value_bad_format_vector_fails_in_its_class(entry: Entry) -> None:
    """What must not open is refused, and for the reason that the page gives."""
    with pytest.raises(CLASSES[entry["expect"]]):
        open_value(entry["sealed"], _keyring(entry), _identity(entry))


def test_generator_writes_the_very_same_files(tmp_path: Path) -> None:
    """Keys and vectors are reproducible: nothing in them is anybody's choice or secret."""
    generator.write(tmp_path)
    written = {file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file()}
    kept = {file.relative_to(FOLDER) for file in FOLDER.rglob("*") if file.is_file()}
    assert written == kept
    assert [file for file in written if _bytes(tmp_path, file) != _bytes(FOLDER, file)] == []


def _bytes(folder: Path, file: Path) -> bytes:
    return (folder / file).read_bytes()


def test_generator_uses_none_of_our_code() -> None:
    """Vectors that the implementation made itself would hold it to nothing."""
    sources = (FOLDER.parent / "generate").glob("*.py")
    imports = [
        line
        for source in sources
        for line in source.read_text().splitlines()
        if line.startswith(("import ", "from "))
    ]
    assert imports
    assert not [line for line in imports if line.split()[1].startswith("sealer")]
