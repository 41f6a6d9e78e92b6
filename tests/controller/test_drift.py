"""Whether a Secret is as we left it: what counts, what does not, and what makes it ours."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from sealer.manifest import SealedSecret, Secret, Template
from sealer.manifest.sealedsecret import SKIP_OWNER_ANNOTATION
from sealer.sensitive import SecretBytes
from sealer_controller.drift import Stamp, State, unmarked
from sealer_controller.marks import DIGEST_ANNOTATION, MANAGED_LABEL
from sealer_controller.objects import StoredSealedSecret
from sealer_controller.shaping import finish
from tests.controller.memory import secret, stored

KEY = bytes(range(32))
PATCH = {"sealedsecrets.bitnami.com/patch": "true"}
MANAGED = {"sealedsecrets.bitnami.com/managed": "true"}
TEMPLATE = Template(labels={"tier": "back"}, annotations={"note": "ours"})
OBJECT = stored(SealedSecret("shop", "db", {"k": "AAAA"}, TEMPLATE))
OTHERS: Mapping[str, object] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "name": "c",
    "uid": "uid-of-c",
}


def _stamp(sealed: StoredSealedSecret = OBJECT, key: bytes = KEY) -> Stamp:
    return Stamp(key, sealed)


def _made(sealed: StoredSealedSecret = OBJECT) -> Secret:
    """Return the Secret that we make of an object, with a data item `k`."""
    template = sealed.sealed.template
    opened = secret(labels=template.labels, annotations=template.annotations, type=template.type)
    return _stamp(sealed).put_on(finish(sealed, opened), is_patch=False)


def _patched(data: Mapping[str, bytes] | None = None) -> Secret:
    """Return a Secret of somebody else's that we have patched."""
    held = secret(
        {"k": b"value", **(data or {})},
        labels={**TEMPLATE.labels, MANAGED_LABEL: "true", "theirs": "x"},
        annotations={**TEMPLATE.annotations, **PATCH, "theirs": "x"},
    )
    return _stamp().put_on(held, is_patch=True)


def _with(found: Secret, **data: bytes) -> Secret:
    items = {key: SecretBytes(value) for key, value in data.items()}
    return replace(found, data={**found.data, **items})


def _without(texts: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: text for key, text in texts.items() if key != name}


def test_state_of_what_we_made_is_right() -> None:
    """Nothing to open, nothing to write; the type may be left to the store."""
    assert _stamp().state(_made()) is State.RIGHT
    assert _stamp().state(replace(_made(), type="")) is State.RIGHT


@pytest.mark.parametrize(
    "change",
    [
        lambda made: replace(made, labels={**made.labels, "added": "x"}),
        lambda made: replace(made, annotations={**made.annotations, "added": "x"}),
        lambda made: replace(made, annotations={**made.annotations, **MANAGED}),
        lambda made: replace(made, finalizers=("example.com/f",)),
        lambda made: replace(made, immutable=True),
    ],
    ids=["label", "annotation", "managed", "finalizer", "immutable"],
)
def test_state_with_what_others_add_is_right(change: Callable[[Secret], Secret]) -> None:
    """Labels and annotations of others stay; finalizers and `immutable` count at creation."""
    assert _stamp().state(change(_made())) is State.RIGHT


@pytest.mark.parametrize(
    "change",
    [
        lambda made: _with(made, k=b"other"),
        lambda made: _with(made, added=b"x"),
        lambda made: replace(made, data={}),
        lambda made: replace(made, type="example.com/t"),
        lambda made: replace(made, labels={**made.labels, "tier": "front"}),
        lambda made: replace(made, labels=_without(made.labels, "tier")),
        lambda made: replace(made, labels=_without(made.labels, MANAGED_LABEL)),
        lambda made: replace(made, labels={**made.labels, MANAGED_LABEL: "false"}),
        lambda made: replace(made, annotations={**made.annotations, "note": "theirs"}),
        lambda made: replace(made, annotations=_without(made.annotations, "note")),
        lambda made: replace(made, owner_references=()),
        lambda made: replace(made, owner_references=(*made.owner_references, OTHERS)),
        lambda made: replace(
            made, owner_references=({**made.owner_references[0], "controller": False},)
        ),
    ],
)
def test_state_with_a_change_of_ours_is_drift(change: Callable[[Secret], Secret]) -> None:
    """Data, type, owner reference, and the labels and annotations that we set."""
    assert _stamp().state(change(_made())) is State.DRIFTED


def test_state_of_a_patched_secret_counts_only_our_own_keys() -> None:
    """Under `patch` the rest is somebody else's, whatever becomes of it."""
    assert _stamp().state(_patched()) is State.RIGHT
    assert _stamp().state(_with(_patched(), more=b"theirs")) is State.RIGHT
    assert _stamp().state(_with(_patched({"more": b"1"}), more=b"2")) is State.RIGHT
    assert _stamp().state(replace(_patched(), owner_references=(OTHERS,))) is State.RIGHT
    assert _stamp().state(_with(_patched(), k=b"theirs")) is State.DRIFTED
    assert _stamp().state(replace(_patched(), data={})) is State.DRIFTED


def _unpatched(found: Secret) -> Secret:
    """Return a Secret from which somebody has taken the annotation that lets us patch it."""
    return replace(found, annotations=_without(found.annotations, next(iter(PATCH))))


def test_state_of_a_patched_secret_that_is_so_no_more_is_unknown() -> None:
    """It is somebody else's again; that is no drift, which could be left as it is."""
    found = _unpatched(_patched({"more": b"theirs"}))
    stamp = _stamp()
    assert stamp.state(found) is State.UNKNOWN
    assert stamp.state(found, stamp.input) is State.UNKNOWN
    assert stamp.state(replace(found, owner_references=_made().owner_references)) is State.DRIFTED


def test_state_of_ours_that_becomes_patched_is_drift() -> None:
    """What others put there from now on is theirs, and the digest has to say so."""
    patched = replace(_made(), annotations={**_made().annotations, **PATCH})
    assert _stamp().state(patched) is State.DRIFTED
    assert _stamp().state(_stamp().put_on(patched, is_patch=True)) is State.RIGHT


def test_state_counts_the_items_that_templates_make() -> None:
    """An item of `template.data` is ours as a sealed one is."""
    sealed = replace(OBJECT.sealed, template=replace(TEMPLATE, data={"t": "{{ .k }}"}))
    stamp = _stamp(replace(OBJECT, sealed=sealed))
    found = stamp.put_on(_with(_patched(), t=b"rendered"), is_patch=True)
    assert stamp.state(found) is State.RIGHT
    assert stamp.state(_with(found, t=b"theirs")) is State.DRIFTED


@pytest.mark.parametrize(
    "other",
    [
        replace(OBJECT, uid="another"),
        replace(OBJECT, sealed=replace(OBJECT.sealed, encrypted_data={"k": "AAAB"})),
        replace(OBJECT, sealed=replace(OBJECT.sealed, template=Template())),
    ],
)
def test_state_for_another_input_is_unknown(other: StoredSealedSecret) -> None:
    """Only opening the object tells what it asks for."""
    assert _stamp(other).state(_made()) is State.UNKNOWN


@pytest.mark.parametrize("text", ["", "x", "00-00", "0" * 64 + "-" + "0" * 64])
def test_state_without_a_digest_of_ours_is_unknown_unless_it_is_remembered(text: str) -> None:
    """A digest that was taken away or overwritten is a change as any other."""
    made = _made()
    found = replace(made, annotations={**made.annotations, DIGEST_ANNOTATION: text})
    stamp = _stamp()
    assert stamp.state(found) is State.UNKNOWN
    assert stamp.state(found, b"something else") is State.UNKNOWN
    assert stamp.state(found, stamp.input) is State.DRIFTED


def test_state_under_another_key_is_unknown() -> None:
    """A digest key that was lost costs one pass over everything."""
    assert _stamp(key=bytes(32)).state(_made()) is State.UNKNOWN


def test_digest_of_another_secret_does_not_count() -> None:
    """The first of one and the second of another do not make a right one."""
    ours, other = _made(), _with(_made(), k=b"other")
    other = _stamp().put_on(other, is_patch=False)
    firsts, seconds = (s.annotations[DIGEST_ANNOTATION].split("-") for s in (ours, other))
    mixed = {**ours.annotations, DIGEST_ANNOTATION: f"{firsts[0]}-{seconds[1]}"}
    assert _stamp().state(replace(ours, annotations=mixed)) is State.DRIFTED


V1 = replace(OBJECT, sealed=replace(OBJECT.sealed, encrypted_data={}, legacy_data="AAAA"))


def test_state_of_the_old_format_takes_every_change_for_drift() -> None:
    """What is ours is sealed with the rest: only opening it tells (compat.md 1.7)."""
    opened = finish(V1, secret(labels={"from": "inside"}))
    made = _stamp(V1).put_on(opened, is_patch=False)
    assert _stamp(V1).state(made) is State.RIGHT
    assert _stamp(V1).state(_with(made, k=b"other")) is State.DRIFTED
    assert _stamp(V1).state(replace(made, labels={MANAGED_LABEL: "true"})) is State.DRIFTED
    added = replace(made, annotations={**made.annotations, "added": "x"})
    assert _stamp(V1).state(added) is State.DRIFTED
    assert _stamp(V1).state(replace(made, owner_references=())) is State.DRIFTED


SKIPPING = replace(
    OBJECT,
    sealed=replace(OBJECT.sealed, template=Template(annotations={SKIP_OWNER_ANNOTATION: "true"})),
)


def test_state_without_owner_needs_none() -> None:
    """With the skip annotation in the template a reference would be a change."""
    made = _made(SKIPPING)
    assert made.owner_references == ()
    assert _stamp(SKIPPING).state(made) is State.RIGHT
    assert _stamp(SKIPPING).state(replace(made, owner_references=(OTHERS,))) is State.DRIFTED


NEXT = replace(SKIPPING, uid="another", sealed=replace(SKIPPING.sealed, encrypted_data={}))


@pytest.mark.parametrize("sealed", [SKIPPING, V1], ids=["items", "v1"])
def test_what_we_made_is_ours_whatever_is_asked_for_now(sealed: StoredSealedSecret) -> None:
    """Also after the SealedSecret has changed, or was deleted and made again."""
    assert _stamp(NEXT).is_ours(_made(sealed))
    assert _stamp(NEXT).is_ours(replace(_made(sealed), type=""))


def test_what_somebody_has_changed_is_ours_as_long_as_the_same_is_asked_for() -> None:
    """It drifted, and is put right; after that the next change goes through."""
    assert _stamp(SKIPPING).is_ours(_with(_made(SKIPPING), k=b"theirs"))


@pytest.mark.parametrize(
    "found",
    [
        secret(),
        _with(_made(SKIPPING), k=b"theirs"),
        replace(_made(SKIPPING), name="copy"),
        replace(_made(SKIPPING), namespace="copy"),
        Stamp(bytes(32), SKIPPING).put_on(_made(SKIPPING), is_patch=False),
        _unpatched(_patched()),
    ],
    ids=["unmarked", "changed", "another-name", "another-namespace", "another-key", "patched"],
)
def test_what_we_did_not_make_is_not_ours(found: Secret) -> None:
    """A copy under another name carries a digest that is not its own."""
    assert not _stamp(NEXT).is_ours(found)


@pytest.mark.parametrize("keeps_mark", [True, False])
@pytest.mark.parametrize("sealed", [OBJECT, NEXT, V1], ids=["same", "changed", "v1"])
def test_what_we_patched_is_not_ours(sealed: StoredSealedSecret, *, keeps_mark: bool) -> None:
    """Even if all of it came from us, and if somebody makes its digest look like another one."""
    found = _unpatched(_stamp(sealed).put_on(_patched(), is_patch=True))
    assert found.data.keys() == {"k"}
    if not keeps_mark:
        text = found.annotations[DIGEST_ANNOTATION].removeprefix("patch-")
        found = replace(found, annotations={**found.annotations, DIGEST_ANNOTATION: text})
    assert not _stamp().is_ours(found)
    assert not _stamp(sealed).is_ours(found)
    assert _stamp(sealed).has_patched(found) is keeps_mark


def test_unmarked_takes_off_our_marks_and_nothing_else() -> None:
    """What differs only in them is the same to people."""
    plain = secret(labels={"a": "b"}, annotations={"sealer.dev/other": "kept"})
    marked = _stamp().put_on(
        replace(plain, labels={**plain.labels, MANAGED_LABEL: "true"}), is_patch=False
    )
    assert marked != plain
    assert unmarked(marked) == plain
