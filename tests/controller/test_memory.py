"""What a look at a Secret calls for, given what is remembered of it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sealer.manifest import SealedSecret, Secret, Template
from sealer.sensitive import SecretBytes
from sealer_controller.drift import Stamp
from sealer_controller.errors import ImmutableSecretError, NotManagedError, NotRecreatedError
from sealer_controller.marks import MANAGED_LABEL, RECREATE_ANNOTATION
from sealer_controller.memory import Finding, Memory
from sealer_controller.objects import Condition, Status, StoredSealedSecret, StoredSecret
from sealer_controller.shaping import finish
from tests.controller.memory import SHOP_DB, secret, stored

KEY = bytes(range(32))
OBJECT = stored(SealedSecret("shop", "db", {"k": "AAAA"}, Template()))
SYNCED = Status(1, (Condition("Synced", "True"),))
PATCH = {"sealedsecrets.bitnami.com/patch": "true"}
MANAGED = {"sealedsecrets.bitnami.com/managed": "true"}
STAMP = Stamp(KEY, OBJECT)
MADE = STAMP.put_on(finish(OBJECT, secret()), is_patch=False)
DRIFTED = replace(MADE, data={"k": SecretBytes(b"theirs")})
NO_HEALING = {"sealer.dev/self-heal": "false"}


def _held(found: Secret, version: str = "1", uid: str = "secret-1") -> StoredSecret:
    return StoredSecret(found, uid, version)


def _unhealed(sealed: StoredSealedSecret = OBJECT, value: str = "false") -> StoredSealedSecret:
    annotations = {**NO_HEALING, "sealer.dev/self-heal": value}
    return replace(sealed, sealed=replace(sealed.sealed, annotations=annotations))


def _remembering(found: Secret = MADE) -> Memory:
    memory = Memory()
    memory.left(OBJECT, _held(found), STAMP)
    return memory


def test_secret_that_is_right_is_left() -> None:
    """Whether or not it has been seen before."""
    assert Memory().finding(OBJECT, _held(MADE), STAMP) is Finding.LEAVE
    assert _remembering().finding(OBJECT, _held(MADE, "2"), STAMP) is Finding.LEAVE


def test_secret_that_drifted_is_healed_unless_that_is_switched_off() -> None:
    """Only exactly `false` switches it off."""
    assert Memory().finding(OBJECT, _held(DRIFTED), STAMP) is Finding.HEAL
    assert Memory().finding(_unhealed(), _held(DRIFTED), STAMP) is Finding.LEAVE
    assert Memory().finding(_unhealed(value="no"), _held(DRIFTED), STAMP) is Finding.HEAL


def test_secret_of_unknown_making_is_made() -> None:
    """Healing switched off does not keep a change of the SealedSecret from its Secret."""
    assert Memory().finding(OBJECT, _held(secret()), STAMP) is Finding.MAKE
    assert Memory().finding(_unhealed(), _held(secret()), STAMP) is Finding.MAKE


def test_secret_that_lost_its_digest_has_drifted_where_it_is_remembered() -> None:
    """The same Secret, for the same input; another of its name is another."""
    memory = _remembering()
    assert memory.finding(OBJECT, _held(secret()), STAMP) is Finding.HEAL
    assert memory.finding(_unhealed(), _held(secret()), STAMP) is Finding.LEAVE
    assert memory.finding(OBJECT, _held(secret(), uid="another"), STAMP) is Finding.MAKE
    other = replace(OBJECT, uid="another")
    assert memory.finding(other, _held(secret()), Stamp(KEY, other)) is Finding.MAKE


def test_patched_secret_that_was_taken_back_has_not_drifted() -> None:
    """Healing switched off would leave it and say that all is well; its digest may be gone too."""
    patched = secret(labels={MANAGED_LABEL: "true"}, annotations=PATCH)
    memory = _remembering(STAMP.put_on(patched, is_patch=True))
    assert (
        memory.finding(_unhealed(), _held(secret(annotations=PATCH), "2"), STAMP) is Finding.LEAVE
    )
    assert memory.finding(_unhealed(), _held(secret(), "2"), STAMP) is Finding.MAKE


def test_missing_secret_is_made_the_first_time() -> None:
    """Nothing is known of it, and nothing says that it ever was."""
    assert Memory().finding(OBJECT, None, STAMP) is Finding.MAKE
    assert Memory().finding(_unhealed(), None, STAMP) is Finding.MAKE
    assert Memory().finding(replace(OBJECT, status=SYNCED), None, STAMP) is Finding.MAKE


def test_missing_secret_that_was_not_to_be_healed_stays_missing_after_a_restart() -> None:
    """The status says that it was made, for this generation."""
    told = _unhealed(replace(OBJECT, status=SYNCED))
    assert Memory().finding(told, None, STAMP) is Finding.LEAVE
    assert Memory().finding(replace(told, generation=2), None, STAMP) is Finding.MAKE
    failed = replace(SYNCED, conditions=(Condition("Synced", "False"),))
    assert Memory().finding(replace(told, status=failed), None, STAMP) is Finding.MAKE


@pytest.mark.parametrize(
    ("found", "finding"),
    [
        (MADE, Finding.HEAL),
        (replace(MADE, owner_references=(), annotations=MANAGED), Finding.HEAL),
        (replace(MADE, owner_references=()), Finding.LEAVE),
        (secret(annotations=PATCH), Finding.LEAVE),
        (secret(annotations={**PATCH, **MANAGED}), Finding.HEAL),
    ],
    ids=["owned", "managed", "skipped-owner", "patched", "patched-and-managed"],
)
def test_deleted_secret_is_made_again_if_it_was_ours(found: Secret, finding: Finding) -> None:
    """Owned, or annotated `managed` (conformance 75 and 76)."""
    memory = _remembering(found)
    assert memory.finding(OBJECT, None, STAMP) is finding
    assert memory.finding(_unhealed(), None, STAMP) is Finding.LEAVE


def test_deleted_secret_is_made_when_something_else_is_asked_for() -> None:
    """It was left gone only as long as the SealedSecret stayed the same."""
    other = replace(OBJECT, uid="another")
    memory = _remembering(secret(annotations=PATCH))
    assert memory.finding(other, None, Stamp(KEY, other)) is Finding.MAKE


def test_secret_in_our_way_is_refused_until_it_changes() -> None:
    """As long as both are the same there is nothing to find out by opening."""
    memory = Memory()
    memory.refused(OBJECT, _held(secret(), "7"), STAMP, NotManagedError("db"))
    assert memory.finding(OBJECT, _held(secret(), "7"), STAMP) is Finding.REFUSE
    assert memory.finding(OBJECT, _held(secret(), "8"), STAMP) is Finding.MAKE
    assert memory.finding(OBJECT, _held(secret(), "7", "another"), STAMP) is Finding.MAKE
    assert memory.finding(OBJECT, None, STAMP) is Finding.MAKE
    other = replace(OBJECT, uid="another")
    assert memory.finding(other, _held(secret(), "7"), Stamp(KEY, other)) is Finding.MAKE
    asking = replace(OBJECT.sealed, annotations={RECREATE_ANNOTATION: "true"})
    assert (
        memory.finding(replace(OBJECT, sealed=asking), _held(secret(), "7"), STAMP) is Finding.MAKE
    )


def _raised() -> NotRecreatedError:
    """Return an error that was raised, with another one on the way to it."""
    with pytest.raises(ImmutableSecretError) as inner:
        raise ImmutableSecretError("it is immutable")
    inner.value.is_watched = False
    with pytest.raises(NotRecreatedError) as outer:
        raise NotRecreatedError(inner.value, hint="held back") from inner.value
    return outer.value


def test_refusal_is_told_again_without_what_led_to_it() -> None:
    """Each time an error of its own; the frames of a kept one would hold what was opened."""
    memory, why = Memory(), _raised()
    memory.refused(OBJECT, _held(secret()), STAMP, why)
    first, second = memory.refusal(SHOP_DB), memory.refusal(SHOP_DB)
    assert first is not second
    for error in (first, second):
        assert isinstance(error, NotRecreatedError)
        assert isinstance(error.refusal, ImmutableSecretError)
        assert (error.message, error.hint) == (why.message, why.hint)
        assert error.refusal.is_watched is False
        for each in (error, error.refusal):
            assert (each.__traceback__, each.__cause__, each.__context__) == (None, None, None)
    memory.left(OBJECT, _held(MADE), STAMP)
    with pytest.raises(LookupError):
        memory.refusal(SHOP_DB)


def test_version_is_the_one_that_was_left_until_it_is_forgotten() -> None:
    """What is watched is compared with it."""
    memory = _remembering()
    assert memory.version(SHOP_DB) == ("secret-1", "1")
    memory.forget(SHOP_DB)
    memory.forget(SHOP_DB)
    assert memory.version(SHOP_DB) is None


def test_memory_holds_no_data() -> None:
    """Only versions and digests are kept (controller.md 2, rule 2)."""

    def parts(value: object) -> list[object]:
        if isinstance(value, Mapping):
            return [part for each in value.values() for part in parts(each)]
        slots = getattr(type(value), "__slots__", ())
        return [value, *(part for name in slots for part in parts(getattr(value, name)))]

    found = parts(vars(_remembering()))
    assert not any(isinstance(part, Secret | StoredSecret | SecretBytes) for part in found)
    assert ("secret-1", "1") in found


def test_secret_that_stays_in_spite_of_what_is_asked_for_is_only_watched() -> None:
    """Whatever happens to it, only opening the SealedSecret tells what has to be."""
    memory = Memory()
    memory.seen(SHOP_DB, _held(secret(), "7"))
    assert memory.version(SHOP_DB) == ("secret-1", "7")
    for found in (_held(secret(), "7"), _held(secret(), "8"), None):
        assert memory.finding(OBJECT, found, STAMP) is Finding.MAKE
