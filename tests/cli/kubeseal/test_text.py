"""Objects are written byte for byte as the original writes them."""

import json
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.cli.kubeseal.text import json_text, yaml_text
from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.manifest import read_sealed_secret
from tests.support import vectors

MADE_BY_KUBESEAL = sorted(
    path
    for case in vectors.objects()
    for path in case.folder.glob("sealed*.yaml")
    if path.read_bytes().startswith(b"---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n")
    and not (path.name == "sealed.yaml" and (case.folder / "sealed-by-kubeseal.yaml").exists())
)


@pytest.mark.parametrize("path", MADE_BY_KUBESEAL, ids=lambda path: path.parent.name)
def test_yaml_of_a_recorded_object_is_the_same_bytes(path: object) -> None:
    """What the original wrote, read and written again."""
    file = next(each for each in MADE_BY_KUBESEAL if each is path)
    manifest = read_sealed_secret(vectors.load_manifest(file)).to_object()
    assert yaml_text(manifest) == file.read_text()


# What the original wrote for each of these, as a value of an annotation.
SCALARS = {
    "plain": "plain",
    "5": '"5"',
    "": '""',
    "true": '"true"',
    "Yes": '"Yes"',
    "n": '"n"',
    "~": '"~"',
    "1_000": '"1_000"',
    "0o7": '"0o7"',
    "1e3": '"1e3"',
    "NaN": "NaN",
    ".nan": '".nan"',
    "<<": "<<",
    "=": "=",
    "2024-01-01": '"2024-01-01"',
    "2024-13-01": "2024-13-01",
    "190:20:30": '"190:20:30"',
    "@x": "'@x'",
    "a: b": "'a: b'",
    "key:": "'key:'",
    "x,y": "x,y",
    "[a]": "'[a]'",
    "- a": "'- a'",
    " lead": "' lead'",
    "it's": "it's",
    "a\tb": '"a\\tb"',
    "é🎉": '"é\\U0001F389"',
    "a\nb": "|-\n  a\n  b",
    "a\n": "|\n  a",
    "a\n\n": "|+\n  a\n",
    "  a\nb": "|2-\n    a\n  b",
    "a \nb": '"a \\nb"',
}


@pytest.mark.parametrize("text", SCALARS)
def test_yaml_quotes_what_the_original_quotes(text: str) -> None:
    """With the same quotes."""
    assert yaml_text({"k": text}) == f"---\nk: {SCALARS[text]}\n"


@pytest.mark.parametrize("text", ["a\u2028", "\u2029b", "a\x85b\nc"])
def test_yaml_escapes_line_ends_that_only_some_readers_know(text: str) -> None:
    """Where the emitter would add blanks behind them."""
    written = yaml_text({"k": {"k": text}})
    (document,) = read_stream(written.encode()).documents
    assert document.root is not None
    assert plain(document.root) == {"k": {"k": text}}
    assert written.startswith('---\nk:\n  k: "')


def test_yaml_sorts_keys_with_numbers_by_their_size() -> None:
    """Signs before numbers before letters, whatever the order before."""
    ordered = ["1", "01", "K1", "k", "k-1", "k.1", "k_1", "k2", "k10", "ka", "ké"]
    lines = yaml_text(dict.fromkeys(reversed(ordered), True)).splitlines()[1:]
    assert [line.split(":")[0].strip('"') for line in lines] == ordered


def test_yaml_is_the_same_whatever_order_the_keys_come_in() -> None:
    """Even for keys that the original's rule puts in a circle."""
    texts = {yaml_text(dict.fromkeys(keys, True)) for keys in permutations(("2a", "10", "21"))}
    assert len(texts) == 1


@given(st.dictionaries(st.text("abkKz019-_.", min_size=1), st.text() | st.booleans()))
def test_yaml_means_what_was_written(values: dict[str, str | bool]) -> None:
    """Read again, the values are the same."""
    text = yaml_text({"k": values})
    (document,) = read_stream(text.encode("utf-8", "replace")).documents
    assert document.error is None
    assert document.root is not None
    printable = {
        key: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for key, value in values.items()
    }
    assert plain(document.root) == {"k": printable}


def test_json_has_the_order_of_the_original() -> None:
    """Fields as in its structs, maps sorted; `<`, `>` and `&` as escapes."""
    manifest = {
        "spec": {
            "encryptedData": {"b": "x", "a": "<&>"},
            "template": {"data": {}, "immutable": True, "type": "T", "metadata": {"name": "n"}},
        },
        "metadata": {"annotations": {"k10": "v", "k2": "\u2028é"}, "namespace": "ns", "name": "n"},
        "apiVersion": "v",
        "kind": "K",
    }
    text = json_text(manifest)
    assert json.loads(text) == manifest
    assert text.endswith("}\n")
    assert "\\u003c\\u0026\\u003e" in text
    assert '"\\u2028é"' in text
    order: tuple[str, ...] = (
        "kind",
        "apiVersion",
        "metadata",
        '"name',
        "namespace",
        "annotations",
        "k10",
        "k2",
    )
    order += ("spec", "template", "metadata", '"type', "immutable", '"data', "encryptedData", '"a')
    at = 0
    for word in order:
        at = text.index(word, at) + 1
