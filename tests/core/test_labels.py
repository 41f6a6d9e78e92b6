"""Labels and annotations that the API server would refuse are refused before anything is sealed."""

import pytest

from sealer.errors import IdentityError
from sealer.manifest.labels import check_annotation, check_label

LONG = "a" * 63


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("a", ""),
        ("A.b_c-9", "1.2_3-X"),
        ("example.com/a", "b"),
        (LONG, LONG),
        (f"{'a' * 61}.{'b' * 61}.example.com/{LONG}", ""),
    ],
)
def test_label_that_is_legal_is_taken(key: str, value: str) -> None:
    """The key may have a DNS name in front, the value may be empty."""
    check_label(key, value)
    check_annotation(key)


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/", "a/b/c", "-a", "a-", "a b", LONG + "a", "A_B/c", f"{'a' * 254}/b", "\xe4"],
)
def test_key_that_is_not_legal_is_refused(key: str) -> None:
    """Of labels and of annotations."""
    with pytest.raises(IdentityError):
        check_label(key, "")
    with pytest.raises(IdentityError):
        check_annotation(key)


def test_annotation_may_have_capitals_in_the_name_in_front() -> None:
    """As the API server has it; a label may not."""
    check_annotation("Example.COM/a")
    with pytest.raises(IdentityError):
        check_label("Example.COM/a", "")


@pytest.mark.parametrize("value", ["-", "a b", "a=", LONG + "a", ".a", "a.", "\xe4", "a\n"])
def test_value_of_a_label_that_is_not_legal_is_refused(value: str) -> None:
    """Without the value in the message."""
    with pytest.raises(IdentityError, match="the value of label k is not legal"):
        check_label("k", value)
