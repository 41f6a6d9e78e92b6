"""The digests: whatever decides the result moves them, and nothing else does."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.manifest import SealedSecret, Secret, Template
from sealer.sensitive import SecretBytes
from sealer_controller.digest import Digest, content_digest, input_digest
from sealer_controller.marks import DIGEST_ANNOTATION
from sealer_controller.objects import StoredSealedSecret
from tests.controller.memory import NOW, secret, stored

KEY = bytes(range(32))
TEMPLATE = Template(labels={"a": "b"}, annotations={"c": "d"}, data={"t": "{{ .k }}"})
SEALED = SealedSecret("shop", "db", {"k": "AAAA"}, TEMPLATE)
NAMESPACE_WIDE = {"sealedsecrets.bitnami.com/namespace-wide": "true"}


def _of(sealed: SealedSecret = SEALED, **fields: Any) -> bytes:  # noqa: ANN401 - of the object
    return input_digest(KEY, stored(sealed, **fields))


def _template(**fields: Any) -> SealedSecret:  # noqa: ANN401 - of the template
    return replace(SEALED, template=replace(TEMPLATE, **fields))


@pytest.mark.parametrize(
    "other",
    [
        stored(replace(SEALED, namespace="other")),
        stored(replace(SEALED, name="other")),
        stored(SEALED, uid="another"),
        stored(replace(SEALED, encrypted_data={"k": "AAAB"})),
        stored(replace(SEALED, encrypted_data={"l": "AAAA"})),
        stored(replace(SEALED, encrypted_data={})),
        stored(replace(SEALED, legacy_data="")),
        stored(replace(SEALED, annotations=NAMESPACE_WIDE)),
        stored(replace(SEALED, annotations={"sealer.dev/template-only": "k"})),
        stored(_template(type="example.com/t")),
        stored(_template(immutable=True)),
        stored(_template(immutable=False)),
        stored(_template(labels={"a": "x"})),
        stored(_template(annotations={"c": "x"})),
        stored(_template(finalizers=("example.com/f",))),
        stored(_template(owner_references=({"uid": "u"},))),
        stored(_template(data={"t": "{{ .l }}"})),
    ],
)
def test_input_digest_moves_with_all_that_decides_the_result(other: StoredSealedSecret) -> None:
    """Identity, spec, scope and those of our annotations that the result depends on."""
    assert input_digest(KEY, other) != _of()


@pytest.mark.parametrize(
    "other",
    [
        stored(SEALED, generation=7, resource_version="9", created=NOW),
        stored(replace(SEALED, labels={"app": "shop"})),
        stored(replace(SEALED, annotations={"note": "x", "sealer.dev/sealing-keys": "{}"})),
        stored(replace(SEALED, annotations={"sealer.dev/self-heal": "false"})),
        stored(replace(SEALED, annotations={"sealer.dev/restart": "auto"})),
        stored(replace(SEALED, annotations={"sealer.dev/recreate": "true"})),
        stored(_template(name="else", namespace="where")),
    ],
)
def test_input_digest_ignores_what_decides_nothing(other: StoredSealedSecret) -> None:
    """Metadata, what our own tools note, and what says how to act and not what to make."""
    assert input_digest(KEY, other) == _of()


def test_input_digest_depends_on_the_key() -> None:
    """Without the key nobody can make one."""
    assert input_digest(bytes(32), stored(SEALED)) != _of()


def test_input_digest_follows_the_template_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that renders otherwise touches those objects that have something to render."""
    plain = _template(data={})
    before = _of(), _of(plain)
    monkeypatch.setattr("sealer_controller.digest._TEMPLATE_ENGINE", 99)
    assert _of() != before[0]
    assert _of(plain) == before[1]


def test_input_digest_takes_text_that_is_none() -> None:
    """A lone surrogate, which JSON can carry, is no reason to fail."""
    assert _of(_template(labels={"a": "\ud800"})) != _of()


@pytest.mark.parametrize(
    "other",
    [
        secret({"k": b"other"}),
        secret({"l": b"value"}),
        replace(secret(), data={}),
        secret({"k": b"value", "l": b""}),
        secret(type="example.com/t"),
        replace(secret(), namespace="other"),
        replace(secret(), name="other"),
    ],
)
def test_content_digest_moves_with_the_content_and_the_place(other: Secret) -> None:
    """Data, type, namespace and name: it cannot be carried to another Secret."""
    assert content_digest(KEY, _of(), other) != content_digest(KEY, _of(), secret())


def test_content_digest_is_bound_to_the_input() -> None:
    """Two digests of different Secrets cannot be recombined."""
    first, other = _of(), _of(uid="another")
    assert content_digest(KEY, first, secret()) != content_digest(KEY, other, secret())


def test_content_digest_with_metadata_is_another_one() -> None:
    """What is sealed whole is digested whole."""
    plain = content_digest(KEY, _of(), secret())
    with_labels = content_digest(KEY, _of(), secret(), metadata={"labels": {"a": "b"}})
    assert len({plain, with_labels, content_digest(KEY, _of(), secret(), metadata={})}) == 3


_DATA = st.dictionaries(st.text(max_size=3), st.binary(max_size=3), max_size=3)


@given(_DATA, _DATA)
def test_content_digest_tells_any_two_contents_apart(
    one: dict[str, bytes], other: dict[str, bytes]
) -> None:
    """No way to cut bytes into keys and values gives the digest of another one."""
    digests = [
        content_digest(KEY, b"", Secret("n", "s", {k: SecretBytes(v) for k, v in data.items()}))
        for data in (one, other)
    ]
    assert (digests[0] == digests[1]) is (one == other)


_SEALED = st.builds(
    lambda data, labels, annotations, name: SealedSecret(
        "shop", name, data, Template(labels=labels, annotations=annotations)
    ),
    *[st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)] * 3,
    st.text(max_size=3),
)


@given(_SEALED, _SEALED)
def test_input_digest_tells_any_two_objects_apart(one: SealedSecret, other: SealedSecret) -> None:
    """Nothing in one field can look like something in another."""
    same = json.dumps(one.to_object(), sort_keys=True) == json.dumps(
        other.to_object(), sort_keys=True
    )
    assert (_of(one) == _of(other)) is same


def _carrying(text: str) -> Secret:
    return secret(annotations={DIGEST_ANNOTATION: text})


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_digest_is_read_back_from_its_text(first: bytes, second: bytes) -> None:
    """What is written is what is found."""
    digest = Digest(first, second)
    assert Digest.of(_carrying(str(digest))) == digest


@given(st.text(alphabet="0123456789abcdef-gé \n", max_size=140))
def test_digest_that_is_none_is_none(text: str) -> None:
    """Whatever somebody writes there is a digest or nothing, and never an error."""
    found = Digest.of(_carrying(text))
    assert found is None or str(found) == "".join(text.split()).lower()


def test_digest_of_another_secret_cannot_be_made_to_fit() -> None:
    """By taking a part of what it is over for the input digest, which has a length of its own."""
    first = _of()
    parts = [b"shop", b"db", b"Opaque", b"k"]
    ahead = b"".join(len(part).to_bytes(8) + part for part in parts)
    rest = [b"bank", b"root", b"Opaque", b"k", b"v"]
    value = b"".join(len(part).to_bytes(8) + part for part in rest)
    mine = Secret("shop", "db", {"k": SecretBytes(value)}, "Opaque")
    made = content_digest(KEY, first, mine)
    longer = first + ahead + len(value).to_bytes(8)
    theirs = Secret("bank", "root", {"k": SecretBytes(b"v")}, "Opaque")
    assert content_digest(KEY, longer, theirs) == made  # so the length is what keeps them apart
    assert Digest.of(_carrying(f"{longer.hex()}-{made.hex()}")) is None
    assert Digest.of(_carrying(f"{first.hex()}-{made.hex()}{made.hex()}")) is None


def test_digest_of_a_secret_without_one_is_none() -> None:
    """As of any Secret that is not ours."""
    assert Digest.of(secret()) is None
