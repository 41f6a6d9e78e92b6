"""Helps to cut a manifest out of the text around it, so that it can be read as a document.

A passage keeps its length: what belongs to the language around it becomes blanks, and what that
language fills in at run time becomes a placeholder. Every place in it is then as far from its
beginning as in the file.
"""

import re

from sealer.detect.rules import Rule
from sealer.detect.sighting import Passage

_VISIBLE = re.compile(r"[^\r\n]")
# Indented with the passage around it, a marker would be text.
_MARKER = re.compile(r"^([ \t]+)(---|\.\.\.)(?=[ \t]*$)", re.MULTILINE)
_TABS = re.compile(r"^[ \t]*\t[ \t]*", re.MULTILINE)
_SHORTEST_PLACEHOLDER = len("${x}")


def passage(rule: Rule, start: int, said: str) -> Passage:
    """Return a passage of a file.

    Args:
        rule: What is wrong where a value in it can be read.
        start: Where it begins in the file.
        said: What it says, each character at its place.
    """
    text = _MARKER.sub(r"\2\1", _without_tabs(said))
    return Passage(rule, text, ((0, start),), start + len(said))


def blank(text: str) -> str:
    """Return as many blanks as a text has characters, its line ends kept."""
    return _VISIBLE.sub(" ", text)


def placeholder(length: int, *, is_joined: bool = False) -> str:
    """Return what stands for something that the language around a manifest fills in.

    Args:
        length: Its length. One too short for a placeholder becomes blanks, which are no value.
        is_joined: It is a part of something longer, in which blanks would say nothing.
    """
    if length < _SHORTEST_PLACEHOLDER:
        return ("$" + "_" * (length - 1)) if is_joined and length > 1 else " " * length
    return "${" + "x" * (length - 3) + "}"


def _without_tabs(said: str) -> str:
    """Return a text indented with blanks, if every line that is indented begins with a tab."""
    margins = {match[0][0] for match in re.finditer(r"^[ \t](?=[ \t]*\S)", said, re.MULTILINE)}
    if margins != {"\t"}:
        return said
    return _TABS.sub(lambda match: " " * len(match[0]), said)
