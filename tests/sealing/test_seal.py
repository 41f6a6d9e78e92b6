"""A Secret is sealed for its place; nothing readable travels along."""

from collections.abc import Mapping

import pytest

from sealer.errors import IdentityError
from sealer.manifest.fields import FieldError
from sealer.manifest.secret import Secret
from sealer.scope import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION, Identity, Scope
from sealer.sealing import Sealed, SealOptions, seal_secret, unseal_secret
from sealer.sealing.hints import SEALING_KEYS, read_hints
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import Certificate
from sealer_keys.fingerprint import short
from sealer_keys.keyring import Keyring
from tests.support import vectors

PAIR = vectors.key_pair("rsa2048")
DATA = {"password": SecretBytes(b"correct horse battery")}


def _certificate() -> Certificate:
    assert PAIR.certificate is not None
    return PAIR.certificate


def _seal(secret: Secret, options: SealOptions | None = None) -> Sealed:
    return seal_secret(secret, _certificate(), options)


def _annotated(annotations: Mapping[str, str]) -> Secret:
    return Secret("shop", "db", DATA, annotations=annotations)


def test_seal_secret_of_a_cluster_leaves_the_marks_of_the_controller_behind() -> None:
    """Whoever saves Secrets from a cluster gets what people wrote, and no digest of it."""
    labels = {"sealer.dev/managed": "true", "app": "shop"}
    annotations = {"sealer.dev/digest": "0123-4567", "owner": "a"}
    secret = Secret("shop", "db", DATA, labels=labels, annotations=annotations)
    sealed = _seal(secret, SealOptions(copied=("*",))).sealed_secret
    for place in (sealed, sealed.template):
        assert (place.labels, place.annotations) == ({"app": "shop"}, {"owner": "a"})


@pytest.mark.parametrize("scope", Scope)
def test_seal_secret_opens_again_in_every_scope(scope: Scope) -> None:
    """The whole way there and back."""
    sealed = _seal(Secret("shop", "db", DATA), SealOptions(scope=scope)).sealed_secret
    assert sealed.identity.scope is scope
    assert unseal_secret(sealed, Keyring([PAIR])).secret.data == DATA


def test_seal_secret_metadata_goes_into_the_template_only() -> None:
    """The outer object has name, namespace and scope, nothing else (compat.md 4.2)."""
    secret = Secret(
        *("shop", "db", DATA, "Opaque"),
        immutable=True,
        labels={"app": "shop"},
        annotations={"owner": "a"},
        finalizers=("x/y",),
    )
    sealed = _seal(secret, SealOptions(scope=Scope.NAMESPACE_WIDE)).sealed_secret
    assert (sealed.labels, sealed.annotations) == ({}, {NAMESPACE_WIDE_ANNOTATION: "true"})
    template = sealed.template
    assert (template.name, template.namespace, template.type) == ("db", "shop", "Opaque")
    assert template.labels == {"app": "shop"}
    assert template.annotations == {"owner": "a", NAMESPACE_WIDE_ANNOTATION: "true"}
    assert template.immutable is True
    assert template.finalizers == ()


def test_seal_secret_explicit_strict_scope_removes_wide_annotations() -> None:
    """`--scope strict` means strict, on the object and in the template."""
    secret = _annotated({CLUSTER_WIDE_ANNOTATION: "true"})
    sealed = _seal(secret, SealOptions(scope=Scope.STRICT)).sealed_secret
    assert sealed.identity.scope is Scope.STRICT
    assert CLUSTER_WIDE_ANNOTATION not in sealed.template.annotations
    assert unseal_secret(sealed, Keyring([PAIR])).secret.data == DATA


@pytest.mark.parametrize(
    ("secret", "options", "message"),
    [
        (Secret("shop", "db", {}), SealOptions(), "secret.data is empty in input Secret"),
        (Secret("shop", "", DATA), SealOptions(), "missing metadata.name in input Secret"),
        (Secret("", "db", DATA), SealOptions(), "secret must declare a namespace"),
        (
            Secret("a", "db", DATA),
            SealOptions(namespace="b"),
            'namespace mismatch: input secret is in namespace "a" but "b" was specified',
        ),
        (
            Secret("", "db", DATA),
            SealOptions(scope=Scope.NAMESPACE_WIDE),
            "secret must declare a namespace",
        ),
    ],
)
def test_seal_secret_incomplete_input_is_refused_in_the_originals_words(
    secret: Secret, options: SealOptions, message: str
) -> None:
    """Scripts look for these texts."""
    with pytest.raises(FieldError) as caught:
        _seal(secret, options)
    assert caught.value.message.startswith(message)


def test_seal_secret_missing_parts_come_from_the_options() -> None:
    """Name and namespace given beside the file fill in and override."""
    sealed = _seal(Secret("", "db", DATA), SealOptions(namespace="shop", name="other"))
    assert (sealed.sealed_secret.namespace, sealed.sealed_secret.name) == ("shop", "other")
    assert unseal_secret(sealed.sealed_secret, Keyring([PAIR])).secret.name == "other"


@pytest.mark.parametrize("namespace", ["", "shop"])
def test_seal_secret_cluster_wide_keeps_the_namespace_as_given(namespace: str) -> None:
    """None is made up, and one asked for is ignored."""
    options = SealOptions(scope=Scope.CLUSTER_WIDE, namespace="other")
    assert _seal(Secret(namespace, "db", DATA), options).sealed_secret.namespace == namespace


def test_seal_secret_without_items_needs_permission() -> None:
    """An empty Secret is an accident unless said otherwise."""
    sealed = _seal(Secret("shop", "db", {}), SealOptions(allow_empty=True)).sealed_secret
    assert sealed.encrypted_data == {}


def test_seal_secret_illegal_identity_is_refused() -> None:
    """A name with a slash never becomes a label."""
    with pytest.raises(IdentityError):
        _seal(Secret("a", "b/c", DATA))


@pytest.mark.parametrize(
    "text",
    [
        "correct horse battery",
        '{"stringData":{"password":"correct horse battery"}}',
        '{"data":{"password":"Y29ycmVjdCBob3JzZSBiYXR0ZXJ5"}}',
    ],
)
def test_seal_secret_annotation_with_a_copy_is_left_out_with_a_warning(text: str) -> None:
    """A copy in the clear or in base64 would be committed beside the ciphertext."""
    sealed = _seal(_annotated({"tool.example/last": text, "owner": "a"}))
    assert sealed.sealed_secret.template.annotations == {"owner": "a"}
    (warning,) = sealed.warnings
    assert "tool.example/last" in warning
    assert "horse" not in warning


def test_seal_secret_last_applied_annotations_go_without_a_word() -> None:
    """Everyone who used kubectl has them; they go, whether they hold a copy or not."""
    sealed = _seal(
        _annotated(
            {
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
                "kubecfg.ksonnet.io/last-applied-configuration": "{}",
            }
        )
    )
    assert sealed.sealed_secret.template.annotations == {}
    assert sealed.warnings == ()


def test_seal_secret_last_applied_annotation_with_a_copy_is_told() -> None:
    """Where it was, the value can be read."""
    key = "kubectl.kubernetes.io/last-applied-configuration"
    sealed = _seal(_annotated({key: '{"stringData":{"password":"correct horse battery"}}'}))
    assert sealed.sealed_secret.template.annotations == {}
    assert sealed.warnings == (f"annotation {key} holds a copy of a value and is left out",)


def test_seal_secret_with_hints_notes_the_key_of_each_item() -> None:
    """The annotation stands on the SealedSecret, not on the Secret; by default there is none."""
    secret = Secret("shop", "db", {"a": SecretBytes(b"1"), "b": SecretBytes(b"2")})
    sealed = _seal(secret, SealOptions(hints=True)).sealed_secret
    key = short(_certificate().fingerprint)
    assert read_hints(sealed) == {"a": key, "b": key}
    assert SEALING_KEYS not in sealed.template.annotations
    assert _seal(secret).sealed_secret.annotations == {}


def test_seal_secret_with_very_many_items_has_no_hints() -> None:
    """An object whose annotations are too large is refused by the API server."""
    items = {f"{number:0>200}": SecretBytes(b"1") for number in range(640)}
    options = SealOptions(hints=True, reuse=lambda *_: "AAAA")
    sealed = _seal(Secret("shop", "db", items), options).sealed_secret
    assert sealed.annotations == {}


def test_seal_secret_copies_metadata_that_a_pattern_names() -> None:
    """Labels and annotations reach the object itself too; the scope's and the note's never do."""
    annotations = {
        "argocd.example/wave": "1",
        "other": "2",
        "sealedsecrets.bitnami.com/namespace-wide": "true",
        "sealedsecrets.bitnami.com/managed": "true",
        SEALING_KEYS: "{}",
    }
    secret = Secret(
        "shop",
        "db",
        {"a": SecretBytes(b"1")},
        labels={"app.example/name": "x", "tier": "y"},
        annotations=annotations,
    )
    options = SealOptions(scope=Scope.STRICT, copied=("a*/?a*", "seal*"))
    sealed = _seal(secret, options).sealed_secret
    assert sealed.labels == {"app.example/name": "x"}
    assert sealed.annotations == {
        "argocd.example/wave": "1",
        "sealedsecrets.bitnami.com/managed": "true",
    }
    assert sealed.template.labels == secret.labels
    every = SealOptions(copied=("*",), hints=True)
    sealed = _seal(secret, every).sealed_secret
    assert sealed.identity.scope is Scope.NAMESPACE_WIDE
    assert read_hints(sealed) == {"a": short(_certificate().fingerprint)}


def test_seal_secret_keeps_the_ciphertext_that_it_is_told_to_keep() -> None:
    """Asked with identity, item and value; nothing means a new one."""
    asked: list[tuple[Identity, str, SecretBytes]] = []

    def reuse(identity: Identity, item: str, value: SecretBytes) -> str | None:
        asked.append((identity, item, value))
        return "KEPT" if item == "a" else None

    secret = Secret("shop", "db", {"b": SecretBytes(b"2"), "a": SecretBytes(b"1")})
    sealed = _seal(secret, SealOptions(reuse=reuse)).sealed_secret
    assert sealed.encrypted_data["a"] == "KEPT"
    assert len(sealed.encrypted_data["b"]) > 300
    identity = Identity(Scope.STRICT, "shop", "db")
    assert asked == [(identity, "a", secret.data["a"]), (identity, "b", secret.data["b"])]
