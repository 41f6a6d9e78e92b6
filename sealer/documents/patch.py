"""A text is changed in places: spans are replaced, everything between them stays as it is."""

from collections.abc import Iterable
from dataclasses import dataclass

from sealer.errors import UnsafeEditError


@dataclass(frozen=True, slots=True, order=True)
class Patch:
    """What comes in the place of the text between two offsets.

    Attributes:
        start: Offset of the first character that goes.
        end: Offset behind the last one; `start` where nothing goes.
        text: What comes instead.
    """

    start: int
    end: int
    text: str = ""


def patched(text: str, patches: Iterable[Patch], start: int = 0, end: int | None = None) -> str:
    """Return a text, or the part of it between two offsets, with patches applied.

    A patch without text may lie inside of another one: what it takes out is gone anyway.

    Raises:
        UnsafeEditError: Two patches overlap otherwise.
    """
    parts: list[str] = []
    at = start
    for patch in sorted(patches):
        if patch.start < at:
            if patch.text or patch.end > at:
                raise UnsafeEditError("one change stands inside another: unsafe to edit")
            continue
        parts += (text[at : patch.start], patch.text)
        at = patch.end
    parts.append(text[at:end])
    return "".join(parts)


def newline_of(text: str) -> str:
    """Return the line end of a text: that of its first line."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"
