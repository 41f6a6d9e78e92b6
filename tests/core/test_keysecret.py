"""Sealing keys are read from every form that clusters and people keep them in."""

from datetime import timedelta

import pytest

from sealer.documents.emit import emit_json, emit_yaml
from sealer.errors import DocumentError, ManifestError, ManyErrors
from sealer.keysecret import KEY_LABEL, key_pair_of, key_secret, load_keys
from sealer.manifest import read_secret
from sealer_keys.errors import KeyMismatchError, NoPrivateKeyError, PrivateKeyError
from tests.support import vectors


def _file(name: str) -> bytes:
    return (vectors.KEYS / name).read_bytes()


def _origins(data: bytes) -> list[str]:
    known = {vectors.key_pair(key["id"]).fingerprint: key["id"] for key in _keys()}
    return [known[pair.fingerprint] for pair in load_keys(data)]


def _keys() -> list[dict[str, str]]:
    keys: list[dict[str, str]] = vectors.key_index()["keys"]
    return keys


def test_load_keys_compromised_key_opens_and_never_seals() -> None:
    """What a cluster says of a key counts for whoever reads its key Secret from a file too."""
    annotated = _file("peer-a.secret.yaml").replace(
        b"metadata:\n", b"metadata:\n  annotations: {sealer.dev/state: compromised}\n", 1
    )
    assert [pair.may_seal for pair in load_keys(annotated)] == [False]
    assert [pair.may_seal for pair in load_keys(_file("peer-a.secret.yaml"))] == [True]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("peer-a.secret.yaml", ["peer-a"]),
        ("both.list.yaml", ["peer-a", "peer-b"]),
        ("both.list.json", ["peer-a", "peer-b"]),
        ("peer-b.key.pem", ["peer-b"]),
        ("rsa2048.key.pkcs8.pem", ["rsa2048"]),
    ],
)
def test_load_keys_reads_every_form(name: str, keys: list[str]) -> None:
    """Key Secrets, Lists of them and bare PEM files, as the original's tools write them."""
    assert _origins(_file(name)) == keys


@pytest.mark.parametrize("name", ["peer-a.secret.yaml", "both.list.json", "rsa2048.key.pem"])
def test_load_keys_in_utf16_reads_the_same(name: str) -> None:
    """PowerShell's redirection changes the encoding, not the keys."""
    assert _origins(_file(name).decode().encode("utf-16")) == _origins(_file(name))


def test_load_keys_certificate_beside_the_key_dates_it() -> None:
    """One PEM file with both gives a key that can be ordered and published."""
    (pair,) = load_keys(_file("rsa2048.key.pem") + _file("rsa2048.crt.pem"))
    assert pair.certificate is not None
    assert pair.order_time == pair.certificate.not_before


def test_load_keys_bare_key_is_older_than_any_dated_one() -> None:
    """A key without a certificate opens and never counts as the newest."""
    (bare,) = load_keys(_file("rsa2048.key.pem"))
    assert bare.certificate is None
    assert bare.order_time < vectors.key_pair("rsa2048").order_time


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", NoPrivateKeyError),
        (b"hello\n", NoPrivateKeyError),
        (_file("rsa2048.crt.pem"), NoPrivateKeyError),
        (b"a: [1\n", DocumentError),
        (b"kind: ConfigMap\napiVersion: v1\n", ManifestError),
        (b"kind: Secret\napiVersion: v1\nmetadata: {name: k}\n", PrivateKeyError),
        (b"kind: Secret\napiVersion: v1\ndata: {tls.crt: '', tls.key: ''}\n", NoPrivateKeyError),
        (b"kind: Secret\napiVersion: v1\ndata: {tls.key: '!'}\n", ManifestError),
        (_file("rsa2048.key.pem") + _file("rsa3072.crt.pem"), KeyMismatchError),
    ],
)
def test_load_keys_faults_are_told_apart(data: bytes, error: type[Exception]) -> None:
    """Each fault has a type of its own."""
    with pytest.raises(error) as caught:
        load_keys(data)
    assert caught.type is error or error is ManifestError


def test_load_keys_missing_item_is_named() -> None:
    """The message says which item a key Secret lacks."""
    with pytest.raises(PrivateKeyError, match=r"key Secret kube-system/k has no item tls\.key"):
        load_keys(b"{kind: Secret, apiVersion: v1, metadata: {name: k, namespace: kube-system}}")


def test_load_keys_reports_every_bad_key_of_a_list() -> None:
    """All faults of a file are told at once."""
    secrets = [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": n}} for n in "ab"]
    with pytest.raises(ManyErrors) as caught:
        load_keys(emit_json({"apiVersion": "v1", "kind": "List", "items": secrets}).encode())
    assert len(caught.value.errors) == 2


@pytest.mark.parametrize("emit", [emit_yaml, emit_json])
def test_key_secret_is_read_back(emit: object) -> None:
    """What a new key is stored as, is a key again."""
    assert callable(emit)
    pair = vectors.key_pair("rsa2048")
    secret = key_secret(pair, namespace="kube-system", name="k")
    (again,) = load_keys(emit(secret.to_object()).encode())
    assert again.private_key.private_numbers() == pair.private_key.private_numbers()
    assert again.certificate == pair.certificate
    assert again.origin == "kube-system/k"


def test_key_secret_label_cannot_be_overridden() -> None:
    """Extra labels and annotations are written, the key label stays (conformance line 11)."""
    secret = key_secret(
        vectors.key_pair("rsa2048"),
        namespace="kube-system",
        labels={KEY_LABEL: "other", "example.com/a.b": "c"},
        annotations={"d": "e"},
    )
    assert secret.labels == {KEY_LABEL: "active", "example.com/a.b": "c"}
    assert secret.annotations == {"d": "e"}
    assert secret.type == "kubernetes.io/tls"


def test_key_secret_equals_the_originals() -> None:
    """Items and type of a stored key are the original's, byte for byte."""
    theirs = read_secret(vectors.load_manifest(vectors.KEYS / "peer-a.secret.yaml"))
    ours = key_secret(vectors.key_pair("peer-a"), namespace=theirs.namespace, name=theirs.name)
    assert ours == theirs


def test_key_pair_of_creation_time_can_decide_the_order() -> None:
    """`--key-order-priority=SecretCreationTimestamp` orders by the Secret instead."""
    secret = read_secret(vectors.load_manifest(vectors.KEYS / "peer-a.secret.yaml"))
    created = vectors.RECORDED + timedelta(days=1)
    assert key_pair_of(secret, created=created).order_time == created
    assert key_pair_of(secret).order_time == vectors.key_pair("peer-a").order_time


def test_load_keys_errors_hold_no_key_material() -> None:
    """A damaged key is reported without a character of it."""
    pem = _file("rsa2048.key.pem").replace(b"M", b"N", 5)
    with pytest.raises(PrivateKeyError) as caught:
        load_keys(pem)
    body = pem.splitlines()[3].decode()
    assert body[:12] not in f"{caught.value} {caught.value.hint} {caught.value!r}"


def test_load_keys_secret_without_type_is_read() -> None:
    """Only the items count; people write key Secrets by hand."""
    pair = vectors.key_pair("rsa2048")
    manifest = key_secret(pair, namespace="x", name="y").to_object()
    manifest.pop("type")
    assert [key.fingerprint for key in load_keys(emit_yaml(manifest).encode())] == [
        pair.fingerprint
    ]
