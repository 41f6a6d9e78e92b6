"""Parts of a text, and whether a place stands in one of them."""

from bisect import bisect_right
from collections.abc import Iterable


class Spans:
    """Any number of parts of a text, which may overlap.

    Args:
        parts: Where each begins, and where it ends.
    """

    def __init__(self, parts: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(parts):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def __contains__(self, offset: int) -> bool:
        """Tell whether a place stands in one of the parts."""
        at = bisect_right(self._starts, offset) - 1
        return at >= 0 and offset < self._ends[at]
