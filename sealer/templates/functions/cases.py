"""Names from one style into another: `snakecase`, `kebabcase`, `camelcase`.

A name is cut into words by the kinds of its characters; the rules where capitals and digits meet
are those of the library that the original uses (xstrings 1.5).
"""

import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from sealer.templates.function import Function, Table
from sealer.templates.functions.texts import is_space, lower_rune, upper_rune
from sealer.templates.quoting import is_raw_byte
from sealer.templates.show import decoded, decoded_lossless, lossless

_CONNECTOR, _PUNCTUATION, _CAPITALS = "connector", "punctuation", "capitals"
_LETTERS, _NUMBER, _OTHER, _NONE = "letters", "number", "other", ""
_IDEOGRAPHS = (("\u3400", "\u4d85"), ("\u4e00", "\u9fcc"), ("\U00020000", "\U0002b81d"))


def _is_connector(character: str) -> bool:
    return character in "-_" or is_space(character)


def _is_letter(character: str) -> bool:
    is_ideograph = any(first <= character <= last for first, last in _IDEOGRAPHS)
    return unicodedata.category(character)[0] == "L" and not is_ideograph


def _is_capital(character: str) -> bool:
    return unicodedata.category(character) == "Lu"


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    if _is_connector(character):
        return _CONNECTOR
    if category[0] == "P":
        return _PUNCTUATION
    if _is_capital(character):
        return _CAPITALS
    if _is_letter(character):
        return _LETTERS
    return _NUMBER if category[0] == "N" else _OTHER


class _Cell(NamedTuple):
    """A character with the bytes around it that are no UTF-8."""

    kind: str
    text: str


def _cells(text: str) -> list[_Cell]:
    """Split a text; bytes that are no UTF-8 belong to the next character, or to the last one."""
    cells: list[_Cell] = []
    lone = ""
    for character in text:
        if is_raw_byte(character) or character == "\ufffd":
            lone += character
        else:
            cells.append(_Cell(_kind(character), lone + character))
            lone = ""
    if lone:
        last = cells.pop() if cells else _Cell(_NONE, "")
        cells.append(_Cell(last.kind, last.text + lone))
    return cells


class _Words:
    """Takes one word after the other from a name."""

    def __init__(self, text: str) -> None:
        self._cells = _cells(text)
        self._at = 0

    @property
    def are_left(self) -> bool:
        """Whether another word follows."""
        return self._at < len(self._cells)

    def take(self) -> tuple[str, str]:
        """Return the kind of the next word, and the word."""
        if not self.are_left:
            return _NONE, ""
        start, kind = self._at, self._cells[self._at].kind
        self._at = self._end_of_capitals() if kind is _CAPITALS else self._end_of(kind, start)
        return kind, "".join(cell.text for cell in self._cells[start : self._at])

    def _end_of(self, kind: str, at: int) -> int:
        while at < len(self._cells) and self._cells[at].kind == kind:
            at += 1
        return at

    def _end_of_capitals(self) -> int:
        """Return the end of `HTTP` in `HTTPStatus`, and of `Status` in `StatusCode`."""
        end = self._end_of(_CAPITALS, self._at)
        if end == len(self._cells) or self._cells[end].kind != _LETTERS:
            return end
        return end - 1 if end > self._at + 1 else self._end_of(_LETTERS, end)


class _Joined:
    """Puts words together with a connector between them."""

    def __init__(self, text: str, connector: str) -> None:
        self._words = _Words(text)
        self._connector = connector
        self._parts: list[str] = []

    def run(self) -> str:
        kind, word = self._words.take()
        while self._words.are_left:
            if kind != _CONNECTOR:
                self._add(kind, word)
            before, last = kind, word
            kind, word = self._words.take()
            if before == _NUMBER:
                kind, word = self._add_letters(kind, word)
                self._connect_unless(kind, _NONE, _PUNCTUATION, _CONNECTOR)
            elif before == _CONNECTOR:
                self._add(before, last)
            elif before != _PUNCTUATION:
                kind, word = self._behind_word(kind, word)
        self._add(kind, word)
        return "".join(self._parts)

    def _behind_word(self, kind: str, word: str) -> tuple[str, str]:
        if kind != _NUMBER:
            self._connect_unless(kind, _CONNECTOR, _PUNCTUATION)
            return kind, word
        if not self._words.are_left:
            return kind, word
        number = word
        kind, word = self._words.take()
        if kind != _LETTERS:  # a number belongs to the word before it: "Bld4Floor"
            self._add(_NUMBER, number)
            self._connect_unless(kind, _CONNECTOR, _PUNCTUATION)
            return kind, word
        self._parts.append(self._connector)  # or to the small letters behind it: "HTTP2xx"
        self._add(_NUMBER, number)
        kind, word = self._add_letters(kind, word)
        self._connect_unless(kind, _NONE, _CONNECTOR, _PUNCTUATION)
        return kind, word

    def _add_letters(self, kind: str, word: str) -> tuple[str, str]:
        while kind in (_LETTERS, _NUMBER):
            self._add(kind, word)
            kind, word = self._words.take()
        return kind, word

    def _connect_unless(self, kind: str, *kinds: str) -> None:
        if kind not in kinds:
            self._parts.append(self._connector)

    def _add(self, kind: str, word: str) -> None:
        if kind in (_CONNECTOR, _CAPITALS):
            word = "".join(map(self._changed, word))
        self._parts.append(word)

    def _changed(self, character: str) -> str:
        if is_raw_byte(character):
            return "\ufffd"
        return self._connector if _is_connector(character) else lower_rune(character)


def _with(connector: str) -> Callable[[bytes], bytes]:
    return lambda text: lossless(_Joined(decoded_lossless(text), connector).run())


def _camel_case(text: bytes) -> bytes:
    name = decoded(text)
    start = next((at for at, c in enumerate(name) if not _is_connector(c)), len(name))
    if start == len(name):  # the original writes the last of them twice
        return (name + name[-1:]).encode()
    parts = [name[:start], upper_rune(name[start])]
    in_capitals = _is_capital(name[start])
    connector = ""
    for character in name[start + 1 :]:
        if _is_connector(character):
            parts.append(connector)
            connector = character
        elif connector:
            parts.append(upper_rune(character))
            connector, in_capitals = "", _is_capital(character)
        else:  # of a word in capitals, the first one stays
            in_capitals = in_capitals and _is_capital(character)
            parts.append(lower_rune(character) if in_capitals else character)
    return ("".join(parts) + connector).encode()


TABLE: Table = {
    "camelcase": Function("string", _camel_case, weight=32, steps=15),
    "kebabcase": Function("string", _with("-"), weight=64, steps=15),
    "snakecase": Function("string", _with("_"), weight=64, steps=15),
}
