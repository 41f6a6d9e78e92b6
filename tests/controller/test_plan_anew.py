"""What is refused before anything is written, and which Secrets are made anew instead."""

from dataclasses import replace
from typing import Any

import pytest

from sealer.manifest import SealedSecret, Secret, Template
from sealer.manifest.sealedsecret import SKIP_OWNER_ANNOTATION
from sealer_controller.drift import Stamp
from sealer_controller.errors import (
    ChangedTypeError,
    ImmutableSecretError,
    NotManagedError,
    NotRecreatedError,
    RejectedError,
)
from sealer_controller.marks import DIGEST_ANNOTATION, RECREATE_ANNOTATION
from sealer_controller.objects import StoredSealedSecret, StoredSecret
from sealer_controller.plan import Plan, Recreate, Replace, plan
from tests.controller.memory import secret, stored

DIGEST_KEY = bytes(range(32))
MANAGED = {"sealedsecrets.bitnami.com/managed": "true"}
PATCH = {"sealedsecrets.bitnami.com/patch": "true"}
OWNER = {
    "apiVersion": "bitnami.com/v1alpha1",
    "kind": "SealedSecret",
    "name": "db",
    "uid": "uid-1",
    "controller": True,
}
STONE = secret(immutable=True, owner_references=(OWNER,))
OTHER_TYPE = secret(type="example.com/old", owner_references=(OWNER,))
NEW = secret({"k": b"new"}, immutable=True)


def asking(value: str = "true", **template: Any) -> StoredSealedSecret:  # noqa: ANN401 - its fields
    """Return a SealedSecret that asks for its Secret to be made anew where need be."""
    annotations = {RECREATE_ANNOTATION: value}
    return stored(SealedSecret("shop", "db", {}, Template(**template), annotations=annotations))


def planned(
    sealed: StoredSealedSecret, desired: Secret, found: Secret | None, *, recreates: bool = False
) -> Plan:
    """Return the plan."""
    existing = None if found is None else StoredSecret(found, "secret-1", "7")
    return plan(sealed, desired, existing, Stamp(DIGEST_KEY, sealed), recreates=recreates)


@pytest.mark.parametrize(
    ("found", "desired", "error"),
    [
        (STONE, NEW, ImmutableSecretError),
        (OTHER_TYPE, secret(), ChangedTypeError),
        (replace(STONE, type="example.com/old"), NEW, ImmutableSecretError),
    ],
)
@pytest.mark.parametrize("value", ["false", "True", ""])
def test_change_that_cannot_be_made_is_refused_with_the_way_out(
    found: Secret, desired: Secret, error: type[RejectedError], value: str
) -> None:
    """No write is tried; the opt-in needs exactly `true`."""
    with pytest.raises(error) as raised:
        planned(asking(value), desired, found)
    assert raised.value.message.startswith('Secret "db" is invalid: ')
    assert 'sealer.dev/recreate: "true"' in raised.value.hint


@pytest.mark.parametrize(("found", "desired"), [(STONE, NEW), (OTHER_TYPE, secret())])
@pytest.mark.parametrize("asks", [True, False])
def test_owned_secret_is_made_anew_where_that_is_asked_for(
    found: Secret, desired: Secret, *, asks: bool
) -> None:
    """By the object, or by the setting for all of them; the new one is wholly ours."""
    sealed = asking() if asks else stored()
    decided = planned(sealed, desired, found, recreates=not asks)
    assert isinstance(decided, Recreate)
    assert decided.before == StoredSecret(found, "secret-1", "7")
    assert (decided.after.data, decided.after.type) == (desired.data, "Opaque")
    assert decided.after.owner_references == (OWNER,)
    assert DIGEST_ANNOTATION in decided.after.annotations


@pytest.mark.parametrize("immutable", [None, True])
def test_new_secret_has_what_counts_at_creation_from_the_template(
    *, immutable: bool | None
) -> None:
    """`immutable` and finalizers, which an existing Secret keeps as they are."""
    desired = secret({"k": b"new"}, immutable=immutable, finalizers=("example.com/f",))
    decided = planned(asking(), desired, STONE)
    assert isinstance(decided, Recreate)
    assert decided.after.immutable is immutable
    assert decided.after.finalizers == ("example.com/f",)


def test_immutable_secret_takes_other_labels_in_place() -> None:
    """Only what is frozen needs a new Secret."""
    decided = planned(asking(), secret(labels={"a": "b"}), STONE)
    assert isinstance(decided, Replace)
    assert decided.after.immutable is True


def test_managed_and_patched_secret_is_made_anew_with_what_others_put_there() -> None:
    """`managed` makes it ours, `patch` keeps the rest."""
    found = secret({"extra": b"x", "k": b"old"}, immutable=True, annotations={**MANAGED, **PATCH})
    decided = planned(asking(), NEW, found)
    assert isinstance(decided, Recreate)
    assert {key: value.reveal() for key, value in decided.after.data.items()} == {
        "extra": b"x",
        "k": b"new",
    }


@pytest.mark.parametrize(
    "found",
    [
        secret(immutable=True, annotations=PATCH),
        secret(type="example.com/old", annotations=PATCH),
    ],
)
def test_secret_that_is_only_patched_is_never_deleted(found: Secret) -> None:
    """It belongs to somebody else, and the message says so instead of a way that is none."""
    for _ in range(2):
        with pytest.raises(RejectedError) as raised:
            planned(asking(), NEW, found, recreates=True)
        assert "not ours" in raised.value.hint
        # Not even once it carries our digest.
        found = Stamp(DIGEST_KEY, asking()).put_on(found, is_patch=True)
    digest = {DIGEST_ANNOTATION: found.annotations[DIGEST_ANNOTATION]}
    with pytest.raises(NotManagedError):  # nor once it may not even be patched any more
        planned(asking(), NEW, replace(found, annotations=digest), recreates=True)


def test_secret_without_owner_is_ours_by_its_digest() -> None:
    """Where the template declines the owner reference, nothing else can show it."""
    declining = {SKIP_OWNER_ANNOTATION: "true"}
    before = asking(annotations=declining, data={"old": "text"})
    found = Stamp(DIGEST_KEY, before).put_on(secret(immutable=True), is_patch=False)
    assert isinstance(planned(asking(annotations=declining), NEW, found), Recreate)


def test_secret_that_would_not_go_is_not_deleted() -> None:
    """A finalizer would hold it, and no other could be created meanwhile."""
    found = replace(STONE, finalizers=("example.com/f", "example.com/g"))
    with pytest.raises(NotRecreatedError, match="field is immutable when") as raised:
        planned(asking(), NEW, found)
    assert raised.value.hint.endswith("example.com/f, example.com/g")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "[data[tls.crt]: Required value, data[tls.key]: Required value]"),
        (
            replace(OTHER_TYPE, type="kubernetes.io/tls"),
            "[data[tls.crt]: Required value, data[tls.key]: Required value]",
        ),
        (
            OTHER_TYPE,
            (
                '[type: Invalid value: "kubernetes.io/tls": field is immutable, '
                "data[tls.crt]: Required value, data[tls.key]: Required value]"
            ),
        ),
    ],
)
def test_secret_that_no_server_takes_is_refused_before_any_write(
    found: Secret | None, words: str
) -> None:
    """Created, replaced or of another type: all that is wrong is told together."""
    with pytest.raises(RejectedError) as raised:
        planned(stored(), secret({"x": b""}, type="kubernetes.io/tls"), found)
    assert raised.value.message == f'Secret "db" is invalid: {words}'


def test_secret_is_not_deleted_for_one_that_no_server_takes() -> None:
    """The fault of the new one is told, not that of the change."""
    with pytest.raises(RejectedError) as raised:
        planned(asking(), secret({"x": b""}, type="kubernetes.io/tls"), OTHER_TYPE)
    assert type(raised.value) is RejectedError
    assert "field is immutable" not in raised.value.message
