"""What `git textconv` prints: sealed values in words, everything else byte for byte."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.sealing.hints import SEALING_KEYS, digest, write_hints
from sealer.sealing.summary import readable
from tests.support import vectors
from tests.support.sealed import blob, manifest

VALUE = blob(21)
TOLD = f"sealed (21 bytes, digest {digest(VALUE)})"

_STYLES: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "single quotes": lambda text: f"'{text}'",
    "literal block": lambda text: f"|\n      {text[:76]}\n      {text[76:]}",
    "folded block": lambda text: f">-\n      {text[:76]}\n\n      {text[76:]}",
    "anchor": lambda text: f"&a {text}",
    "tag": lambda text: f"!!str {text}",
}


def _around(written: str) -> str:
    return manifest(password="@", user=blob(3)).replace("@", written) + "# the end\n"


@pytest.mark.parametrize("style", _STYLES)
def test_readable_value_in_any_style_is_told_in_one_line(style: str) -> None:
    """However a value is written, only it changes; its comment stays."""
    text = _around(_STYLES[style](VALUE)).replace(blob(3), f"{blob(3)}  # who")
    user = f"user: sealed (3 bytes, digest {digest(blob(3))})  # who\n"
    expected = _around(TOLD).replace(f"user: {blob(3)}\n", user)
    assert readable(text.encode()) == expected


def _hinted(hints: str, *, value: str = VALUE) -> str:
    marked = f"metadata:\n  annotations:\n    {SEALING_KEYS}: '{hints}'\n"
    return manifest(password=value).replace("metadata:\n", marked, 1)


def test_readable_hint_names_the_key() -> None:
    """Where the key of an item is noted, its line says so, and the note itself is brief."""
    text = _hinted(write_hints({"password": (VALUE, "abcdef")}))
    told = readable(text.encode())
    assert f"password: sealed (21 bytes, key abcdef, digest {digest(VALUE)})" in told
    assert f"{SEALING_KEYS}: told with each item\n" in told


def test_readable_value_sealed_anew_changes_one_line() -> None:
    """What a reviewer sees of a new value is that value's line."""
    versions = [
        readable(_hinted(write_hints({"password": (value, "abcdef")}), value=value).encode())
        for value in (VALUE, blob(5, mark="new"))
    ]
    pairs = zip(*(text.splitlines() for text in versions), strict=True)
    assert sum(old != new for old, new in pairs) == 1


@pytest.mark.parametrize(
    "hints",
    [
        "",
        "{}x",
        write_hints({"password": (blob(4), "abcdef")}),
        write_hints({"other": (VALUE, "abcdef")}),
        write_hints({"password": (VALUE, "abcdef")}).replace("{", "{ ", 1),
        write_hints({"password": (VALUE, "abcdef")}).replace("}", ',"more":1}', 1),
    ],
)
def test_readable_note_that_says_anything_else_stays(hints: str) -> None:
    """What is stale, or hides something, is shown as it is written."""
    assert f"{SEALING_KEYS}: '{hints}'\n" in readable(_hinted(hints).encode())


def test_readable_json_stays_json() -> None:
    """In JSON the words stand in quotes."""
    document = {
        "kind": "SealedSecret",
        "apiVersion": "bitnami.com/v1alpha1",
        "spec": {"encryptedData": {"password": VALUE}},
    }
    told = readable(json.dumps(document, indent=1).encode())
    document["spec"] = {"encryptedData": {"password": TOLD}}
    assert told == json.dumps(document, indent=1)


def test_readable_items_of_a_list_are_told() -> None:
    """A `List` holds SealedSecrets too; other kinds in it stay."""
    item = {"kind": "SealedSecret", "apiVersion": "bitnami.com/v1alpha1"}
    item |= {"spec": {"encryptedData": {"password": VALUE}}}  # type: ignore[dict-item] # JSON
    other = {"kind": "ConfigMap", "apiVersion": "v1", "data": {"encryptedData": VALUE}}
    listed = {"kind": "List", "apiVersion": "v1", "items": [item, other]}
    told = json.loads(readable(json.dumps(listed).encode()))
    assert told["items"][0]["spec"]["encryptedData"] == {"password": TOLD}
    assert told["items"][1] == other


def test_readable_alias_is_told_once() -> None:
    """A value that stands in two places is written in one of them."""
    text = _around(f"&a {VALUE}").replace(blob(3), "*a")
    assert readable(text.encode()) == _around(TOLD).replace(blob(3), "*a")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"kind: ConfigMap\r\ndata: {a: b}\r\n",
        manifest(password="correct-horse").encode(),
        b"kind: SealedSecret\nspec: {encryptedData: [\n",
        manifest(password="{{ .Values.x }}").encode(),
    ],
)
def test_readable_what_is_not_sealed_stays(data: bytes) -> None:
    """Other files, values that were never sealed and what does not parse pass unchanged."""
    assert readable(data) == data.decode()


def test_readable_damage_in_one_document_leaves_the_others() -> None:
    """Each document stands for itself."""
    good = manifest(password=VALUE)
    told = readable(f"a: [\n---\n{good}".encode())
    assert told == f"a: [\n---\n{good.replace(VALUE, TOLD)}"


def test_readable_bytes_that_are_no_text_do_not_raise() -> None:
    """Git hands over whatever a file holds."""
    assert readable(b"\xff\xfe\x00") == b"\xff\xfe\x00".decode("utf-8", "replace")


@given(st.binary(max_size=200))
def test_readable_any_bytes_give_text(data: bytes) -> None:
    """No input raises."""
    assert isinstance(readable(data), str)


@pytest.mark.parametrize("name", sorted(case.name for case in vectors.objects()))
def test_readable_of_the_originals_objects_changes_values_only(name: str) -> None:
    """Put back, the values give the file again."""
    for step in next(case for case in vectors.objects() if case.name == name).steps:
        told = readable(step.read_bytes()).splitlines()
        lines = step.read_bytes().decode().splitlines()
        assert len(told) <= len(lines)
        assert all(line in lines or ": sealed (" in line for line in told)
