"""Put measured figures into a page of the documentation, in the place of the last ones.

A section of such a page names its script, and the next table is the script's.
"""

import re
from collections.abc import Sequence
from math import floor, log10

_RULE = re.compile(r"\|[-|]+\|")


class PageError(Exception):
    """The page has no table for these figures; the message says what was looked for."""


def with_rows(page: str, script: str, rows: Sequence[Sequence[str]]) -> str:
    """Return the page with the rows of a script's table replaced; its head stays.

    Args:
        page: The text of the page.
        script: As the page names it, such as `benchmarks/startup.py`.
        rows: The cells of each row.

    Raises:
        PageError: The page does not name the script, or has no table behind its name.
    """
    lines = page.split("\n")
    command = f"`.venv/bin/python {script}`"
    named = next((at for at, line in enumerate(lines) if command in line), len(lines))
    rule = next((at for at, line in enumerate(lines) if at > named and _RULE.fullmatch(line)), None)
    if rule is None:
        raise PageError(f"there is no table behind {command}")
    end = rule + 1
    while end < len(lines) and lines[end].startswith("|"):
        end += 1
    table = ["| " + " | ".join(cell.strip() for cell in cells) + " |" for cells in rows]
    return "\n".join([*lines[: rule + 1], *table, *lines[end:]])


def short(number: float) -> str:
    """Return a number with three digits that count, or all those before the point."""
    size = floor(log10(abs(number))) if number else 2
    return f"{number:,.{max(0, 2 - size)}f}"
