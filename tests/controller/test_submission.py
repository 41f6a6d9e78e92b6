"""What is sent to be verified or sealed anew: read as one SealedSecret or refused."""

import json
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sealer.documents import read_stream
from sealer.errors import ManyErrors, SealerError
from sealer.sealing.hints import SEALING_KEYS, write_hints
from sealer_controller.submission import is_multi_document, read_submission
from sealer_keys.fingerprint import Fingerprint
from tests.support import vectors

KEY = Fingerprint("SHA256:" + "a" * 43)
OTHER = Fingerprint("SHA256:" + "b" * 43)
MANIFEST: dict[str, Any] = {
    "apiVersion": "bitnami.com/v1alpha1",
    "kind": "SealedSecret",
    "metadata": {"name": "db", "namespace": "shop", "labels": {"a": "b"}, "generation": 4},
    "spec": {
        "encryptedData": {"k": "AgA=", "l": "AgB="},
        "template": {"data": {"t": "{{ .k }}"}, "metadata": {"name": "x"}, "new": [1, 2.5, None]},
        "unknown": True,
    },
}


def changed(**fields: object) -> bytes:
    """Return the manifest with other fields."""
    return json.dumps(MANIFEST | fields).encode()


@pytest.mark.parametrize(
    ("text", "has_several"),
    [
        ("foo", False),
        ("---\nfoo", False),
        ("foo\n---\n", True),
        ("foo\n---", True),
        (" ---", False),
        ("a: |\n  x\n ---\n", False),
        ("foo\n...", False),
        ("foo\n...\n", False),
        ("foo\n---\nbar", True),
        ("---\nfoo\n---\nbar", True),
        ("---\n---\nfoo", False),
        ("# words\n---\nfoo", False),
        ("foo\n----\n", False),
        ("{}\n{}", True),
        ("{}\n---\n", True),
        ("", False),
        ("---\n", False),
    ],
)
def test_several_documents_are_told_from_one(text: str, has_several: bool) -> None:  # noqa: FBT001 - a row of a table
    """A separator at the end counts, an indented one does not (conformance 94)."""
    assert is_multi_document(read_stream(text.encode())) is has_several


@pytest.mark.parametrize("dump", [json.dumps, yaml.safe_dump])
def test_submission_is_read_as_json_or_yaml(dump: Any) -> None:  # noqa: ANN401 - of a library
    """Either gives the same object."""
    read = read_submission(dump(MANIFEST).encode())
    assert read.manifest == MANIFEST
    assert read.sealed.encrypted_data == {"k": "AgA=", "l": "AgB="}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"# words\n",
        b"\xff\xfe\xff",
        b"hello",
        b"[]",
        b"{",
        b"a: [",
        b"null",
        changed(kind="Secret"),
        changed(kind="SealedSecretList"),
        changed(apiVersion="v1"),
        changed(kind=None),
        changed(metadata=[]),
        changed(metadata={"name": 5}),
        changed(spec="text"),
        changed(spec={"template": []}),
        changed() + changed(),
        changed() + b"\n---\n",
        changed()[:-1] + b', "kind": "SealedSecret"}',
        yaml.safe_dump(MANIFEST).encode() + b"x: .nan\n",
        b"\x1f\x8b" + changed(),
    ],
)
def test_submission_that_is_no_sealed_secret_is_refused(body: bytes) -> None:
    """Whatever it is, with an error of ours."""
    with pytest.raises((SealerError, ManyErrors)):
        read_submission(body)


def test_submission_is_read_as_leniently_as_the_cluster_reads() -> None:
    """Odd values count as empty ones, which do not open (compat.md 1.8)."""
    spec = {"encryptedData": {"k": 5, "l": None, "m": "AgA="}}
    assert read_submission(changed(spec=spec)).sealed.encrypted_data == {
        "k": "",
        "l": "",
        "m": "AgA=",
    }


@pytest.mark.parametrize(
    "more",
    [
        "  x: [" + "{a: b}," * 60_000 + "]\n",
        "  x: [" + "{}," * 60_000 + "]\n",
        "".join(f"  ? a{at}\n" for at in range(110_000)),
        "  x:\n" + "  - a\n" * 110_000,
        "  x: &a " + "y" * 1_000_000 + "\n  z: [" + "*a," * 1000 + "]\n",
    ],
    ids=["mappings", "empty", "keys", "items", "aliases"],
)
def test_submission_that_would_take_much_memory_is_refused(more: str) -> None:
    """Before it takes it: 2 MiB can be a million nodes, or stand for a gigabyte."""
    text = f"{yaml.safe_dump(MANIFEST | {'spec': {'encryptedData': {}}})}more:\n{more}"
    tracemalloc.start()
    try:
        with pytest.raises(SealerError):
            read_submission(text.encode())
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_submission_of_many_items_is_read() -> None:
    """What a cluster can hold can be sent: ten thousand items, or a large template."""
    spec = {
        "encryptedData": {f"key-{at}.txt": "AgA=" * 20 for at in range(10_000)},
        "template": {"data": {"t": "server { listen 80; } # --- a, b\n" * 5_000}},
    }
    assert len(read_submission(changed(spec=spec)).sealed.encrypted_data) == 10_000


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_submission_of_any_bytes_is_read_or_refused(body: bytes) -> None:
    """No input raises anything foreign."""
    with suppress(SealerError):
        read_submission(body)


def test_answer_changes_sealed_values_and_nothing_else() -> None:
    """Metadata, template and what we do not know stay; the status was about the values before."""
    read = read_submission(changed(status={"conditions": []}))
    answer = json.loads(read.with_values({"l": "AgC="}, KEY))
    wanted = json.loads(json.dumps(MANIFEST))
    wanted["spec"]["encryptedData"]["l"] = "AgC="
    assert answer == wanted


def test_answer_without_new_values_is_the_object_as_it_was() -> None:
    """A template alone has nothing to seal anew."""
    specs: list[dict[str, object]] = [{"encryptedData": {}}, {}, {"encryptedData": "odd"}]
    for spec in specs:
        read = read_submission(changed(spec=spec))
        assert json.loads(read.with_values({}, KEY)) == MANIFEST | {"spec": spec}


def test_answer_in_the_old_format_stays_in_it() -> None:
    """Its one value has no item key."""
    read = read_submission(changed(spec={"data": "AgA=", "encryptedData": {}}))
    answer = json.loads(read.with_values({"": "AgC="}, KEY))
    assert answer["spec"] == {"data": "AgC=", "encryptedData": {}}


def test_answer_keeps_hints_right_and_makes_none() -> None:
    """Which key sealed what is noted again for what is new."""
    notes = write_hints({"k": ("AgA=", OTHER), "l": ("AgB=", OTHER)})
    metadata = MANIFEST["metadata"] | {"annotations": {SEALING_KEYS: notes, "other": "x"}}
    read = read_submission(changed(metadata=metadata))
    annotations = json.loads(read.with_values({"l": "AgC="}, KEY))["metadata"]["annotations"]
    assert annotations == {
        SEALING_KEYS: write_hints({"k": ("AgA=", OTHER), "l": ("AgC=", KEY)}),
        "other": "x",
    }


@pytest.mark.parametrize("case", vectors.objects(), ids=lambda case: case.name)
def test_recorded_objects_can_be_sent(case: vectors.ObjectCase) -> None:
    """Whatever the original sealed, as the files stand."""
    read = read_submission(case.steps[-1].read_bytes())
    assert json.loads(read.with_values({}, KEY))["kind"] == "SealedSecret"
