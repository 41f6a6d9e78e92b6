"""A value is bound to its place by scope, namespace and name, and by nothing ambiguous."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.errors import IdentityError
from sealer.scope import (
    CLUSTER_WIDE_ANNOTATION,
    NAMESPACE_WIDE_ANNOTATION,
    Identity,
    Scope,
    is_item_key,
)

LEGAL = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("", Scope.STRICT),
        ("strict", Scope.STRICT),
        ("namespace-wide", Scope.NAMESPACE_WIDE),
        ("cluster-wide", Scope.CLUSTER_WIDE),
    ],
)
def test_scope_parse_known_name_gives_the_scope(text: str, scope: Scope) -> None:
    """The three names are known, and nothing means strict."""
    assert Scope.parse(text) is scope


@pytest.mark.parametrize("text", ["Strict", "cluster", "global", " strict", "namespace_wide"])
def test_scope_parse_unknown_name_is_refused_with_the_originals_text(text: str) -> None:
    """The message lists what is possible."""
    with pytest.raises(IdentityError) as caught:
        Scope.parse(text)
    assert caught.value.message == "must be one of: strict, namespace-wide, cluster-wide"


@pytest.mark.parametrize(
    ("annotations", "scope"),
    [
        ({}, Scope.STRICT),
        ({NAMESPACE_WIDE_ANNOTATION: "true"}, Scope.NAMESPACE_WIDE),
        ({CLUSTER_WIDE_ANNOTATION: "true"}, Scope.CLUSTER_WIDE),
        (
            {NAMESPACE_WIDE_ANNOTATION: "true", CLUSTER_WIDE_ANNOTATION: "true"},
            Scope.CLUSTER_WIDE,
        ),
        ({CLUSTER_WIDE_ANNOTATION: "True"}, Scope.STRICT),
        ({CLUSTER_WIDE_ANNOTATION: "TRUE"}, Scope.STRICT),
        ({CLUSTER_WIDE_ANNOTATION: "false"}, Scope.STRICT),
        ({CLUSTER_WIDE_ANNOTATION: ""}, Scope.STRICT),
        ({"sealedsecrets.bitnami.com/scope": "cluster-wide"}, Scope.STRICT),
    ],
)
def test_scope_of_annotations_needs_exactly_true(annotations: dict[str, str], scope: Scope) -> None:
    """Only the exact text counts, and the wider scope wins."""
    assert Scope.of(annotations) is scope


@given(st.sampled_from(Scope), st.sampled_from(Scope))
def test_scope_annotate_replaces_any_other_scope(before: Scope, after: Scope) -> None:
    """An explicit scope takes other marks away and leaves other annotations alone."""
    annotations = after.annotate({"owner": "team", **before.annotations})
    assert Scope.of(annotations) is after
    assert annotations == {"owner": "team", **after.annotations}


@pytest.mark.parametrize(
    ("scope", "label"),
    [
        (Scope.STRICT, b"myns/myname"),
        (Scope.NAMESPACE_WIDE, b"myns"),
        (Scope.CLUSTER_WIDE, b""),
    ],
)
def test_identity_label_is_the_originals(scope: Scope, label: bytes) -> None:
    """The label is what compat.md 1.2 says, byte for byte."""
    assert Identity(scope, "myns", "myname").label == label


@given(LEGAL, LEGAL, LEGAL, LEGAL)
def test_identity_label_of_different_strict_places_differs(
    first: str, second: str, third: str, fourth: str
) -> None:
    """No two legal places share a label."""
    one, other = Identity(Scope.STRICT, first, second), Identity(Scope.STRICT, third, fourth)
    assert (one.label == other.label) == (one == other)


@pytest.mark.parametrize("scope", [Scope.STRICT, Scope.NAMESPACE_WIDE])
@pytest.mark.parametrize("namespace", ["", "a/b", "A", "a.b", "-a", "a-", "a" * 64, "a\n", "ä"])
def test_identity_label_illegal_namespace_is_refused(scope: Scope, namespace: str) -> None:
    """A namespace that Kubernetes refuses never becomes a label."""
    with pytest.raises(IdentityError):
        _ = Identity(scope, namespace, "name").label


@pytest.mark.parametrize("name", ["", "b/c", "A", ".a", "a.", "a..b", "a" * 254, "a\n", "a b"])
def test_identity_label_illegal_name_is_refused(name: str) -> None:
    """A name that Kubernetes refuses never becomes a label."""
    with pytest.raises(IdentityError):
        _ = Identity(Scope.STRICT, "ns", name).label


def test_identity_label_cluster_wide_needs_no_place() -> None:
    """Nothing is bound, so nothing is demanded."""
    assert Identity(Scope.CLUSTER_WIDE, "", "").label == b""


def test_identity_error_shortens_long_names() -> None:
    """A message stays readable whatever was given."""
    with pytest.raises(IdentityError) as caught:
        _ = Identity(Scope.STRICT, "ns", "x" * 10_000).label
    assert len(caught.value.message) < 120


@pytest.mark.parametrize("key", ["tls.crt", "a", "A_b-c.d", "...a"[2:], "0", "a" * 253])
def test_is_item_key_legal_key_passes(key: str) -> None:
    """What Kubernetes accepts as a data key passes."""
    assert is_item_key(key)


@pytest.mark.parametrize("key", ["", "a b", "a/b", "ä", ".", "..", "..a", "a" * 254, "a\n"])
def test_is_item_key_illegal_key_does_not(key: str) -> None:
    """What Kubernetes refuses as a data key does not."""
    assert not is_item_key(key)
