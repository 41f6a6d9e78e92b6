"""Patterns of paths: `*` stays within a folder, `**` goes through any number of them."""

import re
from collections.abc import Sequence
from functools import cache


def path_matches(path: str, pattern: str) -> bool:
    """Tell whether a path matches a pattern as a whole.

    Args:
        path: With `/` between folders, relative to the folder that the pattern is relative to.
        pattern: `*` and `?` stand for characters other than `/`, a `**` between slashes for any
            number of folders. A pattern that ends in `/` stands for all that is inside.
    """
    return _compiled(pattern).fullmatch(path) is not None


def why_never(pattern: str) -> str:
    """Return what keeps a pattern from ever matching what is meant; empty when nothing does.

    The schema of `.sealer.yaml` says the same as a regular expression.
    """
    parts = pattern.removeprefix("./").split("/")
    if "\\" in pattern:
        return "between folders stands /, on every system"
    if pattern.startswith("!"):
        return "patterns take nothing out; a file whose name begins with ! is ./!"
    if pattern.startswith("/"):
        return "paths are relative to the folder of this file"
    if ".." in parts:
        return "the files stand below the folder of this file"
    if "." in parts or "" in parts[:-1]:
        return "between two slashes stands the name of a folder"
    return ""


# Of several places where what follows a wildcard can stand, the first is as good as any, because
# the next wildcard takes in the rest. So all but the last are taken once and never given back, and
# a match takes time in proportion to path and pattern.
@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = pattern.removeprefix("./").split("/")
    if parts[-1] == "":
        parts[-1] = "**"
    ends_open = parts[-1] == "**"
    first, *others = _divided(parts, "**")
    if not others:
        return re.compile("/".join(map(_segment, first)), re.DOTALL)
    *middle, last = others
    text = "".join(map(_folder, first))
    for folders in filter(None, middle):
        text += f"(?>(?:[^/]+/)*?{''.join(map(_folder, folders))})"
    text += ".+" if ends_open else "(?:[^/]+/)*" + "/".join(map(_segment, last))
    return re.compile(text, re.DOTALL)


def _folder(part: str) -> str:
    return _segment(part) + "/"


def _segment(part: str) -> str:
    first, *others = _divided(part, "*")
    if not others:
        return _literal(first)
    *middle, last = others
    passed = "".join(f"(?>[^/]*?{_literal(piece)})" for piece in middle if piece)
    return f"{_literal(first)}{passed}[^/]*{_literal(last)}"


def _literal(characters: Sequence[str]) -> str:
    return "".join("[^/]" if each == "?" else re.escape(each) for each in characters)


def _divided(parts: Sequence[str], at: str) -> list[list[str]]:
    """Return what stands before, between and behind the occurrences of one of the parts."""
    groups: list[list[str]] = [[]]
    for part in parts:
        if part == at:
            groups.append([])
        else:
            groups[-1].append(part)
    return groups
