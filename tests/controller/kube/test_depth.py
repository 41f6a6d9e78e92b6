"""Deep nesting is cut off by a scan that does not recurse."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sealer_controller.kube.depth import MARK, cut

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def pruned(value: Any, depth: int) -> Any:  # noqa: ANN401 - JSON
    """The same as `cut`, by recursion on the value."""
    if isinstance(value, list | dict) and depth == 0:
        return json.loads(MARK)
    if isinstance(value, list):
        return [pruned(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {key: pruned(item, depth - 1) for key, item in value.items()}
    return value


@given(_JSON, st.integers(min_value=0, max_value=5))
def test_cut_replaces_exactly_what_is_below_the_depth(value: Any, depth: int) -> None:  # noqa: ANN401 - JSON
    """Brackets and quotes inside strings count for nothing."""
    found = json.loads(cut(json.dumps(value).encode(), depth))
    assert found == pruned(value, depth)


@given(st.binary())
def test_cut_takes_any_bytes(text: bytes) -> None:
    """It is run on what a decoder has given up on, whatever that is."""
    cut(text, 2)


def test_cut_leaves_shallow_text_alone() -> None:
    """Every byte of it, blanks and order included."""
    text = b' {"a" : [1, {"b": "]}\\"["}] } '
    assert cut(text) == text


def test_cut_of_a_hundred_thousand_brackets_is_short() -> None:
    """The case it is for: valid and unclosed."""
    assert cut(b"[" * 100_000 + b"]" * 100_000, 1) == b"[" + MARK + b"]"
    assert cut(b"[" * 100_000, 1) == b"["
