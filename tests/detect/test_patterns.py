"""Expressions mean what they mean to Go, and no text keeps a search busy."""

import re
import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sealer.detect.patterns import Pattern, PatternError, pattern

_PIECES = ("a", "b", "B", "(", "|", ")", "*", "+", "?", "[ab]", "[^a]", "^", "{1,2}", ".", "(?:",
           "(?i)", r"\d", r"\w", r"\.", "-", r"\b")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found", "missing"),
    [
        ("", ["", "x"], []),
        ("data", ["data", "xdatax"], ["dat"]),
        ("^(data|stringData)$", ["data", "stringData"], ["datas", "mydata"]),
        ("(?i)pass", ["PASSWORD"], ["word"]),
        ("a(?i:b)c", ["aBc", "abc"], ["aBC"]),
        ("(?i)a(?-i)b", ["Ab"], ["AB"]),
        ("(?P<name>k)ey|(?<other>x)", ["key", "x"], ["ky"]),
        ("[[:alpha:]_]+[[:digit:]]$", ["ab_1"], ["ab_"]),
        ("[^]a]", ["b"], ["]a"]),
        ("[]a]", ["]"], ["b"]),
        (r"[\d\-]", ["-", "7"], ["a"]),
        (r"^\d{2,3}$", ["12", "123"], ["1", "1234"]),
        (r"^a{2}$", ["aa"], ["a", "aaa"]),
        (r"^a{2,}$", ["aa", "aaaa"], ["a"]),
        (r"\bkey\b", ["a key", "key"], ["keys"]),
        (r"\Ba", ["ba"], ["a"]),
        (r"\Aa\z", ["a"], ["ab", "ba"]),
        (r"\S\D\W", ["xx-"], ["xxx"]),
        (r"\x41\x{42}", ["AB"], ["ab"]),
        ("a.c", ["abc"], ["a\nc"]),
        ("(?s)a.c", ["a\nc"], ["ac"]),
        ("^b$", ["b"], ["a\nb"]),
        ("(?m)^b$", ["a\nb"], ["ab"]),
        ("a||b", ["", "z"], []),
        ("x*?y+?z??", ["y"], ["x"]),
        ("(a*)*b", ["b", "aab"], ["a"]),
        ("a{,2}", ["a{,2}"], ["aa"]),
    ],
)
def test_found_in_expression_of_go(text: str, found: list[str], missing: list[str]) -> None:
    """Each part of the syntax."""
    assert [each for each in found if not Pattern(text).found_in(each)] == []
    assert [each for each in missing if Pattern(text).found_in(each)] == []


@pytest.mark.parametrize(
    "text",
    ["(", ")", "a)", "[", "[z-a]", "*", "a**", "a++", "(?=a)", "(?!a)", "(?<=a)", r"\1", r"\q",
     r"\pL", r"[\pL]", "[[:none:]]", "[[:^alpha:]]", "a{3,2}", "a{2000}", "(a{99}){99}", "\\",
     r"[\D]", r"\x{110000}", "a" * 1001, "(" * 60 + ")" * 60, "(?", "(?i", "(?x)a"],
)  # fmt: skip
def test_pattern_that_cannot_be_used_is_refused(text: str) -> None:
    """What Go refuses, what is not understood here, and what would be too large."""
    with pytest.raises(PatternError):
        Pattern(text)
    assert pattern(text) is None


@given(st.lists(st.sampled_from(_PIECES), max_size=10).map("".join), st.text("abAB1.-", max_size=6))
def test_found_in_agrees_with_python(text: str, subject: str) -> None:
    """Where both languages have the same syntax, both find the same."""
    mine = pattern(text)
    assume(mine is not None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            other = re.compile(text, re.ASCII)
        except (re.error, FutureWarning, DeprecationWarning):
            assume(False)  # noqa: FBT003 - hypothesis has it so
    assert mine is not None
    assert mine.found_in(subject) == (other.search(subject) is not None)


@given(st.text(max_size=20))
def test_pattern_any_text_is_judged(text: str) -> None:
    """No text raises or warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mine = pattern(text)
    if mine is not None:
        mine.found_in(text)


def test_found_in_work_is_bounded_by_size_and_length() -> None:
    """What takes a search that goes back for ever takes this one as long as any other."""
    for text in ("(x+x+)+y", "(x|x)" * 30 + "y", "x?" * 60 + "x" * 60 + "y"):
        assert not Pattern(text).found_in("x" * 100)
