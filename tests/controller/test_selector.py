"""Label selectors: what kubectl takes is taken, with the same meaning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer_controller.selector import (
    check_label_key,
    check_label_value,
    parse_selector,
)

LABELS = {"app": "db", "tier": "back", "example.com/empty": ""}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        (" ", True),
        ("app", True),
        ("!app", False),
        ("! missing", True),
        ("missing", False),
        ("app=db", True),
        ("app==db", True),
        ("app = db", True),
        ("app=web", False),
        ("app!=web", True),
        ("app != db", False),
        ("missing!=x", True),
        ("missing=", False),
        ("example.com/empty=", True),
        ("app in (db, web)", True),
        ("app in(web)", False),
        ("app notin (db)", False),
        ("missing notin (db)", True),
        ("app=db,tier=back", True),
        ("app=db , tier=front", False),
        ("app,!missing,tier in (back,front)", True),
        ("in=x", False),
        ("in", False),
    ],
)
def test_selector_means_what_it_means_to_kubernetes(text: str, *, matches: bool) -> None:
    """Every requirement must hold; an absent label has no value."""
    selector = parse_selector(text)
    assert selector.matches(LABELS) is matches
    assert str(selector) == text


@pytest.mark.parametrize(
    "text",
    [
        ",",
        "app,",
        "app,,tier",
        "=db",
        "app=db tier=back",
        "app=a=b",
        "app in db",
        "app in (db",
        "app in ((db))",
        "-app",
        "app=-db",
        "app=" + "x" * 64,
        "a/b/c",
        "UPPER.com/x",
        "x" * 64,
        "a." * 127 + "/x",
        "(app)",
        "!",
        "app=!x",
    ],
)
def test_what_is_no_selector_is_refused(text: str) -> None:
    """At the start, and not by an API server that answers 400 for ever."""
    with pytest.raises(ValueError, match="is no label"):
        parse_selector(text)


@given(st.text(alphabet="ab!=,()in /\t", max_size=30))
def test_junk_is_a_selector_or_refused(text: str) -> None:
    """No text raises anything else."""
    try:
        parse_selector(text).matches({"a": "b"})
    except ValueError:
        return


NAMES = st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?", fullmatch=True)


@given(NAMES, NAMES, NAMES)
def test_every_legal_label_can_be_selected(key: str, value: str, other: str) -> None:
    """What is written as a requirement selects exactly the objects with that label."""
    check_label_key(key)
    check_label_value(value)
    for text in (f"{key}={value}", f"{key} in ({value})", f"{key} in ({other},{value})"):
        assert parse_selector(text).matches({key: value})
    assert parse_selector(f"{key}!={value}").matches({key: other}) is (value != other)
    assert parse_selector(f"!{key}").matches({}) is True
