"""From the API server's JSON to our values and back, however odd what is stored may be."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.errors import UnsealError
from sealer.sealing import unseal_secret
from sealer_controller.kube.types import (
    SEALED_SECRETS,
    SECRETS,
    event_body,
    secret_body,
    status_body,
    stored_sealed_secret,
    stored_secret,
)
from sealer_controller.objects import Condition, Event, Status, StoredSealedSecret, StoredSecret
from sealer_keys.keyring import Keyring
from tests.controller.memory import NOW, secret, stored

THEN = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
METADATA: dict[str, Any] = {
    "name": "db",
    "namespace": "shop",
    "uid": "u",
    "resourceVersion": "7",
    "generation": 3,
    "creationTimestamp": "2026-05-04T03:02:01Z",
}


def _sealed(spec: object, **more: object) -> StoredSealedSecret:
    text = json.dumps({"metadata": METADATA, "spec": spec, **more})
    return stored_sealed_secret(msgspec.json.decode(text, type=SEALED_SECRETS.type))


def _secret(**fields: object) -> StoredSecret:
    text = json.dumps({"metadata": METADATA, **fields})
    return stored_secret(msgspec.json.decode(text, type=SECRETS.type))


def test_stored_sealed_secret_without_kind_has_all_that_counts() -> None:
    """An item of a list comes without apiVersion and kind (line 87)."""
    labels = {"app": "x"}
    text = {"metadata": {**METADATA, "labels": labels}, "spec": {"encryptedData": {"k": "AgA="}}}
    found = stored_sealed_secret(msgspec.convert(text, SEALED_SECRETS.type))
    assert (found.uid, found.resource_version, found.generation) == ("u", "7", 3)
    assert (found.created, found.fault, found.status) == (THEN, None, Status())
    assert (found.sealed.encrypted_data, found.sealed.labels) == ({"k": "AgA="}, labels)


@pytest.mark.parametrize("data", ["text", 3, None, ["a"], True])
def test_stored_sealed_secret_whose_items_are_no_mapping_has_none(data: object) -> None:
    """As the original reads it (compat.md 1.8)."""
    found = _sealed({"encryptedData": data})
    assert (found.sealed.encrypted_data, found.fault) == ({}, None)


@pytest.mark.parametrize("odd", [3, None, ["a"], {"b": "c"}, True, 1.5])
def test_stored_sealed_secret_with_an_odd_value_keeps_the_others(odd: object) -> None:
    """The odd one counts as empty and fails later, by its name (compat.md 1.8, line 88)."""
    found = _sealed({"encryptedData": {"odd": odd, "good": "AgA="}})
    assert found.sealed.encrypted_data == {"odd": "", "good": "AgA="}
    with pytest.raises(UnsealError, match=r"no key could decrypt secret \(good, odd\)") as raised:
        unseal_secret(found.sealed, Keyring())
    assert raised.value.faults["odd"].message.startswith("the value must be a string and is ")


def test_stored_sealed_secret_of_old_files_with_nulls_is_read() -> None:
    """`creationTimestamp: null` and `template.data: null` are absent."""
    template = {"metadata": {"creationTimestamp": None, "labels": None}, "data": None, "type": None}
    found = _sealed({"encryptedData": {}, "template": template})
    assert (found.fault, dict(found.sealed.template.data)) == (None, {})
    nothing = stored_sealed_secret(
        msgspec.convert(
            {"metadata": {"name": "db", "creationTimestamp": None}}, SEALED_SECRETS.type
        )
    )
    assert (nothing.created, nothing.fault) == (None, None)


def test_stored_sealed_secret_that_cannot_be_read_has_a_fault() -> None:
    """A template of the wrong shape makes this object unusable, and no other."""
    found = _sealed({"encryptedData": {"k": "AgA="}, "template": {"type": 3}})
    assert found.fault is not None
    assert "spec.template.type must be a string" in found.fault.message
    assert (found.key, found.generation) == (("shop", "db"), 3)


@given(JSON, JSON)
def test_stored_sealed_secret_takes_any_json(spec: object, status: object) -> None:
    """Whatever the server lets pass becomes a value, with or without a fault."""
    found = _sealed(spec, status=status)
    assert found.key == ("shop", "db")


@given(JSON)
def test_stored_sealed_secret_takes_any_items(data: object) -> None:
    """Whatever stands under `encryptedData`, its items are strings."""
    found = _sealed({"encryptedData": data})
    assert all(isinstance(value, str) for value in found.sealed.encrypted_data.values())


@pytest.mark.parametrize(
    "status",
    [None, "x", [], {"conditions": None}, {"conditions": [{"type": "Synced"}]}, {"conditions": 3}],
)
def test_stored_sealed_secret_with_an_odd_status_has_none(status: object) -> None:
    """A status that makes no sense is written anew."""
    assert _sealed({}, status=status).status == Status()


def test_status_written_is_read_back() -> None:
    """All that a condition holds goes there and back; times lose their fractions."""
    ours = Condition("Synced", "False", "Invalid", "why", NOW, THEN)
    theirs = Condition("Ready", "Unknown")
    body = status_body(stored(), "9", Status(4, (ours, theirs)))
    encoded = json.loads(msgspec.json.encode(body))
    assert encoded["metadata"] == {
        "namespace": "shop",
        "name": "db",
        "uid": "uid-1",
        "resourceVersion": "9",
    }
    assert encoded["status"]["conditions"] == [
        {
            "type": "Synced",
            "status": "False",
            "reason": "Invalid",
            "message": "why",
            "lastUpdateTime": "2027-01-01T12:30:15Z",
            "lastTransitionTime": "2026-05-04T03:02:01Z",
        },
        {"type": "Ready", "status": "Unknown"},
    ]
    whole_seconds = NOW.replace(microsecond=0)
    back = _sealed({}, status=encoded["status"]).status
    assert back.observed_generation == 4
    assert back.conditions == (
        Condition("Synced", "False", "Invalid", "why", whole_seconds, THEN),
        theirs,
    )


def test_stored_secret_has_all_fields_that_we_write() -> None:
    """Data in bytes, references as JSON values with the fields that are set."""
    owner = {"apiVersion": "v1", "kind": "X", "name": "n", "uid": "u", "blockOwnerDeletion": False}
    metadata = METADATA | {
        "labels": {"a": "b"},
        "annotations": {"c": "d"},
        "finalizers": ["e/f"],
        "ownerReferences": [owner],
    }
    found = _secret(metadata=metadata, data={"k": "AP8=", "n": None}, type="T", immutable=True)
    assert (found.uid, found.resource_version) == ("u", "7")
    assert found.secret == secret(
        {"k": b"\x00\xff", "n": b""},
        type="T",
        immutable=True,
        labels={"a": "b"},
        annotations={"c": "d"},
        finalizers=("e/f",),
        owner_references=(owner,),
    )


@pytest.mark.parametrize("fields", [{}, {"data": None}, {"data": {}}])
def test_stored_secret_without_data_is_empty(fields: dict[str, object]) -> None:
    """A Secret may have no data at all."""
    assert dict(_secret(**fields).secret.data) == {}


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.binary(max_size=20)))
def test_secret_body_is_read_back(data: dict[str, bytes]) -> None:
    """What is written as a Secret is the same Secret when it is read."""
    wanted = secret(data or {"k": b""}, labels={"a": "b"}, immutable=False)
    body = secret_body(wanted, uid="u", resourceVersion="7")
    text = msgspec.json.encode(body)
    assert stored_secret(msgspec.json.decode(text, type=SECRETS.type)) == StoredSecret(
        wanted, "u", "7"
    )


def test_event_body_is_that_of_the_original() -> None:
    """Source, count and times as the original's Events have them (compat.md 2.6)."""
    about = stored(resource_version="9")
    encoded = json.loads(msgspec.json.encode(event_body(about, Event("Normal", "R", "text"), NOW)))
    assert encoded == {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": "shop", "generateName": "db."},
        "involvedObject": {
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "namespace": "shop",
            "name": "db",
            "uid": "uid-1",
            "resourceVersion": "9",
        },
        "type": "Normal",
        "reason": "R",
        "message": "text",
        "source": {"component": "sealed-secrets"},
        "firstTimestamp": "2027-01-01T12:30:15Z",
        "lastTimestamp": "2027-01-01T12:30:15Z",
        "count": 1,
    }
