"""What changed between two versions, told without decrypting."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.errors import Where
from sealer.manifest import read_sealed_secret
from sealer.sealing.difference import Act, Change, compare
from sealer.sealing.hints import SEALING_KEYS
from sealer.sealing.pairing import Version
from sealer.sealing.summary import describe
from tests.support.objects import load
from tests.support.sealed import blob

A, B, C = (blob(length, mark=str(length)) for length in (1, 2, 3))


def _version(spec: str, *, name: str = "db", metadata: str = "", file: str = "f.yaml") -> Version:
    more = f", {metadata}" if metadata else ""
    text = (
        "{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, "
        f"metadata: {{name: {name}, namespace: shop{more}}}, spec: {{{spec}}}}}"
    )
    return Version(read_sealed_secret(load(text)), Where(path=file), file)


def _items(**items: str) -> str:
    return f"encryptedData: {{{', '.join(f'{key}: {text}' for key, text in items.items())}}}"


def _changes(before: Version, after: Version) -> list[Change]:
    (found,) = compare([before], [after])
    assert found.act is Act.CHANGED
    return list(found.changes)


def test_compare_same_versions_differ_in_nothing() -> None:
    """Neither do versions that only a formatter tells apart."""
    version = _version(_items(a=A))
    assert compare([version], [_version(f"template: {{}}, {_items(a=A)}")]) == []


def test_compare_items_added_removed_and_sealed_anew() -> None:
    """With what is known of each ciphertext."""
    changes = _changes(_version(_items(a=A, b=B)), _version(_items(b=C, c=blob(5, mark="new"))))
    assert changes == [
        Change("item", Act.REMOVED, "a", before=describe(A)),
        Change("item", Act.RESEALED, "b", describe(B), describe(C)),
        Change("item", Act.ADDED, "c", after=describe(blob(5, mark="new"))),
    ]


def test_compare_exchanged_values_are_told_as_moved() -> None:
    """Two items that swap their ciphertexts are no re-sealing (threats.md T1)."""
    changes = _changes(_version(_items(a=A, b=B)), _version(_items(a=B, b=A)))
    assert changes == [
        Change("item", Act.MOVED, "a", "item b", describe(B)),
        Change("item", Act.MOVED, "b", "item a", describe(A)),
    ]


def test_compare_ciphertext_of_another_object_is_told() -> None:
    """A value that was copied from elsewhere names its origin."""
    before = [_version(_items(a=A)), _version(_items(k=B), name="other")]
    after = [_version(_items(a=B)), before[1]]
    ((change,),) = [each.changes for each in compare(before, after)]
    assert change == Change("item", Act.MOVED, "a", "item k of shop/other", describe(B))


def test_compare_wrapped_ciphertext_is_the_same() -> None:
    """Line ends inside base64 count for nothing."""
    wrapped = '"' + A[:60] + "\\n" + A[60:] + '"'
    assert compare([_version(_items(a=A))], [_version(_items(a=wrapped))]) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "template: {type: a}", Change("type", Act.CHANGED, "", "Opaque", "a")),
        ("", "template: {immutable: true}", Change("immutable", Act.CHANGED, "", "false", "true")),
        ("", "template: {data: {a: b}}", Change("template entry", Act.ADDED, "a")),
        (
            "template: {data: {a: b}}",
            "template: {data: {a: c}}",
            Change("template entry", Act.CHANGED, "a"),
        ),
        (
            "template: {metadata: {name: a}}",
            "template: {metadata: {name: b}}",
            Change("template name", Act.CHANGED, "", "a", "b"),
        ),
        (
            "template: {metadata: {labels: {a: b}}}",
            "",
            Change("template label", Act.REMOVED, "a", "b"),
        ),
        (
            "",
            "template: {metadata: {annotations: {a: secret}}}",
            Change("template annotation", Act.ADDED, "a"),
        ),
        ("", f"data: {A}", Change("V1 value", Act.ADDED)),
    ],
)
def test_compare_specs(before: str, after: str, expected: Change) -> None:
    """Type, template and all; texts only where nobody would put a secret."""
    assert _changes(_version(before), _version(after)) == [expected]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("labels: {a: b}", [Change("label", Act.ADDED, "a", "", "b")]),
        ("annotations: {a: b}", [Change("annotation", Act.ADDED, "a")]),
        (
            "annotations: {sealedsecrets.bitnami.com/cluster-wide: 'true'}",
            [Change("scope", Act.CHANGED, "", "strict", "cluster-wide")],
        ),
        (f"annotations: {{{SEALING_KEYS}: x}}", []),
    ],
)
def test_compare_metadata(metadata: str, expected: list[Change]) -> None:
    """Labels, annotations and scope; the note about keys is told with the items."""
    found = compare([_version("")], [_version("", metadata=metadata)])
    assert [change for each in found for change in each.changes] == expected


def test_compare_renamed_object_is_known_by_its_ciphertext() -> None:
    """It is one object with another name, not one that came and one that went."""
    (found,) = compare([_version(_items(a=A))], [_version(_items(a=A), name="new", file="g.yaml")])
    assert found.act is Act.CHANGED
    assert found.changes == (Change("name", Act.CHANGED, "", "db", "new"),)


def test_compare_object_in_another_file_is_the_same() -> None:
    """Moving a document from file to file changes nothing of it."""
    assert compare([_version(_items(a=A))], [_version(_items(a=A), file="g.yaml")]) == []


def test_compare_same_name_in_two_files_is_told_apart() -> None:
    """A folder for each cluster: each object is compared with that of its own file."""
    before = [_version(_items(a=A), file="x"), _version(_items(a=B), file="y")]
    after = [before[1], before[0]]
    assert compare(before, after) == []


def test_compare_new_and_gone_objects_tell_their_items() -> None:
    """All of them, with their sizes."""
    labelled = _version(_items(b=B), name="new", metadata="labels: {a: b}")
    new, gone = compare([_version(_items(a=A))], [labelled])
    assert (new.act, new.before, gone.act, gone.after) == (Act.ADDED, None, Act.REMOVED, None)
    assert new.changes == (Change("item", Act.ADDED, "b", after=describe(B)),)
    assert gone.changes == (Change("item", Act.REMOVED, "a", before=describe(A)),)


def test_compare_never_shows_what_is_not_sealed() -> None:
    """A value that anyone can read is called just that."""
    (change,) = _changes(_version(_items(a="correct-horse")), _version(_items(a="battery")))
    assert (change.before, change.after) == ("not sealed", "not sealed")


_OBJECTS = st.lists(
    st.builds(
        lambda name, file, items: _version(_items(**items), name=name, file=file),
        st.sampled_from("abc"),
        st.sampled_from("xy"),
        st.dictionaries(st.sampled_from("klm"), st.sampled_from([A, B, C]), max_size=3),
    ),
    max_size=4,
    unique_by=lambda each: (each.sealed.name, each.file),
)


@given(_OBJECTS, _OBJECTS)
def test_compare_tells_every_object_once(before: list[Version], after: list[Version]) -> None:
    """What came less what went is the difference in number; order alone is no difference."""
    found = compare(before, after)
    acts = [each.act for each in found]
    assert len(after) - len(before) == acts.count(Act.ADDED) - acts.count(Act.REMOVED)
    assert compare(before, before) == []
    if len(before) < 4:  # all orders of more take too long
        assert all(not compare(before, list(order)) for order in permutations(before))
