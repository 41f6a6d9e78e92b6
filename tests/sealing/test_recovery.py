"""Unsealing a file: Secrets where SealedSecrets were, and every fault with what was tried."""

import pytest

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.errors import ManyErrors, UnsealError
from sealer.manifest import find_objects
from sealer.sealing.recovery import unseal_stream
from sealer.sealing.stream import seal_stream
from sealer_keys.keyring import Keyring
from tests.support import vectors

PAIR = vectors.key_pair("rsa2048")
STRANGER = vectors.key_pair("stranger")
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData:
  user: alice-in-wonderland
  password: correct-horse-battery
"""


def _sealed(text: str = SECRET) -> bytes:
    assert PAIR.certificate is not None
    return seal_stream(text.encode(), PAIR.certificate).data


def _faults(data: bytes, *keys: str) -> list[UnsealError]:
    with pytest.raises((UnsealError, ManyErrors)) as caught:
        unseal_stream(data, Keyring(vectors.key_pair(key) for key in keys))
    error = caught.value
    faults = error.errors if isinstance(error, ManyErrors) else (error,)
    assert all(isinstance(fault, UnsealError) for fault in faults)
    return [fault for fault in faults if isinstance(fault, UnsealError)]


def test_unseal_stream_keeps_everything_around() -> None:
    """Comments and other kinds stay byte for byte."""
    around = "# mine\nkind: Pod\napiVersion: v1  # mine\n---\n"
    result = unseal_stream(around.encode() + _sealed(), Keyring([PAIR]))
    assert result.data.startswith(around.encode())
    assert (result.count, result.others) == (1, ("Pod",))


def test_unseal_stream_writes_no_owner_reference() -> None:
    """An owner without uid is refused by the API server, whatever the template says."""
    template = "  template:\n    metadata:\n      ownerReferences: [{kind: Pod, name: x}]\n"
    template += "      annotations: {sealedsecrets.bitnami.com/skip-set-owner-references: 'true'}\n"
    data = _sealed().replace(b"  template:\n    metadata:\n", template.encode())
    (document,) = read_stream(unseal_stream(data, Keyring([PAIR])).data).documents
    (found,) = find_objects(document)
    manifest = plain(found.node)
    assert isinstance(manifest, dict)
    metadata = manifest["metadata"]
    assert isinstance(metadata, dict)
    assert "ownerReferences" not in metadata
    assert "annotations" in metadata


def test_unseal_stream_with_the_wrong_keys_names_each_item_and_key() -> None:
    """Every item of every object is reported, with its line and with what was tried."""
    faults = _faults(_sealed(f"{SECRET}---\n{SECRET}"), "rsa3072", "stranger")
    assert [(fault.where.document, fault.where.item) for fault in faults] == [
        (1, "password"),
        (1, "user"),
        (2, "password"),
        (2, "user"),
    ]
    assert [fault.where.line for fault in faults] == [9, 10, 23, 24]
    assert {(fault.where.namespace, fault.where.name) for fault in faults} == {("shop", "db")}


def test_unseal_stream_tells_which_keys_were_tried() -> None:
    """Keys of the right size were tried, and their fingerprints are told."""
    assert PAIR.certificate is not None
    data = _sealed().replace(b"name: db", b"name: moved")
    fault = _faults(data, "rsa2048")[0]
    assert PAIR.certificate.fingerprint in fault.hint
    assert "shop/moved" in fault.message


def test_unseal_stream_of_a_template_without_engine_says_so() -> None:
    """An entry that needs the template engine is named with its line."""
    data = _sealed().replace(
        b"  template:\n", b"  template:\n    data:\n      url: '{{ .user }}'\n"
    )
    (fault,) = _faults(data, "rsa2048")
    assert fault.where.item == "url"
    assert fault.where.line == 13


def test_unseal_stream_opens_the_v1_format() -> None:
    """One value for the whole Secret, as it was before 2019."""
    case = next(case for case in vectors.objects() if case.name == "v1-data")
    data = (case.folder / "sealed.yaml").read_bytes()
    assert unseal_stream(data, vectors.controller_keyring()).count == 1
    (fault,) = _faults(data, "rsa2048")
    assert fault.where.item == ""


def test_unseal_stream_of_damaged_values_tells_the_layer() -> None:
    """What is no base64, and what is cut, is told apart."""
    data = _sealed("\n".join(SECRET.splitlines()[:-1]))
    value = data.split(b"user: ")[1].split(b"\n")[0]
    assert "base64" in _faults(data.replace(value, b"a_b"), "rsa2048")[0].message
    assert "cut" in _faults(data.replace(value, value[:200]), "rsa2048")[0].message
    damaged = value[:-8] + (b"A" if value[-8:-7] != b"A" else b"B") + value[-7:]
    assert "damaged" in _faults(data.replace(value, damaged), "rsa2048")[0].message
