"""Figures go into the table of their script and touch nothing else of a page."""

import pytest

from page import PageError, short, with_rows

PAGE = """# Figures

`.venv/bin/python benchmarks/one.py` - a first script.

| what | | beside |
|---|---|---|
| old | 1 s | 1.00x |
| older | 2 s | 2.00x |

Between.

`.venv/bin/python benchmarks/two.py` - another one.

| what | | budget |
|---|---|---|

The end.
"""


def test_rows_take_the_place_of_the_last_ones() -> None:
    """Head, text and the other script's table stay as they are."""
    changed = with_rows(PAGE, "benchmarks/one.py", [("new", "3 s", "")])
    old = "| old | 1 s | 1.00x |\n| older | 2 s | 2.00x |\n"
    assert changed == PAGE.replace(old, "| new | 3 s |  |\n")


def test_rows_come_into_a_table_that_had_none() -> None:
    """The table of the first measurement is a head alone."""
    changed = with_rows(PAGE, "benchmarks/two.py", [("a", "1", "2"), ("b", "3", "4")])
    assert changed == PAGE.replace("\n\nThe end", "\n| a | 1 | 2 |\n| b | 3 | 4 |\n\nThe end")


@pytest.mark.parametrize("page", ["", PAGE.partition("|---")[0]])
def test_page_without_a_table_for_the_script_is_refused(page: str) -> None:
    """A figure that would go nowhere is an error, not a silence."""
    with pytest.raises(PageError, match=r"benchmarks/one\.py"):
        with_rows(page, "benchmarks/one.py", [])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (0.0027, "0.00270"),
        (0.39, "0.390"),
        (5.2249, "5.22"),
        (67.68, "67.7"),
        (129.4, "129"),
        (14189.3, "14,189"),
    ],
)
def test_number_is_written_with_the_digits_that_count(number: float, text: str) -> None:
    """Three of them, or as many as there are before the point."""
    assert short(number) == text
