r"""Regular expressions as Go writes them, searched in linear time.

The rules of SOPS are such expressions, and stand in files of people whom nobody needs to trust: a
search that goes back and tries again, as Python's does, could take for ever. Here all ways through
the expression are followed side by side. Source: the syntax of Go's `regexp`; what is left out
(classes like `\p{L}`) is refused.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

_LONGEST = 1000
_MOST_STEPS = 4000
_MOST_NESTED = 50
_PERL = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f", "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~",
    "punct": r"!-/:-@\[-`{-~", "space": r"\t\n\v\f\r ", "upper": "A-Z", "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_CONTROLS = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_COUNT = re.compile(r"\{(?P<least>[0-9]{1,4})(?P<open>,(?P<most>[0-9]{0,4}))?\}")
_FLAGS = re.compile(r"\?(?P<on>[imsU]*)(?:-(?P<off>[imsU]+))?(?P<end>[:)])")
_NAME = re.compile(r"\?P?<[A-Za-z0-9_]+>")
_HEX = re.compile(r"x(?:(?P<two>[0-9A-Fa-f]{2})|\{(?P<any>[0-9A-Fa-f]{1,6})\})")
_POSIX_CLASS = re.compile(r"\[:(?P<not>\^?)(?P<name>[a-z]+):\]")
_ASSERTIONS = "AzbB"
_WORD = re.compile("[0-9A-Za-z_]")


class PatternError(ValueError):
    """This is no expression, or one that is not understood here."""


class _Step(NamedTuple):
    """A step of a program: one character, a condition, or a fork.

    Attributes:
        eats: The character that it takes; None where it takes none.
        holds: What must hold at the place; None where nothing must.
        ways: The steps that come next, relative to this one.
    """

    eats: re.Pattern[str] | None = None
    holds: Callable[[str, int], bool] | None = None
    ways: tuple[int, ...] = (1,)


_Program = list[_Step]


class Pattern:
    """An expression that can be searched for.

    Args:
        text: The expression.

    Attributes:
        size: How many steps it takes, times the length of a text, to search that.

    Raises:
        PatternError: It cannot be used.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise PatternError
        self._steps = _Parser(text).program()
        self.size = len(self._steps)

    def found_in(self, text: str) -> bool:
        """Tell whether a text holds it; the work grows with both lengths, and no faster."""
        goal = len(self._steps)
        places: set[int] = set()
        for at in range(len(text) + 1):
            reached = self._reached(places | {0}, text, at)
            if goal in reached:
                return True
            places = {
                step + 1
                for step in reached
                if at < len(text) and self._eats(step, text[at])
            }  # fmt: skip
        return False

    def _eats(self, step: int, character: str) -> bool:
        eats = self._steps[step].eats
        return eats is not None and eats.match(character) is not None

    def _reached(self, places: set[int], text: str, at: int) -> set[int]:
        """Return all steps that can be reached from some without taking a character."""
        reached: set[int] = set()
        pending = list(places)
        while pending:
            place = pending.pop()
            if place in reached:
                continue
            reached.add(place)
            if place < len(self._steps):
                step = self._steps[place]
                if step.eats is None and (step.holds is None or step.holds(text, at)):
                    pending.extend(place + way for way in step.ways)
        return reached


@lru_cache(maxsize=64)
def pattern(text: str) -> Pattern | None:
    """Return an expression that can be searched for, or None where it cannot be used."""
    try:
        return Pattern(text)
    except PatternError:
        return None


class _Parser:
    """Turns an expression into a program; every method reads one part of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def program(self) -> _Program:
        steps = self._either("")
        if self._at < len(self._text):
            raise PatternError
        return steps

    def _either(self, flags: str) -> _Program:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise PatternError
        branches = []
        while True:
            branch, flags = self._sequence(flags)
            branches.append(branch)
            if not self._take("|"):
                break
        self._depth -= 1
        steps = branches.pop()
        while branches:
            steps = _fork(branches.pop(), steps)
        return _bounded(steps)

    def _sequence(self, flags: str) -> tuple[_Program, str]:
        steps: _Program = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            part, flags = self._part(flags)
            steps += self._repeated(part)
        return steps, flags

    def _part(self, flags: str) -> tuple[_Program, str]:
        character = self._next()
        if character == "(":
            return self._group(flags)
        if character in "^$":
            return [_Step(holds=_assertion(character, flags))], flags
        if character in "*+?":
            raise PatternError
        if character == "\\" and self._peek() in _ASSERTIONS:
            return [_Step(holds=_assertion("\\" + self._next(), flags))], flags
        return [_Step(eats=_compiled(self._single(character, flags), flags))], flags

    def _single(self, character: str, flags: str) -> str:
        """Return Python's expression for one character."""
        if character == "[":
            return self._class()
        if character == ".":
            return r"[\s\S]" if "s" in flags else r"[^\n]"
        if character == "\\":
            return f"[{self._escape(in_class=False)}]"
        return re.escape(character)

    def _group(self, flags: str) -> tuple[_Program, str]:
        inner = flags
        if self._peek() == "?":
            match = _FLAGS.match(self._text, self._at)
            if match is not None:
                self._at = match.end()
                inner = "".join(set(flags + match["on"]) - set(match["off"] or ""))
                if match["end"] == ")":
                    return [], inner
            elif match := _NAME.match(self._text, self._at):
                self._at = match.end()
            else:
                raise PatternError
        steps = self._either(inner)
        if not self._take(")"):
            raise PatternError
        return steps, flags

    def _repeated(self, part: _Program) -> _Program:
        least, most = 1, 1
        count = _COUNT.match(self._text, self._at)
        if self._take("*"):
            least, most = 0, -1
        elif self._take("+"):
            least, most = 1, -1
        elif self._take("?"):
            least, most = 0, 1
        elif count is not None:
            self._at = count.end()
            least = int(count["least"])
            most = least if not count["open"] else int(count["most"] or -1)
        else:
            return part
        self._take("?")  # as few as possible: no difference to whether there is one
        if self._peek() in ("*", "+", "?"):
            raise PatternError
        return _times(part, least, most)

    def _class(self) -> str:
        parts = ["[^" if self._take("^") else "["]
        is_first = True
        while is_first or self._peek() != "]":
            posix = _POSIX_CLASS.match(self._text, self._at)
            if posix is not None:
                if posix["not"] or posix["name"] not in _POSIX:
                    raise PatternError
                self._at = posix.end()
                parts.append(_POSIX[posix["name"]])
            else:
                character = self._next()
                is_plain = character not in "\\-"
                parts.append(
                    re.escape(character) if is_plain else "-" if character == "-" else
                    self._escape(in_class=True)
                )  # fmt: skip
            is_first = False
        self._at += 1
        return "".join(parts) + "]"

    def _escape(self, *, in_class: bool) -> str:
        """Return what stands for an escape within brackets."""
        character = self._peek()
        if hexadecimal := _HEX.match(self._text, self._at):
            self._at = hexadecimal.end()
            return re.escape(_character(hexadecimal["two"] or hexadecimal["any"]))
        self._at += 1
        if character in _PERL:
            return _PERL[character]
        if character.lower() in _PERL and not in_class:
            return "^" + _PERL[character.lower()]
        if character in _CONTROLS:
            return re.escape(_CONTROLS[character])
        if not character or (character.isascii() and character.isalnum()):
            raise PatternError
        return "\\" + character

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise PatternError
        self._at += 1
        return self._text[self._at - 1]

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> bool:
        is_there = self._peek() == character
        self._at += is_there
        return is_there


def _fork(first: _Program, second: _Program) -> _Program:
    to_second, over_second = len(first) + 2, len(second) + 1
    return [_Step(ways=(1, to_second)), *first, _Step(ways=(over_second,)), *second]


def _times(part: _Program, least: int, most: int) -> _Program:
    """Return a part so many times; -1 is any number."""
    if (most != -1 and (most < least or most > _LONGEST)) or least > _LONGEST:
        raise PatternError
    steps: _Program = []
    for _ in range(least):
        steps = _bounded(steps + part)
    if most == -1:
        size = len(part)
        return [*steps, _Step(ways=(1, size + 2)), *part, _Step(ways=(-size - 1,))]
    for _ in range(most - least):
        steps = _bounded([*steps, _Step(ways=(1, len(part) + 1)), *part])
    return steps


def _bounded(steps: _Program) -> _Program:
    if len(steps) > _MOST_STEPS:
        raise PatternError
    return steps


def _assertion(written: str, flags: str) -> Callable[[str, int], bool]:
    by_line = "m" in flags
    match written:
        case "^" | "\\A":
            return _at_line_start if by_line and written == "^" else _at_start
        case "$" | "\\z":
            return _at_line_end if by_line and written == "$" else _at_end
        case "\\b":
            return _at_word_edge
        case _:
            return lambda text, at: not _at_word_edge(text, at)


def _at_start(_: str, at: int) -> bool:
    return at == 0


def _at_end(text: str, at: int) -> bool:
    return at == len(text)


def _at_line_start(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] == "\n"


def _at_line_end(text: str, at: int) -> bool:
    return at == len(text) or text[at] == "\n"


def _at_word_edge(text: str, at: int) -> bool:
    before = at > 0 and _WORD.match(text[at - 1]) is not None
    after = at < len(text) and _WORD.match(text[at]) is not None
    return before != after


def _character(digits: str) -> str:
    try:
        return chr(int(digits, 16))
    except ValueError:
        raise PatternError from None


@lru_cache(maxsize=512)
def _single_character(written: str, *, fold: bool) -> re.Pattern[str]:
    try:
        return re.compile(written, re.IGNORECASE if fold else re.NOFLAG)
    except re.error:
        raise PatternError from None


def _compiled(written: str, flags: str) -> re.Pattern[str]:
    return _single_character(written, fold="i" in flags)
