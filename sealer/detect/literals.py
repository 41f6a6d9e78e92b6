"""The literals in a text of nested braces, as HCL and Jsonnet are, and the keys that lead to them.

It reads no whole language: brackets, keys and the strings behind them are enough.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

_CLOSING = ("}", ")", "]")
_DEEPEST = 100


class Language(NamedTuple):
    """How a language writes its literals.

    Attributes:
        token: Its comments, texts, words and marks, each a group of that name.
        separators: What ends an entry of a mapping.
        naming: Words whose arguments name a file, a variable or a separator.
    """

    token: re.Pattern[str]
    separators: Collection[str]
    naming: Collection[str]


class Literal(NamedTuple):
    """A literal behind a key.

    Attributes:
        keys: The braces it stands in, the outermost first: where each begins, and the key in it.
        offset: Where it stands.
        said: What it says, without quotes, as written.
    """

    keys: tuple[tuple[int, str], ...]
    offset: int
    said: str

    @property
    def path(self) -> tuple[str, ...]:
        """The keys that lead to it."""
        return tuple(key for _, key in self.keys if key)


class Block(NamedTuple):
    """What a block holds.

    Attributes:
        literals: In the order of the text.
        end: Where it ends.
        is_closed: A bracket ends it, and not the text.
    """

    literals: list[Literal]
    end: int
    is_closed: bool = True


@dataclass(slots=True)
class _Frame:
    """An open bracket: what leads to it, and what has been read in it since a separator."""

    above: tuple[tuple[int, str], ...]
    start: int
    is_map: bool = True
    is_naming: bool = False
    key: str = ""
    is_value: bool = False

    @property
    def keys(self) -> tuple[tuple[int, str], ...]:
        """What leads to the entry that is read."""
        return (*self.above, (self.start, self.key)) if self.is_map else self.above


def read_block(text: str, start: int, end: int, language: Language) -> Block:
    """Read a block. Of what is nested deeper than in honest files the outer keys are known.

    Args:
        text: The whole text.
        start: Behind the brace that opens it.
        end: Where to stop, should it never be closed.
        language: Its language.
    """
    frames = [_Frame((), start)]
    found: list[Literal] = []
    before, at = "", start
    for token in language.token.finditer(text, start, end):
        if token["comment"]:
            continue
        is_part = token.start() == at
        at = token.end()
        if token["mark"] in _CLOSING:
            frames.pop()
            if not frames:
                return Block(found, at)
        elif token["mark"]:
            _mark(frames, token, before if is_part else "", language)
        else:
            found.extend(_say(frames[-1], token, before, language))
        before = token[0]
    return Block(found, end, is_closed=False)


def _mark(frames: list[_Frame], token: re.Match[str], before: str, language: Language) -> None:
    """Take an opening bracket, a separator or a sign of equality.

    Args:
        frames: What is open.
        token: The mark.
        before: The token that it follows without a blank.
        language: The language.
    """
    frame, mark = frames[-1], token[0]
    above = frame.keys if len(frames) < _DEEPEST else frame.above
    if mark == "{":
        frames.append(_Frame(above, token.start(), is_naming=frame.is_naming))
    elif mark in ("(", "["):
        is_key = len(frames) > 1 and frame.is_map and not frame.is_value
        is_subscript = mark == "[" and (before[-1:].isalnum() or before[-1:] in ("]", ")", "_"))
        is_naming = is_key or is_subscript or before == ")" or before in language.naming
        is_naming = is_naming or frame.is_naming
        frames.append(_Frame(above, token.start(), is_map=False, is_naming=is_naming))
    elif mark in ("=", ":") and frame.is_map:
        frame.is_value = True
    elif mark in language.separators and frame.is_map:
        frame.key, frame.is_value = "", False


def _say(frame: _Frame, token: re.Match[str], before: str, language: Language) -> Iterator[Literal]:
    """Take a word or string: a key, the label of a block, or a part of a value."""
    said = _content(token[0]) if token["text"] else token[0]
    if frame.is_map and not frame.is_value:
        frame.key = frame.key or said
    elif frame.is_naming or before in ("==", "!=") or before in language.naming:
        return
    elif token["text"] or said[0].isdigit() or said in ("true", "false"):
        yield Literal(frame.keys, token.start(), said)


def _content(written: str) -> str:
    """Return what a string says, without its quotes; of a heredoc, the lines between its words."""
    if written.startswith("<<"):
        return written.partition("\n")[2].rpartition("\n")[0]
    return written.strip("\"'|")
