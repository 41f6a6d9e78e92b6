"""Rows of cells as a table for people."""

from collections.abc import Sequence

from sealer.cli.console import printable


def as_columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows with their columns aligned, each on a line; nothing for no rows."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in cells)
