"""Does one text repeat a part of another, as it is or in base64? Asked before a text is shown."""

import re
from collections.abc import Iterator

from sealer.detect.values import decoded

# What is shorter says nothing about a value, unless it is all of it.
_LENGTH = 4
# Linear: no character is looked at for two runs.
_BASE64 = re.compile(r"[A-Za-z0-9+/]{4,}+={0,2}")
_WORD = re.compile(r"[^\W_]+")
_MOST_LAYERS = 3


def share_a_part(text: str, value: str) -> bool:
    """Tell whether a text and a value have four letters or digits in a row in common.

    Case, and all that stands between letters, is passed over. What base64 holds counts as well, on
    both sides. A shorter value is looked for as a word.

    Args:
        text: A short text.
        value: A value of any length.
    """
    words = {word.casefold() for word in _WORD.findall(text)}
    parts = {part for form in _forms(text) for part in _parts(form)}
    return any(form in words or any(part in form for part in parts) for form in _forms(value))


def _parts(text: str) -> Iterator[str]:
    return (text[at : at + _LENGTH] for at in range(len(text) - _LENGTH + 1))


def _forms(text: str) -> Iterator[str]:
    """Yield the letters and digits of a text, and those of what its runs of base64 hold."""
    for _ in range(_MOST_LAYERS + 1):
        yield "".join(_WORD.findall(text)).casefold()
        inner = [decoded(text), *(decoded(run) for run in _BASE64.findall(text))]
        text = "\n".join(each.decode(errors="replace") for each in inner if each)
        if not text:
            break
