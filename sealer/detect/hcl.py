"""The literals in a block of HCL, the language of Terraform, and the keys that lead to them.

It reads no whole file and knows no types: braces, keys and the strings behind them are enough.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

# Linear: strings end with their line, and what is never closed takes the rest once.
_TOKEN = re.compile(
    r"(?P<comment>(?:\#|//)[^\n]*+|/\*(?:(?!\*/).)*+(?:\*/)?)"
    r"|(?P<text>\"(?:\\.|\$\{(?:[^{}\"\n]|\"[^\"\n]*+\"|\{[^{}\n]*+\})*+\}|[^\"\\\n])*+\"?)"
    r"|(?P<word>[\w.*-]+)|(?P<mark>[=!<>]=|=>|[{}()\[\],=:\n])",
    re.DOTALL,
)
_CLOSING = ("}", ")", "]")
# What they are given names a file, a pattern or a separator.
_NAMING = {
    "file", "filebase64", "templatefile", "fileexists", "regex", "regexall", "replace", "split",
    "join", "trimprefix", "trimsuffix", "contains", "formatdate", "index",
}  # fmt: skip


class Literal(NamedTuple):
    """A literal behind a key.

    Attributes:
        path: The keys that lead to it, the outermost first.
        offset: Where it stands.
        said: What it says, without quotes, as written.
    """

    path: tuple[str, ...]
    offset: int
    said: str


@dataclass(slots=True)
class _Frame:
    """An open bracket: the path that leads to it, and what has been read in it since a comma."""

    path: tuple[str, ...]
    is_map: bool = True
    is_naming: bool = False
    key: str = ""
    is_value: bool = False

    @property
    def inner(self) -> tuple[str, ...]:
        return (*self.path, self.key) if self.is_map and self.key else self.path


class Block(NamedTuple):
    """What a block holds.

    Attributes:
        literals: In the order of the text.
        end: Where it ends.
    """

    literals: list[Literal]
    end: int


def read_block(text: str, start: int, end: int) -> Block:
    """Read a block.

    Args:
        text: The whole text.
        start: Behind the brace that opens it.
        end: Where to stop, should it never be closed.
    """
    frames = [_Frame(())]
    found: list[Literal] = []
    before = ""
    at = start
    for token in _TOKEN.finditer(text, start, end):
        is_part = token.start() == at
        at = token.end()
        said = token[0]
        if token["mark"]:
            if said in _CLOSING:
                frames.pop()
                if not frames:
                    return Block(found, at)
            _mark(frames, said, before if is_part else "")
        elif not token["comment"]:
            found.extend(_say(frames[-1], token, before))
        before = said if not token["comment"] else before
    return Block(found, end)


def _mark(frames: list[_Frame], mark: str, before: str) -> None:
    """Take a bracket, a comma, a line end or a sign of equality.

    Args:
        frames: What is open.
        mark: The mark.
        before: The token that it follows without a blank.
    """
    frame = frames[-1]
    if mark == "{":
        frames.append(_Frame(frame.inner, is_naming=frame.is_naming))
    elif mark in ("(", "["):
        is_subscript = mark == "[" and before[-1:] not in ("", "=", "(", "[", ",", "\n")
        is_naming = frame.is_naming or is_subscript or before in _NAMING
        frames.append(_Frame(frame.inner, is_map=False, is_naming=is_naming))
    elif mark in ("=", ":") and frame.is_map:
        frame.is_value = True
    elif mark in (",", "\n") and frame.is_map:
        frame.key, frame.is_value = "", False


def _say(frame: _Frame, token: re.Match[str], before: str) -> Iterator[Literal]:
    """Take a word or string: a key, the label of a block, or a part of a value."""
    said = token[0].strip('"') if token["text"] else token[0]
    if frame.is_map and not frame.is_value:
        frame.key = frame.key or said
    elif frame.is_naming or before in ("==", "!="):
        return
    elif token["text"] or said[0].isdigit() or said in ("true", "false"):
        yield Literal(frame.inner, token.start(), said)
