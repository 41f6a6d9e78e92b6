"""A drawing is well-formed, and shows every point where its values say."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plot import Bars, Line, Panel, bar_chart, drawing, ticks

SVG = "{http://www.w3.org/2000/svg}"


def test_points_stand_where_their_values_are() -> None:
    """Zero is in the corner, the last tick at the other end, and half in the middle."""
    panel = Panel("a < b", "x", "y", [Line("one", [(0, 0), (50, 5), (100, 10)])])
    root = ET.fromstring(drawing([panel]))  # noqa: S314 - our own text
    circles = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in root.iter(f"{SVG}circle")]
    (x0, y0), (x1, y1), (x2, y2) = circles
    assert x0 < x2
    assert y0 > y2
    assert (x1, y1) == ((x0 + x2) / 2, (y0 + y2) / 2)
    assert "a < b" in [text.text for text in root.iter(f"{SVG}text")]


def test_panels_stand_side_by_side_and_lines_differ() -> None:
    """Each has its own place; two lines of a panel have two colours."""
    lines = [Line("one", [(1, 1)]), Line("two", [(1, 2)])]
    root = ET.fromstring(drawing([Panel("p", "x", "y", lines)] * 2))  # noqa: S314 - as above
    groups = root.findall(f"{SVG}g")
    assert len({group.attrib["transform"] for group in groups}) == 2
    assert len({circle.attrib["fill"] for circle in groups[0].iter(f"{SVG}circle")}) == 2


def test_bars_are_as_long_as_their_figures() -> None:
    """Twice the figure is twice the length, within a group; another group has its own scale."""
    seconds, sizes = Bars("s", [("a", 1.0), ("b & c", 2.0)]), Bars("MiB", [("d", 200.0)])
    root = ET.fromstring(bar_chart("t", [seconds, sizes]))  # noqa: S314 - our own text
    _, *bars = root.iter(f"{SVG}rect")
    one, two, three = (float(bar.attrib["width"]) for bar in bars)
    assert two == 2 * one
    assert three == two
    assert len({bar.attrib["y"] for bar in bars}) == 3
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"t", "s", "MiB", "a", "b & c", "d", "200"} <= set(texts)


def test_bar_of_nothing_is_no_error() -> None:
    """Zero uses of a key is a good figure."""
    assert 'width="0.0"' in bar_chart("t", [Bars("uses", [("a", 0.0)])])


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (2000, [0, 500, 1000, 1500, 2000]),
        (24, [0, 5, 10, 15, 20, 25]),
        (5.2, [0, 2, 4, 6]),
        (0.9, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    ],
)
def test_ticks_are_round(largest: float, expected: list[float]) -> None:
    """Steps are 1, 2, 2.5 or 5 times a power of ten."""
    assert ticks(largest) == pytest.approx(expected)


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_ticks_reach_over_any_value(largest: float) -> None:
    """From zero to the largest value or a little beyond, in a handful of steps."""
    found = ticks(largest)
    assert found[0] == 0
    assert found[-1] >= largest * (1 - 1e-6)
    assert found[-2] < largest
    assert len(found) <= 8
