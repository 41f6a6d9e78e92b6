"""A template's text is cut into tokens: plain text, and the words and signs between `{{` and `}}`.

Source: the lexical rules of Go's text/template, with its messages where the text is at fault.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from sealer.templates.faults import ParseFault
from sealer.templates.quoting import go_character, go_quote, is_printable

LEFT, RIGHT = "{{", "}}"
_COMMENT_OPEN, _COMMENT_CLOSE = "/*", "*/"
_SPACES = " \t\r\n"
_DIGITS = "0123456789_"
_HEX = "0123456789abcdefABCDEF_"
_BASES = {"xX": _HEX, "oO": "01234567_", "bB": "01_"}
_SHOWN = 10
_TERMINATORS = frozenset(".,|:)(")


class Kind(Enum):
    """What a token is."""

    TEXT = "text"
    LEFT = "left delimiter"
    RIGHT = "right delimiter"
    SPACE = "space"
    CHARACTER = "character"
    CHARACTER_CONSTANT = "character constant"
    NUMBER = "number"
    COMPLEX = "complex"
    STRING = "string"
    BOOL = "bool"
    FIELD = "field"
    VARIABLE = "variable"
    IDENTIFIER = "identifier"
    PIPE = "|"
    ASSIGN = "="
    DECLARE = ":="
    OPEN = "("
    CLOSE = ")"
    END_OF_TEXT = "EOF"
    FAULT = "fault"
    DOT = "."
    NIL = "nil"
    BLOCK = "block"
    BREAK = "break"
    CONTINUE = "continue"
    DEFINE = "define"
    ELSE = "else"
    END = "end"
    IF = "if"
    RANGE = "range"
    TEMPLATE = "template"
    WITH = "with"


KEYWORDS = frozenset(
    (
        *(Kind.DOT, Kind.NIL, Kind.BLOCK, Kind.BREAK, Kind.CONTINUE, Kind.DEFINE, Kind.ELSE),
        *(Kind.END, Kind.IF, Kind.RANGE, Kind.TEMPLATE, Kind.WITH),
    )
)
_WORDS = {kind.value: kind for kind in KEYWORDS if kind is not Kind.DOT}
_SIGNS = {"=": Kind.ASSIGN, "|": Kind.PIPE, "(": Kind.OPEN, ")": Kind.CLOSE}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a template.

    Attributes:
        kind: What it is.
        at: Where it begins, in characters.
        text: As it is written; of a fault, what is wrong.
        line: Counted from 1.
    """

    kind: Kind
    at: int
    text: str
    line: int

    def __str__(self) -> str:
        """Return the token as it is called in messages."""
        if self.kind is Kind.END_OF_TEXT:
            return "EOF"
        if self.kind is Kind.FAULT:
            return self.text
        if self.kind in KEYWORDS:
            return f"<{self.text}>"
        shown = go_quote(self.text[:_SHOWN])  # of characters; what is long is counted in bytes
        return f"{shown}..." if len(self.text.encode()) > _SHOWN else shown


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a template; a fault ends them."""
    lexer = _Lexer(text)
    try:
        yield from lexer.run()
    except ParseFault as fault:
        yield Token(Kind.FAULT, lexer.start, fault.message, lexer.line_of(lexer.start))


def is_alphanumeric(character: str) -> bool:
    """Tell whether a character may stand in a name."""
    return character == "_" or unicodedata.category(character or "\0") in (
        *("Lu", "Ll", "Lt", "Lm", "Lo"),
        "Nd",
    )


class _Lexer:
    """Walks through the text; `start` is where the present token begins."""

    def __init__(self, text: str) -> None:
        self.start = 0
        self._text = text
        self._at = 0
        self._open = 0
        self._counted, self._line = 0, 1

    def line_of(self, at: int) -> int:
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def run(self) -> Iterator[Token]:
        skips = False  # the last action ended with a trim marker
        while True:
            found = self._text.find(LEFT, self._at)
            end = len(self._text) if found < 0 else found
            trims = found >= 0 and self._has_left_marker(found + len(LEFT))
            yield from self._plain_text(end, skips=skips, trims=trims)
            if found < 0:
                self.start = end
                yield self._token(Kind.END_OF_TEXT)
                return
            self.start = self._at = found
            inside = found + len(LEFT) + 2 * trims
            if self._text.startswith(_COMMENT_OPEN, inside):
                skips = self._comment(inside)
                continue
            self._at = found + len(LEFT)
            yield self._token(Kind.LEFT)
            self._at = self.start = inside
            yield from self._action()
            skips = self._take_right_delimiter()
            yield Token(Kind.RIGHT, self.start, RIGHT, self.line_of(self.start))

    def _plain_text(self, end: int, *, skips: bool, trims: bool) -> Iterator[Token]:
        start = self._at
        if skips:
            while start < end and self._text[start] in _SPACES:
                start += 1
        stop = end
        if trims:
            while stop > start and self._text[stop - 1] in _SPACES:
                stop -= 1
        if stop > start:
            self.start, self._at = start, stop
            yield self._token(Kind.TEXT)
        self._at = end

    def _comment(self, inside: int) -> bool:
        self.start = inside
        end = self._text.find(_COMMENT_CLOSE, inside + len(_COMMENT_OPEN))
        if end < 0:
            raise ParseFault("unclosed comment")
        self._at = end + len(_COMMENT_CLOSE)
        if not self._at_right_delimiter():
            raise ParseFault("comment ends before closing delimiter")
        return self._take_right_delimiter()

    def _has_left_marker(self, at: int) -> bool:
        return self._text[at : at + 1] == "-" and self._text[at + 1 : at + 2] in tuple(_SPACES)

    def _has_right_marker(self, at: int) -> bool:
        return self._text[at : at + 1] in tuple(_SPACES) and self._text.startswith(
            "-" + RIGHT, at + 1
        )

    def _at_right_delimiter(self) -> bool:
        return self._text.startswith(RIGHT, self._at) or self._has_right_marker(self._at)

    def _take_right_delimiter(self) -> bool:
        """Move behind the closing delimiter; return whether it trims what follows."""
        trims = self._has_right_marker(self._at)
        self.start = self._at + 2 * trims
        self._at = self.start + len(RIGHT)
        return trims

    def _token(self, kind: Kind) -> Token:
        token = Token(kind, self.start, self._text[self.start : self._at], self.line_of(self.start))
        self.start = self._at
        return token

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _action(self) -> Iterator[Token]:
        self._open = 0
        while not self._at_right_delimiter():
            self.start = self._at
            character = self._peek()
            self._at += 1
            if not character:
                raise ParseFault("unclosed action")
            token = self._next(character)
            if token is not None:
                yield token
        if self._open:
            raise ParseFault("unclosed left paren")

    def _next(self, character: str) -> Token | None:
        match character:
            case " " | "\t" | "\r" | "\n":
                return self._space()
            case ":":
                self._at += 1
                if self._text[self._at - 1 : self._at] != "=":
                    raise ParseFault("expected :=")
                return self._token(Kind.DECLARE)
            case '"':
                return self._quoted('"', Kind.STRING, "unterminated quoted string")
            case "'":
                what = "unterminated character constant"
                return self._quoted("'", Kind.CHARACTER_CONSTANT, what)
            case "`":
                return self._raw()
            case "$":
                return self._name(Kind.VARIABLE, Kind.VARIABLE)
            case "." if self._peek() and not "0" <= self._peek() <= "9":
                return self._name(Kind.FIELD, Kind.DOT)
            case "+" | "-" | "." | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9":
                self._at -= 1
                return self._number()
        if is_alphanumeric(character):
            return self._identifier()
        return self._sign(character)

    def _space(self) -> Token | None:
        while self._peek() in tuple(_SPACES):
            self._at += 1
        if self._has_right_marker(self._at - 1):
            self._at -= 1
            if self._at == self.start:
                return None
        return self._token(Kind.SPACE)

    def _quoted(self, quote: str, kind: Kind, unterminated: str) -> Token:
        while (character := self._peek()) != quote:
            self._at += 1
            if character == "\\":
                character = self._peek()
                self._at += 1
            if character in ("", "\n"):
                raise ParseFault(unterminated)
        self._at += 1
        return self._token(kind)

    def _raw(self) -> Token:
        end = self._text.find("`", self._at)
        if end < 0:
            raise ParseFault("unterminated raw quoted string")
        self._at = end + 1
        return self._token(Kind.STRING)

    def _name(self, kind: Kind, alone: Kind) -> Token:
        """Read a field or variable behind its sign."""
        if self._at_terminator():
            return self._token(alone)
        self._run_of_names()
        return self._token(kind)

    def _identifier(self) -> Token:
        self._run_of_names()
        word = self._text[self.start : self._at]
        if word in ("true", "false"):
            return self._token(Kind.BOOL)
        return self._token(_WORDS.get(word, Kind.IDENTIFIER))

    def _run_of_names(self) -> None:
        while is_alphanumeric(self._peek()):
            self._at += 1
        if not self._at_terminator():
            raise ParseFault(f"bad character {go_character(self._peek())}")

    def _at_terminator(self) -> bool:
        character = self._peek()
        return (
            not character
            or character in _SPACES
            or character in _TERMINATORS
            or self._text.startswith(RIGHT, self._at)
        )

    def _sign(self, character: str) -> Token:
        if character == "(":
            self._open += 1
        elif character == ")":
            self._open -= 1
            if self._open < 0:
                raise ParseFault("unexpected right paren")
        elif not character.isascii() or not is_printable(character):
            raise ParseFault(f"unrecognized character in action: {go_character(character)}")
        return self._token(_SIGNS.get(character, Kind.CHARACTER))

    def _number(self) -> Token:
        kind = Kind.NUMBER
        is_good = self._scan_number()
        if is_good and self._peek() in ("+", "-"):  # complex: 1+2i
            kind = Kind.COMPLEX
            is_good = self._scan_number() and self._text[self._at - 1] == "i"
        if not is_good:
            raise ParseFault(f"bad number syntax: {go_quote(self._text[self.start : self._at])}")
        return self._token(kind)

    def _scan_number(self) -> bool:
        self._accept("+-")
        digits = _DIGITS
        if self._accept("0"):
            digits = next((of for sign, of in _BASES.items() if self._accept(sign)), _DIGITS)
        self._accept_run(digits)
        if self._accept("."):
            self._accept_run(digits)
        exponent = {_DIGITS: "eE", _HEX: "pP"}.get(digits)
        if exponent and self._accept(exponent):
            self._accept("+-")
            self._accept_run(_DIGITS)
        self._accept("i")
        if is_alphanumeric(self._peek()):
            self._at += 1
            return False
        return True

    def _accept(self, characters: str) -> bool:
        found = bool(self._peek()) and self._peek() in characters
        self._at += found
        return found

    def _accept_run(self, characters: str) -> None:
        while self._accept(characters):
            pass
