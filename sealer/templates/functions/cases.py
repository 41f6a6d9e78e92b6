"""Names from one style into another: `snakecase`, `kebabcase`, `camelcase`.

A name is cut into words by the kinds of its characters; the rules where capitals and digits meet
are those of the library that the original uses (xstrings 1.5).
"""

import unicodedata
from collections.abc import Callable

from sealer.templates.function import Function, Table
from sealer.templates.functions.texts import is_space, lower_rune, upper_rune
from sealer.templates.show import decoded

_CONNECTOR, _PUNCTUATION, _CAPITALS = "connector", "punctuation", "capitals"
_LETTERS, _NUMBER, _OTHER, _NONE = "letters", "number", "other", ""
_FIRST_CJK = "\u3400"


def _is_connector(character: str) -> bool:
    return character in "-_" or is_space(character)


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] == "L" and character < _FIRST_CJK


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    if _is_connector(character):
        return _CONNECTOR
    if category[0] == "P":
        return _PUNCTUATION
    if category == "Lu":
        return _CAPITALS
    if _is_letter(character):
        return _LETTERS
    return _NUMBER if category[0] == "N" else _OTHER


class _Words:
    """Takes one word after the other from a name."""

    def __init__(self, text: str) -> None:
        self.rest = text

    def take(self) -> tuple[str, str]:
        """Return the kind of the next word, and the word."""
        if not self.rest:
            return _NONE, ""
        kind = _kind(self.rest[0])
        end = self._end_of_capitals() if kind is _CAPITALS else self._end_of(kind)
        word, self.rest = self.rest[:end], self.rest[end:]
        return kind, word

    def _end_of(self, kind: str) -> int:
        return next((at for at, c in enumerate(self.rest) if _kind(c) != kind), len(self.rest))

    def _end_of_capitals(self) -> int:
        """Return the end of `HTTP` in `HTTPStatus`, and of `Status` in `StatusCode`."""
        text = self.rest
        end = self._end_of(_CAPITALS)
        if end == len(text) or not _is_letter(text[end]):
            return end
        if end > 1:
            return end - 1
        while end < len(text) and _kind(text[end]) == _LETTERS:
            end += 1
        return end


class _Joined:
    """Puts words together with a connector between them."""

    def __init__(self, text: str, connector: str) -> None:
        self._words = _Words(text)
        self._connector = connector
        self._parts: list[str] = []

    def run(self) -> str:
        kind, word = self._words.take()
        while self._words.rest:
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
        if not self._words.rest:
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
        if kind == _CONNECTOR:
            word = self._connector * len(word)
        elif kind == _CAPITALS:
            word = "".join(map(lower_rune, word))
        self._parts.append(word)


def _with(connector: str) -> Callable[[bytes], bytes]:
    return lambda text: _Joined(decoded(text), connector).run().encode()


def _camel_case(text: bytes) -> bytes:
    name = decoded(text)
    start = next((at for at, c in enumerate(name) if not _is_connector(c)), len(name))
    if start == len(name):
        return text
    parts = [name[:start]]
    before = upper_rune(name[start])
    for character in name[start + 1 :]:
        if _is_connector(before):
            if _is_connector(character):
                parts.append(before)
            before = character if _is_connector(character) else upper_rune(character)
            continue
        parts.append(before)
        before = character
    return ("".join(parts) + before).encode()


TABLE: Table = {
    "camelcase": Function("string", _camel_case),
    "kebabcase": Function("string", _with("-")),
    "snakecase": Function("string", _with("_")),
}
