"""A SealedSecret opens whole or not at all, and says everything that is wrong."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sealer.envelope import seal_value, unwrap_key
from sealer.errors import (
    CorruptCiphertextError,
    EncodingError,
    NoMatchingKeyError,
    TemplateError,
    UnsealError,
)
from sealer.manifest.sealedsecret import (
    SKIP_OWNER_ANNOTATION,
    TEMPLATE_ONLY_ANNOTATION,
    SealedSecret,
    Template,
)
from sealer.manifest.secret import Secret
from sealer.rendered import Rendered
from sealer.scope import CLUSTER_WIDE_ANNOTATION, Identity, OaepLabel, Scope
from sealer.sealing import SealOptions, UnsealOptions, seal_secret, unseal_secret
from sealer.sensitive import SecretBytes
from sealer.templates import Renderer
from sealer_keys.generate import KeyOptions, generate_key_pair
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.support import vectors

PAIR = vectors.key_pair("rsa2048")
KEYRING = Keyring([PAIR])
CANARY = b"canary-6f1b"
DATA = {"a": SecretBytes(CANARY), "b": SecretBytes(b"\x00\xff"), "c": SecretBytes(b"")}
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "1"}


def _sealed(scope: Scope = Scope.STRICT) -> SealedSecret:
    assert PAIR.certificate is not None
    secret = Secret("shop", "db", DATA, "Opaque")
    return seal_secret(secret, PAIR.certificate, SealOptions(scope=scope)).sealed_secret


def _legacy(manifest: object, identity: Identity | None = None) -> SealedSecret:
    value = SecretBytes(json.dumps(manifest).encode())
    place = identity or Identity(Scope.STRICT, "shop", "db")
    text = seal_value(value, PAIR.private_key.public_key(), place)
    return SealedSecret("shop", "db", {}, legacy_data=text)


def _refused(sealed: SealedSecret, options: UnsealOptions | None = None) -> UnsealError:
    with pytest.raises(UnsealError) as caught:
        unseal_secret(sealed, KEYRING, options)
    return caught.value


def test_unseal_secret_one_bad_item_means_nothing_at_all() -> None:
    """Faults of all items are reported together, sorted, in the original's form."""
    sealed = _sealed()
    values = dict(sealed.encrypted_data)
    values |= {"z": "AgB!", "y": "AAAA", "x": values["a"][:-8] + "AAAAAAA="}
    error = _refused(replace(sealed, encrypted_data=values))
    assert error.message == (
        "no key could decrypt secret (x, y)\nillegal base64 data at input byte 3 (z)"
    )
    assert isinstance(error.faults["x"], CorruptCiphertextError)
    assert isinstance(error.faults["z"], EncodingError)


def test_unseal_secret_moved_object_names_the_keys_tried() -> None:
    """The details for people hold what was tried, the message stays the original's."""
    error = _refused(replace(_sealed(), name="other"))
    assert error.message == "no key could decrypt secret (a, b, c)"
    fault = error.faults["a"]
    assert isinstance(fault, NoMatchingKeyError)
    assert fault.tried == (PAIR.fingerprint,)
    assert "shop/other" in fault.message


@pytest.mark.parametrize("scope", [Scope.NAMESPACE_WIDE, Scope.CLUSTER_WIDE])
def test_unseal_secret_scope_annotation_switched_off_does_not_open(scope: Scope) -> None:
    """The label authenticates the scope: an annotation of "false" means strict."""
    sealed = _sealed(scope)
    assert unseal_secret(sealed, KEYRING).secret.data == DATA
    changed = replace(sealed, annotations=dict.fromkeys(scope.annotations, "false"))
    assert "no key could decrypt" in _refused(changed).message


def test_unseal_secret_template_identity_and_scope_have_no_influence() -> None:
    """Name, namespace and scope are the object's own."""
    template = Template(
        name="x", namespace="y", annotations={CLUSTER_WIDE_ANNOTATION: "true"}, type="Opaque"
    )
    secret = unseal_secret(replace(_sealed(), template=template), KEYRING).secret
    assert (secret.namespace, secret.name, secret.data) == ("shop", "db", DATA)
    assert secret.annotations == template.annotations


def test_unseal_secret_owner_references_of_the_template_need_the_skip_annotation() -> None:
    """Only without an owner of ours do the template's own references stay (compat.md 2.2)."""
    template = Template(owner_references=(OWNER,))
    assert (
        unseal_secret(replace(_sealed(), template=template), KEYRING).secret.owner_references == ()
    )
    skipping = replace(template, annotations={SKIP_OWNER_ANNOTATION: "true"})
    secret = unseal_secret(replace(_sealed(), template=skipping), KEYRING).secret
    assert secret.owner_references == (OWNER,)


def test_unseal_secret_says_which_key_opened_each_item() -> None:
    """The answer helps to find what has to be re-sealed."""
    assert unseal_secret(_sealed(), KEYRING).keys == dict.fromkeys(DATA, PAIR.fingerprint)


def test_unseal_secret_tries_the_key_of_one_item_first_on_the_next() -> None:
    """Items of an object mostly share a key; to find it once is enough."""
    newer = datetime(2099, 1, 1, tzinfo=UTC)
    others = [generate_key_pair(newer, KeyOptions(bits=2048)) for _ in range(2)]
    used: list[str] = []

    def unwrap(wrapped_key: bytes, key: KeyPair, label: OaepLabel) -> bytes | None:
        used.append(key.fingerprint)
        return unwrap_key(wrapped_key, key, label)

    options = UnsealOptions(unwrap=unwrap)
    assert unseal_secret(_sealed(), Keyring([*others, PAIR]), options).secret.data == DATA
    assert used[-len(DATA) :] == [PAIR.fingerprint] * len(DATA)
    assert len(used) == len(others) + len(DATA)


def test_unseal_secret_over_a_thread_pool_gives_the_same() -> None:
    """Items may be opened in parallel."""
    with ThreadPoolExecutor(2) as pool:
        options = UnsealOptions(spread=pool.map)
        assert unseal_secret(_sealed(), KEYRING, options).secret.data == DATA


def test_unseal_secret_items_win_over_rendered_entries() -> None:
    """A template entry adds an item and never replaces one (compat.md 2.3)."""

    def render(entries: Mapping[str, str], data: Mapping[str, SecretBytes]) -> Rendered:
        return Rendered({key: SecretBytes(b"rendered from %d" % len(data)) for key in entries})

    sealed = replace(_sealed(), template=Template(data={"a": "{{ .b }}", "new": "{{ .a }}"}))
    data = unseal_secret(sealed, KEYRING, UnsealOptions(render=render)).secret.data
    assert data == DATA | {"new": SecretBytes(b"rendered from 3")}


@pytest.mark.parametrize(
    ("names", "used", "kept"),
    [
        ("a", "a", "bc"),
        (" a , b,", "ab", "c"),
        ("a,b", "b", "ac"),
        ("a", "", "abc"),
        ("missing", "a", "abc"),
        ("", "a", "abc"),
    ],
)
def test_unseal_secret_leaves_out_what_only_templates_use(names: str, used: str, kept: str) -> None:
    """An item that no template has used stays: nothing gets lost by a slip of the pen."""

    def render(_entries: Mapping[str, str], data: Mapping[str, SecretBytes]) -> Rendered:
        assert data == DATA
        return Rendered({"new": SecretBytes(b"rendered")}, frozenset(used))

    sealed = replace(
        _sealed(),
        template=Template(data={"new": "{{ .a }}"}),
        annotations={TEMPLATE_ONLY_ANNOTATION: names},
    )
    secret = unseal_secret(sealed, KEYRING, UnsealOptions(render=render)).secret
    assert secret.data.keys() == {*kept, "new"}


def test_unseal_secret_entry_takes_the_place_of_an_item_that_is_left_out() -> None:
    """What is rendered under the name of an item that only templates use is what counts."""

    def render(_entries: Mapping[str, str], _data: Mapping[str, SecretBytes]) -> Rendered:
        return Rendered({"a": SecretBytes(b"rendered")}, frozenset("a"))

    template = Template(data={"a": "{{ .a }}"})
    for names, expected in (("a", b"rendered"), ("", DATA["a"].reveal())):
        annotations = {TEMPLATE_ONLY_ANNOTATION: names}
        sealed = replace(_sealed(), template=template, annotations=annotations)
        data = unseal_secret(sealed, KEYRING, UnsealOptions(render=render)).secret.data
        assert data["a"].reveal() == expected


def test_unseal_secret_failing_template_fails_the_whole() -> None:
    """A template's error carries the entry's name, as the original writes it."""

    def render(entries: Mapping[str, str], data: Mapping[str, SecretBytes]) -> Rendered:
        text = f"template: {len(entries)} of {len(data)}"
        return Rendered(faults={key: TemplateError(text, entry=key) for key in entries})

    sealed = replace(_sealed(), template=Template(data={"conf": "{{"}))
    error = _refused(sealed, UnsealOptions(render=render))
    assert error.message == "template: 1 of 3 (conf)"


def test_unseal_secret_names_every_entry_that_fails() -> None:
    """They are joined as the faults of items are, each with what is wrong with it."""
    template = Template(data={"z": "{{ .a-b }}", "x": "{{ now }}", "y": "{{ nosuch }}", "r": "ok"})
    renderer = Renderer(lambda *_: bytes(16))
    error = _refused(replace(_sealed(), template=template), UnsealOptions(render=renderer))
    assert error.message.splitlines() == [
        'template: x:1: function "now" not defined (x)',
        'template: y:1: function "nosuch" not defined (y)',
        "template: z:1: bad character U+002D '-' (z)",
    ]
    assert set(error.faults) == {"x", "y", "z"}


def test_unseal_secret_v1_value_opens_as_a_whole_secret() -> None:
    """The old format holds everything in one value; names are still the object's own."""
    manifest = {"metadata": {"name": "x", "labels": {"l": "v"}}, "data": {"k": "dg=="}, "type": "T"}
    unsealed = unseal_secret(_legacy(manifest), KEYRING)
    secret = unsealed.secret
    assert (secret.namespace, secret.name, secret.type) == ("shop", "db", "T")
    assert (secret.data, secret.labels) == ({"k": SecretBytes(b"v")}, {"l": "v"})
    assert unsealed.keys == {"": PAIR.fingerprint}


@pytest.mark.parametrize("text", ["", "AgB"])
def test_unseal_secret_v1_switched_off_is_refused_as_deprecated(text: str) -> None:
    """An empty value counts as present; with the switch off this text wins (compat.md 1.7)."""
    sealed = replace(_sealed(), legacy_data=text)
    assert "deprecated" in _refused(sealed, UnsealOptions(accept_v1=False)).message
    assert "at the same time" in _refused(sealed).message


def test_unseal_secret_v1_that_does_not_open_has_the_bare_message() -> None:
    """There is no item to name."""
    foreign = _legacy({}, Identity(Scope.STRICT, "shop", "other"))
    assert _refused(foreign).message == "no key could decrypt secret"
    assert "at input byte 3" in _refused(SealedSecret("shop", "db", {}, legacy_data="AgB!")).message


@pytest.mark.parametrize(
    "manifest", [[], "canary-6f1b", {"data": {"canary-6f1b": 1}}, {"kind": "X"}]
)
def test_unseal_secret_v1_of_something_else_is_refused_without_quoting_it(
    manifest: object,
) -> None:
    """The decrypted text is secret, so the message holds none of it."""
    error = _refused(_legacy(manifest))
    assert error.message == "the V1 value opens and holds no Secret"


def test_unseal_secret_errors_never_hold_a_value() -> None:
    """A canary in every value appears in no message, fault or representation."""
    sealed = _sealed()
    for change in (
        {"name": "other"},
        {"encrypted_data": {"a": CANARY.decode()}},
        {"encrypted_data": dict(sealed.encrypted_data) | {"q": "Y2FuYXJ5LTZmMWI="}},
        {"template": Template(data={"t": "{{ .a }}"})},
    ):
        error = _refused(replace(sealed, **change))
        shown = f"{error} {error!r} {error.faults!r} {error.hint} {error.__cause__!r}"
        assert "canary" not in shown
        assert "Y2FuYXJ5" not in shown
