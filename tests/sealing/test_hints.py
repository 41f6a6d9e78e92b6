"""The annotation that says which key sealed what: what it holds, and when it says nothing."""

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.manifest import SealedSecret
from sealer.sealing.hints import SEALING_KEYS, read_hints, updated, write_hints

FIRST = "SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SECOND = "SHA256:0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
SHORT, OTHER = FIRST[7:23], SECOND[7:23]
KEYS = st.text(min_size=1, max_size=4)
TEXTS = st.text(max_size=8)


def _sealed(items: dict[str, str], annotation: str) -> SealedSecret:
    return SealedSecret("shop", "db", items, annotations={SEALING_KEYS: annotation})


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def test_write_hints_is_compact_sorted_and_short() -> None:
    """Keys before items, both sorted, so that the same state gives the same bytes."""
    text = write_hints({"b": ("BBBB", SECOND), "a": ("AAAA", FIRST), "c": ("CCCC", SECOND)})
    other, first = json.dumps(OTHER), json.dumps(SHORT)
    second = f'"b":"{_digest("BBBB")}","c":"{_digest("CCCC")}"'
    assert text == f'{{{other}:{{{second}}},{first}:{{"a":"{_digest("AAAA")}"}}}}'


def test_write_hints_takes_a_short_fingerprint_as_it_is() -> None:
    """What was read from another annotation can be written again."""
    assert write_hints({"a": ("AAAA", SHORT)}) == write_hints({"a": ("AAAA", FIRST)})


def test_read_hints_leaves_out_what_another_tool_replaced() -> None:
    """Another ciphertext under the same item is unknown; line ends in it do not count."""
    text = write_hints({"a": ("AAAA", FIRST), "b": ("BBBB", SECOND), "gone": ("C", FIRST)})
    assert read_hints(_sealed({"a": "AA\r\nAA\n", "b": "other", "new": "D"}, text)) == {"a": SHORT}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "1",
        '"a"',
        "{",
        '{"k":1}',
        '{"k":{"a":1}}',
        '{"k":{"a":null}}',
        "[" * 100_000,
        "9" * 5000,
        '{"k":{"a":"\\ud800"}}',
    ],
)
def test_read_hints_of_junk_says_nothing(text: str) -> None:
    """Anyone may have written the annotation; it is advice and never an error."""
    assert read_hints(_sealed({"a": "AAAA"}, text)) == {}
    assert read_hints(_sealed({"a": "\ud800"}, text)) == {}


def test_read_hints_without_annotation_says_nothing() -> None:
    """Objects of other tools have none."""
    assert read_hints(SealedSecret("shop", "db", {"a": "AAAA"})) == {}


def test_read_hints_that_contradict_each_other_say_nothing() -> None:
    """Two keys cannot have sealed one value."""
    digest = _digest("AAAA")
    text = json.dumps({SHORT: {"a": digest}, OTHER: {"a": digest, "b": _digest("BBBB")}})
    assert read_hints(_sealed({"a": "AAAA", "b": "BBBB"}, text)) == {"b": OTHER}


def test_updated_follows_every_kind_of_change() -> None:
    """New values, removed and renamed items; the rest stays, stale or not."""
    before = write_hints({name: (name * 4, FIRST) for name in "abcd"})
    after = updated(
        before, values={"a": "new", "x": "XX"}, key=SECOND, removed=["b"], renamed={"c": "e"}
    )
    expected = {
        "a": ("new", SECOND),
        "x": ("XX", SECOND),
        "e": ("cccc", FIRST),
        "d": ("d" * 4, FIRST),
    }
    assert after == write_hints(expected)


def test_updated_with_values_of_an_unknown_key_forgets_them() -> None:
    """A note about the old value must not stand beside the new one."""
    before = write_hints({"a": ("AAAA", FIRST), "b": ("BBBB", FIRST)})
    assert updated(before, values={"a": "new"}) == write_hints({"b": ("BBBB", FIRST)})


def test_updated_lets_a_rename_win_over_what_stood_there() -> None:
    """The item takes its note along; one without a note leaves none behind."""
    before = write_hints({"a": ("AAAA", FIRST), "b": ("BBBB", SECOND)})
    assert updated(before, renamed={"a": "b"}) == write_hints({"b": ("AAAA", FIRST)})
    assert updated(before, renamed={"unknown": "b"}) == write_hints({"a": ("AAAA", FIRST)})
    swapped = {"b": ("AAAA", FIRST), "a": ("BBBB", SECOND)}
    assert updated(before, renamed={"a": "b", "b": "a"}) == write_hints(swapped)


@given(
    st.text()
    | st.recursive(st.none() | TEXTS, lambda inner: st.dictionaries(TEXTS, inner)).map(json.dumps)
)
def test_updated_of_anything_is_readable(text: str) -> None:
    """Whatever stood there, afterwards the annotation tells what was changed."""
    after = updated(text, values={"a": "AAAA"}, key=FIRST, removed=["b"], renamed={"c": "d"})
    assert read_hints(_sealed({"a": "AAAA"}, after)) == {"a": SHORT}
    assert updated(after) == after


@given(st.dictionaries(KEYS, st.tuples(TEXTS, st.sampled_from((FIRST, SECOND)))))
def test_read_hints_reads_what_was_written(items: dict[str, tuple[str, str]]) -> None:
    """Nothing is lost between writing and reading."""
    sealed = _sealed({item: text for item, (text, _) in items.items()}, write_hints(items))
    assert read_hints(sealed) == {item: key[7:23] for item, (_, key) in items.items()}
