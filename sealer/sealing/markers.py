"""Two versions of a text as one, with conflict markers around the lines that differ."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from sealer.documents.patch import newline_of

OURS, THEIRS = "ours", "theirs"


def marked(ours: str, theirs: str, size: int) -> str:
    """Return both versions in one text, as git writes a conflict.

    Args:
        ours: One version.
        theirs: The other one.
        size: How many characters a marker has.
    """
    line_end = newline_of(ours)
    before, after = (_lines(text, line_end) for text in (ours, theirs))
    start, end = _same_around(before, after)
    mine, other = before[start : len(before) - end], after[start : len(after) - end]
    parts = before[:start]
    for tag, i, j, k, n in SequenceMatcher(None, mine, other, autojunk=False).get_opcodes():
        if tag == "equal":
            parts += mine[i:j]
        else:
            parts += (f"{'<' * size} {OURS}{line_end}", *mine[i:j], f"{'=' * size}{line_end}")
            parts += (*other[k:n], f"{'>' * size} {THEIRS}{line_end}")
    return "".join((*parts, *before[len(before) - end :]))


def _lines(text: str, line_end: str) -> list[str]:
    lines = text.split("\n")
    *whole, last = lines
    # A marker stands on a line of its own, also behind a last line without an end.
    return [f"{line}\n" for line in whole] + ([last + line_end] if last else [])


def _same_around(ours: Sequence[str], theirs: Sequence[str]) -> tuple[int, int]:
    """Return how many lines are the same at the beginning and at the end."""
    shorter = min(len(ours), len(theirs))
    pairs = zip(ours, theirs, strict=False)
    start = next((at for at, (mine, other) in enumerate(pairs) if mine != other), shorter)
    rest = shorter - start
    backwards = zip(reversed(ours), reversed(theirs), strict=False)
    end = next((at for at, (mine, other) in enumerate(backwards) if mine != other), rest)
    return start, min(end, rest)
