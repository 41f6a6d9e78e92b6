"""Secrets and SealedSecrets are read as Kubernetes reads them, and nothing is guessed."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.documents import read_stream
from sealer.documents.emit import emit_json, emit_yaml
from sealer.documents.nodes import plain
from sealer.errors import ManifestError, ManyErrors, SealerError
from sealer.manifest import find_objects, read_sealed_secret, read_secret
from sealer.manifest.fields import FieldError
from sealer.manifest.secret import Secret
from sealer.sensitive import SecretBytes

SECRET: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "db", "namespace": "shop"},
    "data": {"k": "dg=="},
}
SEALED: dict[str, Any] = {
    "apiVersion": "bitnami.com/v1alpha1",
    "kind": "SealedSecret",
    "metadata": {"name": "db", "namespace": "shop"},
    "spec": {"encryptedData": {"k": "AgB"}},
}
KEYS = st.from_regex(r"[A-Za-z0-9_-][-A-Za-z0-9_.]{0,8}", fullmatch=True)
LABELS = st.dictionaries(st.text("abc/.", min_size=1, max_size=5), st.text(max_size=5), max_size=2)


NAMES = st.sampled_from(["metadata", "data", "spec", "template", "name", "labels", "encryptedData"])
OBJECTS = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3),
    lambda child: st.lists(child, max_size=2) | st.dictionaries(NAMES, child, max_size=4),
    max_leaves=10,
)


def _faults(manifest: object) -> Iterator[FieldError]:
    with pytest.raises((FieldError, ManyErrors)) as caught:
        read_secret(manifest)
    error = caught.value
    for fault in error.errors if isinstance(error, ManyErrors) else [error]:
        assert isinstance(fault, FieldError)
        yield fault


def test_read_secret_string_data_wins_over_data() -> None:
    """Both sections are merged as the API server merges them."""
    secret = read_secret(SECRET | {"stringData": {"k": "über", "l": ""}})
    assert secret.data == {"k": SecretBytes("über".encode()), "l": SecretBytes(b"")}


def test_read_secret_null_sections_count_as_empty() -> None:
    """`data:` with nothing below it is what people leave behind."""
    metadata = {"name": "db", "labels": None, "annotations": None, "creationTimestamp": None}
    secret = read_secret(SECRET | {"data": None, "stringData": None, "metadata": metadata})
    assert (secret.data, secret.labels, secret.namespace) == ({}, {}, "")


def test_read_secret_null_item_in_data_is_an_empty_value() -> None:
    """As for kubectl, `key:` in data is an empty item."""
    assert read_secret(SECRET | {"data": {"k": None}}).data == {"k": SecretBytes(b"")}


@pytest.mark.parametrize("value", [True, 12, 1.5, None, [], {}])
def test_read_secret_non_string_in_string_data_is_refused(value: object) -> None:
    """Kubernetes would change the text, so quotes are asked for (compat.md 4.2)."""
    (fault,) = _faults(SECRET | {"stringData": {"k": value}})
    assert fault.path == ("stringData", "k")
    assert "stringData.k must be a string" in fault.message


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"data": {"k": 1234}}, ("data", "k")),
        ({"data": {"k": "a-b="}}, ("data", "k")),
        ({"data": {"a b": "dg=="}}, ("data", "a b")),
        ({"stringData": {"..": "x"}}, ("stringData", "..")),
        ({"data": ["k"]}, ("data",)),
        ({"metadata": {"name": True}}, ("metadata", "name")),
        ({"metadata": {"name": "a", "namespace": 1}}, ("metadata", "namespace")),
        ({"metadata": {"name": "a", "labels": {"l": 1}}}, ("metadata", "labels", "l")),
        ({"metadata": {"annotations": {"x": False}}}, ("metadata", "annotations", "x")),
        ({"metadata": []}, ("metadata",)),
        ({"type": 1}, ("type",)),
        ({"immutable": "true"}, ("immutable",)),
        ({"kind": "ConfigMap"}, ("kind",)),
        ({"apiVersion": "v2"}, ("kind",)),
    ],
)  # fmt: skip
def test_read_secret_bad_field_is_named(change: dict[str, Any], path: tuple[str, ...]) -> None:
    """Every fault carries the path of its field."""
    assert [fault.path for fault in _faults(SECRET | change)] == [path]


def test_read_secret_reports_all_faults_at_once() -> None:
    """People mend a file in one go."""
    manifest = SECRET | {"data": {"a": "!", "b": 5}, "type": 7, "immutable": "no"}
    paths = {fault.path for fault in _faults(manifest)}
    assert paths == {("data", "a"), ("data", "b"), ("type",), ("immutable",)}


def test_read_secret_messages_hold_no_values() -> None:
    """What is wrong is told without quoting what may be secret."""
    manifest = SECRET | {"data": {"k": "canary-6f1b!"}, "stringData": {"l": ["canary-6f1b"]}}
    for fault in _faults(manifest):
        assert "canary" not in f"{fault.message} {fault.hint} {fault.where} {fault!r}"


@given(
    st.dictionaries(KEYS.filter(lambda key: key != "."), st.binary(max_size=40), max_size=4),
    LABELS,
    LABELS,
    st.sampled_from([None, True, False]),
)
def test_secret_survives_writing_and_reading(
    data: dict[str, bytes],
    labels: dict[str, str],
    annotations: dict[str, str],
    immutable: bool | None,  # noqa: FBT001 - a generated value
) -> None:
    """YAML and JSON text of a Secret gives the same Secret again."""
    items = {key: SecretBytes(value) for key, value in data.items() if not key.startswith("..")}
    secret = Secret("shop", "db", items, "Opaque", immutable, labels, annotations)
    for emit in (emit_yaml, emit_json):
        try:
            stream = read_stream(emit(secret.to_object()).encode())
        except UnicodeEncodeError:  # a lone surrogate is no text
            return
        (document,) = stream.documents
        assert document.error is None
        assert document.root is not None
        assert read_secret(plain(document.root)) == secret


def test_read_sealed_secret_strict_reports_odd_items() -> None:
    """The client names an item that is no text."""
    with pytest.raises(ManifestError, match=r"spec\.encryptedData\.k must be a string"):
        read_sealed_secret(SEALED | {"spec": {"encryptedData": {"k": 1}}})


@pytest.mark.parametrize(
    ("encrypted", "read"),
    [
        ({"a": 1, "b": None, "c": [], "d": "AgB"}, {"a": "", "b": "", "c": "", "d": "AgB"}),
        ("text", {}),
        (["list"], {}),
        (None, {}),
    ],
)  # fmt: skip
def test_read_sealed_secret_lenient_keeps_the_good_items(
    encrypted: object, read: dict[str, str]
) -> None:
    """One odd entry never stops the others in the cluster (compat.md 1.8)."""
    sealed = read_sealed_secret(SEALED | {"spec": {"encryptedData": encrypted}}, lenient=True)
    assert sealed.encrypted_data == read
    assert sealed.odd_items.keys() == {key for key, text in read.items() if not text}


@pytest.mark.parametrize(("value", "legacy"), [("", ""), ("AgB", "AgB"), (None, None)])
def test_read_sealed_secret_empty_legacy_data_counts_as_present(
    value: str | None, legacy: str | None
) -> None:
    """Only null and absence mean that there is none (compat.md 1.7)."""
    assert read_sealed_secret(SEALED | {"spec": {"data": value}}).legacy_data == legacy


def test_sealed_secret_to_object_is_read_back() -> None:
    """A SealedSecret survives writing and reading, template and all."""
    template = {
        "metadata": {"name": "db", "labels": {"a": "b"}, "annotations": {"c": "d"}},
        "type": "Opaque",
        "immutable": False,
        "data": {"conf": "{{ .k }}"},
    }
    sealed = read_sealed_secret(SEALED | {"spec": {**SEALED["spec"], "template": template}})
    assert read_sealed_secret(sealed.to_object()) == sealed


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("{apiVersion: v1, kind: Secret}", [("v1", "Secret")]),
        ("{kind: List, items: [{kind: A}, {apiVersion: v2, kind: B}]}", [("", "A"), ("v2", "B")]),
        ("{kind: SecretList, items: [{metadata: {}}]}", [("v1", "Secret")]),
        ("{kind: SealedSecretList, items: [{}]}", [("bitnami.com/v1alpha1", "SealedSecret")]),
        ("{kind: List, items: [{kind: List, items: [{kind: A}]}]}", [("", "A")]),
        ("[{kind: A}, {kind: B}]", [("", "A"), ("", "B")]),
        ("{kind: Other, items: [{kind: A}]}", [("", "Other")]),
        ("text", []),
    ],
)
def test_find_objects_unpacks_lists(text: str, kinds: list[tuple[str, str]]) -> None:
    """Objects are found alone and in lists of any kind."""
    (document,) = read_stream(text.encode()).documents
    assert [(found.api_version, found.kind) for found in find_objects(document)] == kinds


@given(OBJECTS)
def test_readers_any_json_value_gives_our_error_or_an_object(value: object) -> None:
    """No shape of object makes a reader raise anything else."""
    tail = value if isinstance(value, dict) else {"metadata": value}
    for read, head in ((read_secret, SECRET), (read_sealed_secret, SEALED)):
        try:
            read({**tail, "apiVersion": head["apiVersion"], "kind": head["kind"]})
        except SealerError:
            continue
