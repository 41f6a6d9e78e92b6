"""Patterns of paths: `*` stays within a folder, `**` goes through any number of them."""

import re
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


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = pattern.removeprefix("./").split("/")
    if parts[-1] == "":
        parts[-1] = "**"
    *folders, last = parts
    text = "".join("(?:[^/]+/)*" if part == "**" else _segment(part) + "/" for part in folders)
    return re.compile(text + (".+" if last == "**" else _segment(last)), re.DOTALL)


def _segment(part: str) -> str:
    wild = {"*": "[^/]*", "?": "[^/]"}
    return "".join(wild.get(character, re.escape(character)) for character in part)
