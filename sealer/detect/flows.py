"""Secrets in text that does not parse, found by braces: broken or commented JSON, program text.

Where the kind is quoted, as in JSON and in programs, only quoted strings count as values: the rest
are names and calls. Where it is not, the text is YAML, and everything counts.
"""

import re
from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.objects import CORE_GROUPS, is_of_group, shown_key
from sealer.detect.rules import SECRET_IN_TEXT
from sealer.detect.sighting import Sighting
from sealer.detect.values import readable_length

# Every pattern is linear in the text: it may be hostile.
_KIND = re.compile(
    r"(?:[{\[(,]\s*+|^[ \t]*(?:-[ \t]+)*)(?P<key>[\"']?)kind(?P=key)[ \t]*:[ \t\r\n]*+"
    r"(?P<quote>[\"']?)(?P<kind>[A-Za-z]{1,40})(?P=quote)[ \t]*[,}]",
    re.IGNORECASE | re.MULTILINE,
)
_VERSION = re.compile(r"apiVersion[\"']?[ \t]*:[ \t]*[\"']?([\w./-]{1,100})")
_SECTION = re.compile(
    r"(?<![\w.-])(?P<key>[\"']?)(?P<name>data|stringData)(?P=key)[ \t]*:[ \t\r\n]*+"
    r"(?:map\[string\][\w.\[\]]{0,40}(?:\{\})?+)?+(?=[{\"'])",  # Go
    re.IGNORECASE,
)
# A string that is never closed ends with its line.
_STRING = r"\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\n]|'')*+'?"
_TOKEN = re.compile(
    rf"(?P<string>{_STRING})|(?P<comment>(?://|\#)[^\n]*)"
    r"|(?P<mark>[{}\[\],:])|(?P<word>[^\s{}\[\],:\"']+)"
)
_NOTHING = ("null", "~")


def secrets_in_flows(page: Page) -> Iterator[Sighting]:
    """Report the values of every Secret written in braces.

    Args:
        page: The document that does not parse.
    """
    text, start, end = page.text, page.start, page.end
    kinds = list(_KIND.finditer(text, start, end))
    for n, match in enumerate(kinds):
        if match["kind"].lower() not in ("secret", "secretlist") or _is_comment(text, match):
            continue
        # Where its braces are broken, everything up to its neighbours may be its own.
        first = kinds[n - 1].end() if n else start
        last = kinds[n + 1].start() if n + 1 < len(kinds) else end
        first, last = _braces(text, match.start("kind"), first, last)
        versions = [each[1] for each in _VERSION.finditer(text, first, last)]
        if versions and not any(is_of_group(version, CORE_GROUPS) for version in versions):
            continue
        # In a program, a quoted word in lower case is a kind of something else.
        if not versions and match["quote"] and match["kind"].islower():
            continue
        bare = not match["quote"]
        while section := _SECTION.search(text, first, last):
            is_base64 = section["name"].lower() == "data"
            first, entries = _entries(text, section.end(), last, bare=bare)
            for offset, stop, key, value in entries:
                length = readable_length(
                    value, is_base64=is_base64, placeholders=page.settings.placeholders
                )
                if length is not None:
                    yield Sighting(SECRET_IN_TEXT, offset, shown_key(key), length, end=stop)


def _braces(text: str, kind: int, start: int, end: int) -> tuple[int, int]:
    """Return where the braces around a kind open and close, if they do between two places."""
    opened: list[int] = []
    own = -1
    for token in _TOKEN.finditer(text, start, end):
        if own < 0 and token.start() > kind - 2:
            if not opened:
                break
            own = len(opened)
            start = opened[-1]
        if token["mark"] in ("{", "["):
            opened.append(token.start())
        elif token["mark"] in ("}", "]") and opened:
            opened.pop()
            if len(opened) < own:
                return start, token.end()
    return start, end


def _is_comment(text: str, match: re.Match[str]) -> bool:
    at = match.start("kind")
    line = text[text.rfind("\n", 0, at) + 1 : at].lstrip()
    return line.startswith(("#", "//"))


def _entries(
    text: str, start: int, end: int, *, bare: bool
) -> tuple[int, list[tuple[int, int, str, str]]]:
    """Read the braces that open at `start`, or the string that stands there.

    Args:
        text: The whole text.
        start: Where to begin.
        end: Where to stop, should the braces never close.
        bare: Take words without quotes for values too.

    Returns:
        Where reading stopped; beginning, end, key and text of each value.
    """
    found = []
    key: str | None = ""
    before, last_mark, depth = "", "", 0
    for token in _TOKEN.finditer(text, start, end):
        if token["comment"]:
            continue
        mark, written = token["mark"], token["string"] or token["word"]
        depth += (mark in ("{", "[")) - (mark in ("}", "]"))
        if mark == ":":
            key = before
        elif written and key is not None:
            if token["string"] or (bare and written not in _NOTHING):
                found.append((token.start(), token.end(), key, _unquoted(written)))
            key = None
        elif written:
            # Only what begins an entry is a key; anything else may be a part of a value.
            before = _unquoted(written) if last_mark in ("{", ",") else ""
        elif mark == "{":
            key = None
        last_mark = mark or last_mark
        if depth <= 0:
            return token.end(), found
    return end, found


def _unquoted(written: str) -> str:
    quote = written[0]
    return written[1:].removesuffix(quote) if quote in ("'", '"') else written
