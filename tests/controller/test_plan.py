"""The rules about existing Secrets: what is ours, what is merged, what is never touched."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.manifest import SealedSecret, Secret, Template
from sealer.manifest.sealedsecret import SKIP_OWNER_ANNOTATION
from sealer.sensitive import SecretBytes
from sealer_controller.drift import Stamp, State, unmarked
from sealer_controller.errors import NotManagedError, RejectedError
from sealer_controller.marks import DIGEST_ANNOTATION, MANAGED_LABEL
from sealer_controller.objects import StoredSealedSecret, StoredSecret
from sealer_controller.plan import Create, Mark, Nothing, Plan, Replace
from sealer_controller.plan import plan as plan_with
from tests.controller.memory import secret, stored

DIGEST_KEY = bytes(range(32))
MANAGED = "sealedsecrets.bitnami.com/managed"
PATCH = "sealedsecrets.bitnami.com/patch"
OWNER: Mapping[str, object] = {
    "apiVersion": "bitnami.com/v1alpha1",
    "kind": "SealedSecret",
    "name": "db",
    "uid": "uid-1",
    "controller": True,
}
STALE = {**OWNER, "uid": "uid-of-a-deleted-one"}
OTHERS = {**OWNER, "name": "other", "uid": "uid-2"}
SKIPPING = Template(annotations={SKIP_OWNER_ANNOTATION: "true"})


def plan(
    sealed: StoredSealedSecret,
    desired: Secret,
    existing: StoredSecret | None,
    *,
    is_drift: bool = False,
) -> Plan:
    """Return the plan, with a digest key that is always the same."""
    return plan_with(sealed, desired, existing, Stamp(DIGEST_KEY, sealed), is_drift=is_drift)


def _existing(found: Secret) -> StoredSecret:
    return StoredSecret(found, "secret-1", "7")


def _marked(found: Secret, sealed: StoredSealedSecret | None = None) -> Secret:
    """Return a Secret with the marks that we put on what an object turns into."""
    labelled = replace(found, labels={**found.labels, MANAGED_LABEL: "true"})
    return Stamp(DIGEST_KEY, sealed or stored()).put_on(labelled, is_patch=False)


def _skipping() -> StoredSealedSecret:
    return stored(SealedSecret("shop", "db", {}, SKIPPING))


def _after(decided: Plan) -> Secret:
    """Return what a plan makes of a Secret, without our marks, which it must carry."""
    assert isinstance(decided, Replace)
    assert decided.after.labels[MANAGED_LABEL] == "true"
    assert DIGEST_ANNOTATION in decided.after.annotations
    return unmarked(decided.after)


def test_plan_without_a_secret_creates_one_with_our_owner_reference() -> None:
    """The reference has exactly these five fields, and none that blocks deletion."""
    decided = plan(stored(), secret(type=""), None)
    assert decided == Create(_marked(secret(type="Opaque", owner_references=(OWNER,))))


def test_plan_with_skip_annotation_creates_with_the_references_of_the_template() -> None:
    """With the skip annotation in the template, no reference of ours is added."""
    desired = secret(annotations=SKIPPING.annotations, owner_references=(OTHERS,))
    assert plan(_skipping(), desired, None) == Create(_marked(desired, _skipping()))


def test_plan_drops_from_a_reference_what_no_server_keeps() -> None:
    """Else it would differ from what comes back, and be written again for ever."""
    desired = secret(annotations=SKIPPING.annotations, owner_references=({**OTHERS, "x": {}},))
    decided = plan(_skipping(), desired, None)
    assert isinstance(decided, Create)
    assert decided.secret.owner_references == (OTHERS,)


def test_plan_reserved_labels_and_annotations_are_dropped() -> None:
    """A template cannot forge what the controller writes about itself."""
    mine = {"sealer.dev/managed": "true", "app": "shop"}
    decided = plan(stored(), secret(labels=mine, annotations=mine), None)
    assert isinstance(decided, Create)
    plain = unmarked(decided.secret)
    assert plain.labels == plain.annotations == {"app": "shop"}


@pytest.mark.parametrize(
    "references",
    [
        (),
        (OTHERS,),
        ({**OWNER, "controller": False},),
        ({**OWNER, "controller": None},),
        ({**STALE, "kind": "Deployment", "apiVersion": "apps/v1"},),
        ({**STALE, "apiVersion": "example.com/v1"},),
    ],
    ids=["none", "another-name", "no-controller", "null", "another-kind", "another-group"],
)
def test_plan_secret_that_is_not_ours_is_refused(
    references: tuple[Mapping[str, object], ...],
) -> None:
    """Only a controller reference with our UID, or our kind and name, makes a Secret ours."""
    with pytest.raises(NotManagedError, match='Resource "db" already exists and is not managed'):
        plan(stored(), secret({"k": b"new"}), _existing(secret(owner_references=references)))


def test_plan_foreign_secret_with_equal_content_is_refused_all_the_same() -> None:
    """Equal content alone does not make a Secret ours: we would take it over in silence."""
    with pytest.raises(NotManagedError):
        plan(stored(), secret(), _existing(secret()))


@pytest.mark.parametrize("value", ["True", "TRUE", "false", "", "1"])
@pytest.mark.parametrize("annotation", [MANAGED, PATCH])
def test_plan_annotation_counts_only_as_exactly_true(annotation: str, value: str) -> None:
    """`managed` and `patch` need the exact text `true`."""
    with pytest.raises(NotManagedError):
        plan(stored(), secret(), _existing(secret(annotations={annotation: value})))


def test_plan_annotation_in_the_template_does_not_open_a_foreign_secret() -> None:
    """Only the existing Secret can say that it may be taken over."""
    with pytest.raises(NotManagedError):
        plan(stored(), secret(annotations={MANAGED: "true", PATCH: "true"}), _existing(secret()))


@pytest.mark.parametrize(
    "found",
    [secret(owner_references=(OWNER,)), secret(owner_references=(STALE,))],
    ids=["owned", "stale-uid"],
)
def test_plan_owned_secret_is_replaced_and_owned(found: Secret) -> None:
    """Data, labels, annotations and references become ours, also after delete and re-create."""
    found = replace(found, labels={"x": "1"}, annotations={"y": "2"}, finalizers=("example.com/f",))
    decided = plan(stored(), secret({"new": b"1"}, labels={"our": "label"}), _existing(found))
    wanted = secret({"new": b"1"}, labels={"our": "label"}, annotations={})
    wanted = replace(wanted, owner_references=(OWNER,), finalizers=("example.com/f",))
    assert _after(decided) == wanted


def test_plan_managed_secret_is_taken_over_whole() -> None:
    """`managed` on a foreign Secret: what others had put there goes, `managed` too."""
    found = secret({"extra": b"x"}, annotations={MANAGED: "true"}, owner_references=(OTHERS,))
    assert _after(plan(stored(), secret(), _existing(found))) == secret(owner_references=(OWNER,))


def test_plan_patched_secret_keeps_what_we_do_not_bring_and_gets_no_owner() -> None:
    """`patch` alone: our items, labels and annotations are added or overwrite equal ones."""
    found = secret(
        {"extra": b"x", "k": b"theirs"}, labels={"a": "1", "b": "1"}, annotations={PATCH: "true"}
    )
    desired = secret({"k": b"ours"}, labels={"b": "2"}, annotations={"our": "note"})
    assert _after(plan(stored(), desired, _existing(found))) == secret(
        {"extra": b"x", "k": b"ours"},
        labels={"a": "1", "b": "2"},
        annotations={PATCH: "true", "our": "note"},
    )


def test_plan_patched_secret_that_is_empty_gets_what_we_bring() -> None:
    """No data, no labels: absent maps count as empty ones."""
    found = replace(secret(annotations={PATCH: "true"}), data={})
    desired = secret(labels={"our": "label"})
    assert _after(plan(stored(), desired, _existing(found))) == replace(
        desired, annotations={PATCH: "true"}
    )


@pytest.mark.parametrize("where", ["existing", "template"])
def test_plan_patched_secret_is_owned_if_managed_after_the_merge(where: str) -> None:
    """`managed` counts after the merge, wherever it comes from."""
    managed = {MANAGED: "true"}
    found = secret(annotations={PATCH: "true"} | (managed if where == "existing" else {}))
    desired = secret(annotations=managed if where == "template" else {})
    assert _after(plan(stored(), desired, _existing(found))).owner_references == (OWNER,)


def test_plan_patched_secret_with_stale_owner_gets_our_uid() -> None:
    """Else garbage collection would take the Secret away together with its dead owner."""
    other = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "u"}
    found = secret(annotations={PATCH: "true"}, owner_references=(other, STALE))
    after = _after(plan(stored(), secret(), _existing(found)))
    assert after.owner_references == (other, OWNER)


@pytest.mark.parametrize("existing_type", ["", "Opaque"])
@pytest.mark.parametrize("desired_type", ["", "Opaque"])
def test_plan_missing_type_equals_the_default(existing_type: str, desired_type: str) -> None:
    """The server's default type is no difference, so nothing is written."""
    found = replace(_marked(secret(owner_references=(OWNER,))), type=existing_type)
    assert plan(stored(), secret(type=desired_type), _existing(found)) == Nothing(_existing(found))


@pytest.mark.parametrize("before", [True, None])
@pytest.mark.parametrize("after", [True, False, None])
def test_plan_immutable_of_an_existing_secret_stays(
    *, before: bool | None, after: bool | None
) -> None:
    """`immutable` counts at creation; it neither causes a write nor changes by one."""
    found = _marked(secret(immutable=before, owner_references=(OWNER,)))
    assert plan(stored(), secret(immutable=after), _existing(found)) == Nothing(_existing(found))
    changed = plan(stored(), secret(labels={"a": "new"}, immutable=after), _existing(found))
    assert _after(changed).immutable is before


def test_plan_skipped_owner_accepts_what_it_would_have_written() -> None:
    """A Secret that was made without a reference is no stranger; it gets our marks."""
    desired = secret(annotations=SKIPPING.annotations)
    decided = plan(_skipping(), desired, _existing(desired))
    assert decided == Mark(_existing(desired), _marked(desired, _skipping()))


@pytest.mark.parametrize(
    "found",
    [
        secret({"k": b"other"}, annotations=SKIPPING.annotations),
        secret(annotations=SKIPPING.annotations, labels={"a": "1"}),
        secret(annotations=SKIPPING.annotations, owner_references=(OTHERS,)),
    ],
    ids=["data", "labels", "owner"],
)
def test_plan_skipped_owner_refuses_whatever_differs(found: Secret) -> None:
    """Without a reference only exact equality shows that a Secret is ours."""
    with pytest.raises(NotManagedError):
        plan(_skipping(), secret(annotations=SKIPPING.annotations), _existing(found))


@pytest.mark.parametrize("key", [DIGEST_KEY, bytes(32)], ids=["same", "lost"])
@pytest.mark.parametrize("sealed", [stored(), _skipping()], ids=["owning", "skipping"])
def test_plan_secret_that_is_patched_no_more_is_refused(
    sealed: StoredSealedSecret, key: bytes
) -> None:
    """We never made it, also if it is what we would make, and if the digest key is another now."""
    desired = secret(annotations=sealed.sealed.template.annotations)
    before = replace(desired, annotations={**desired.annotations, PATCH: "true"})
    decided = plan(sealed, desired, _existing(before))
    assert isinstance(decided, Replace | Mark)
    withdrawn = dict(decided.after.annotations)
    del withdrawn[PATCH]
    found = replace(decided.after, annotations=withdrawn)
    assert unmarked(found) == desired
    with pytest.raises(NotManagedError):
        plan_with(sealed, desired, _existing(found), Stamp(key, sealed))


def test_plan_template_that_ends_the_patch_does_not_make_the_secret_ours() -> None:
    """What others had put there is in it still."""
    before = secret({"theirs": b"x"}, annotations={PATCH: "true"})
    desired = secret(annotations={PATCH: "false"})
    decided = plan(stored(), desired, _existing(before))
    assert isinstance(decided, Replace)
    assert "theirs" in decided.after.data
    with pytest.raises(NotManagedError):
        plan(stored(), desired, _existing(decided.after))


def test_plan_skipped_owner_with_equal_references_of_another_controller_is_refused() -> None:
    """A controller reference names the owner, and it is not us."""
    desired = secret(annotations=SKIPPING.annotations, owner_references=(OTHERS,))
    with pytest.raises(NotManagedError):
        plan(_skipping(), desired, _existing(desired))


def test_plan_secret_that_differs_only_in_our_marks_is_marked() -> None:
    """One of the original that is right: its data goes back as it came."""
    found = secret(owner_references=(OWNER,))
    assert plan(stored(), secret(), _existing(found)) == Mark(_existing(found), _marked(found))
    marked = _marked(found)
    assert plan(stored(), secret(), _existing(marked)) == Nothing(_existing(marked))


def test_plan_drift_keeps_what_others_added_and_a_new_input_does_not() -> None:
    """Labels and annotations of others; their items go in any case."""
    found = secret(
        {"k": b"theirs", "extra": b"x"},
        labels={"theirs": "x", "our": "spoilt"},
        annotations={"theirs": "y"},
        owner_references=(OWNER,),
    )
    desired = secret(labels={"our": "label"})
    wanted = replace(desired, owner_references=(OWNER,))
    assert _after(plan(stored(), desired, _existing(found))) == wanted
    assert _after(plan(stored(), desired, _existing(found), is_drift=True)) == replace(
        wanted, labels={"our": "label", "theirs": "x"}, annotations={"theirs": "y"}
    )


def _edited() -> StoredSealedSecret:
    return stored(SealedSecret("shop", "db", {"k": "AAAB"}, SKIPPING), generation=2)


def test_plan_skipped_owner_follows_a_change_by_the_digest() -> None:
    """We made the Secret as it is, so the next version of its SealedSecret goes through."""
    found = _marked(secret(annotations=SKIPPING.annotations), _skipping())
    desired = secret({"k": b"new"}, annotations=SKIPPING.annotations)
    assert _after(plan(_edited(), desired, _existing(found))) == desired


def test_plan_owner_that_was_taken_away_is_put_back_by_the_digest() -> None:
    """A Secret that nobody owns and that carries our digest was ours a moment ago."""
    found = _marked(secret(owner_references=()))
    assert _after(plan(stored(), secret(), _existing(found))).owner_references == (OWNER,)


@pytest.mark.parametrize(
    "found",
    [
        _marked(secret(annotations=SKIPPING.annotations, owner_references=(OTHERS,)), _skipping()),
        replace(
            _marked(secret(annotations=SKIPPING.annotations), _skipping()),
            data={"k": SecretBytes(b"theirs")},
        ),
    ],
    ids=["another-owner", "changed"],
)
def test_plan_digest_of_ours_does_not_open_what_is_somebody_elses(found: Secret) -> None:
    """Somebody else owns it by now, or has made something else of it."""
    desired = secret({"k": b"new"}, annotations=SKIPPING.annotations)
    with pytest.raises(NotManagedError):
        plan(_edited(), desired, _existing(found))


_TEXTS = st.dictionaries(
    st.sampled_from(["a", "b", MANAGED, PATCH, SKIP_OWNER_ANNOTATION]),
    st.sampled_from(["true", "x"]),
)
_SECRETS = st.builds(
    lambda data, kind, immutable, labels, annotations, owners: Secret(
        "shop",
        "db",
        {key: SecretBytes(value) for key, value in data.items()},
        type=kind,
        immutable=immutable,
        labels=labels,
        annotations=annotations,
        owner_references=tuple(owners),
    ),
    st.dictionaries(st.sampled_from(["k", "l", "m"]), st.binary(max_size=2)),
    st.sampled_from(["", "Opaque", "example.com/t"]),
    st.sampled_from([None, True, False]),
    _TEXTS,
    _TEXTS,
    st.lists(st.sampled_from([OWNER, STALE, OTHERS]), max_size=2),
)
_STORED = st.sampled_from([stored(), _skipping()])


@given(_STORED, _SECRETS, st.none() | _SECRETS)
def test_plan_carried_out_settles(
    sealed: StoredSealedSecret, desired: Secret, found: Secret | None
) -> None:
    """Whatever there is, a few steps lead to rest or refusal: no reconcile goes on for ever."""
    # What a template names as owners counts only with the skip annotation, and is never us.
    owners = (OTHERS,) if sealed.sealed.template.skips_owner and desired.owner_references else ()
    desired = replace(desired, owner_references=owners)
    for _ in range(3):  # the first step may take `patch` away, the second then replaces
        try:
            decided = plan(sealed, desired, None if found is None else _existing(found))
        except NotManagedError:
            assert found is not None
            assert not _is_ours(sealed, found)
            return
        except RejectedError:
            return
        if isinstance(decided, Nothing):
            return
        found = decided.secret if isinstance(decided, Create) else decided.after
        assert desired.data.items() <= found.data.items()
    raise AssertionError("it never comes to rest")


def _is_ours(sealed: StoredSealedSecret, found: Secret) -> bool:
    owned = any(owner["name"] == sealed.sealed.name for owner in found.owner_references)
    return owned or "true" in (found.annotations.get(MANAGED), found.annotations.get(PATCH))


_TEMPLATES = st.builds(Template, type=st.just(""), labels=_TEXTS, annotations=_TEXTS)


@given(_TEMPLATES, st.sampled_from([{}, {MANAGED: "true"}]), st.none() | _SECRETS, _SECRETS)
def test_plan_and_drift_agree(
    template: Template, more: dict[str, str], found: Secret | None, spoilt: Secret
) -> None:
    """What the digests take for right is what a plan would leave alone, and the reverse.

    However a Secret came about, and whatever somebody makes of it afterwards.
    """
    sealed = stored(SealedSecret("shop", "db", {"k": "AAAA"}, template))
    stamp = Stamp(DIGEST_KEY, sealed)
    desired = secret(type="", labels=template.labels, annotations=template.annotations)
    if found is not None:
        found = replace(found, annotations={**found.annotations, **more})
    found = _settled(sealed, desired, found)
    if found is None:
        return
    assert stamp.state(found) is State.RIGHT
    marks = {DIGEST_ANNOTATION: found.annotations[DIGEST_ANNOTATION]}
    spoilt = replace(spoilt, annotations={**spoilt.annotations, **marks})
    for other in (spoilt, replace(found, data=spoilt.data), replace(spoilt, data=found.data)):
        try:
            decided = plan(sealed, desired, _existing(other), is_drift=True)
        except (NotManagedError, RejectedError):
            assert stamp.state(other) is not State.RIGHT
        else:
            assert isinstance(decided, Nothing) is (stamp.state(other) is State.RIGHT)


def _settled(sealed: StoredSealedSecret, desired: Secret, found: Secret | None) -> Secret | None:
    """Return what becomes of a Secret in the end; None where it is somebody else's."""
    for _ in range(3):
        try:
            decided = plan(sealed, desired, None if found is None else _existing(found))
        except (NotManagedError, RejectedError):
            return None
        if isinstance(decided, Nothing):
            return decided.existing.secret
        found = decided.secret if isinstance(decided, Create) else decided.after
    raise AssertionError("it never comes to rest")
