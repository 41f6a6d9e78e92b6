"""A command line in the syntax of pflag, the library that kubeseal and kubectl use.

`--flag=value`, `--flag value`, `-f value`, `-fvalue`, `-f=value`; a boolean needs no value and
takes one only behind `=`; flags and other words may stand in any order; `--` ends the flags. The
last one of several wins, lists grow. The texts of errors are pflag's.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from sealer.cli.group import LITERAL_REFUSED
from sealer.cli.kubeseal.errors import FlagError
from sealer.cli.kubeseal.kinds import Kind, quote

_LITERAL = "from-literal"  # which users of kubectl will type


class HelpRequested(Exception):  # noqa: N818 - no error: somebody asks
    """The list of flags is asked for, by `-h`; nothing that comes after it counts."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag that is understood.

    Attributes:
        name: The name behind `--`.
        kind: What its value may be.
        usage: What it is for, in a sentence without a full stop.
        default: What counts when it is not given.
        short: The letter behind `-`, or nothing.
        stands_for: The flag that it sets instead of itself.
        has_variable: Whether the environment can set it.
    """

    name: str
    kind: Kind
    usage: str = ""
    default: str = ""
    short: str = ""
    stands_for: str = ""
    has_variable: bool = True

    @property
    def title(self) -> str:
        """What error messages call it: `-o, --format`."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


@dataclass
class Parsed:
    """What a command line and the environment say.

    Attributes:
        values: What was said, by the names of flags; what nobody said is not there.
        words: What is neither a flag nor its value.
        deprecated: The flags on the command line that stand for others, in order.
    """

    values: dict[str, object] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    deprecated: list[Flag] = field(default_factory=list)

    def set(self, flag: Flag, text: str) -> None:
        """Take in a value.

        Raises:
            ValueError: The flag cannot have it.
        """
        name = flag.stands_for or flag.name
        value = flag.kind.parse(text)
        if isinstance(value, tuple):
            before = self.values.get(name, ())
            value = (*before, *value) if isinstance(before, tuple) else value
        self.values[name] = value


def parse_flags(flags: Iterable[Flag], arguments: Sequence[str], parsed: Parsed) -> None:
    """Read a command line.

    Args:
        flags: What is understood.
        arguments: The command line without the program's name.
        parsed: Where to put what it says, over what stands there.

    Raises:
        FlagError: It cannot be understood.
        HelpRequested: `-h` stands in it.
    """
    _Reader(flags, arguments, parsed).read()


class _Reader:
    """Reads one word after the other; a flag may take the next one."""

    def __init__(self, flags: Iterable[Flag], arguments: Sequence[str], parsed: Parsed) -> None:
        known = tuple(flags)
        self._by_name = {flag.name: flag for flag in known}
        self._by_letter = {flag.short: flag for flag in known if flag.short}
        self._rest: Iterator[str] = iter(arguments)
        self._parsed = parsed

    def read(self) -> None:
        for word in self._rest:
            if word == "--":
                self._parsed.words.extend(self._rest)
            elif word.startswith("--"):
                self._read_name(word)
            elif word.startswith("-") and word != "-":
                self._read_letters(word[1:])
            else:
                self._parsed.words.append(word)

    def _read_name(self, word: str) -> None:
        name, has_value, value = word[2:].partition("=")
        if not name or name.startswith("-"):
            raise FlagError(f"bad flag syntax: {word}")
        flag = self._by_name.get(name)
        if flag is None:
            hint = LITERAL_REFUSED if name == _LITERAL else ""
            raise FlagError(f"unknown flag: --{name}", hint=hint)
        self._set(flag, value if has_value else self._value_of(flag, word))

    def _read_letters(self, letters: str) -> None:
        """Read `-abc`: booleans, the last of which may be another flag and its value."""
        while letters:
            letter, rest = letters[0], letters[1:]
            flag = self._by_letter.get(letter)
            if flag is None:
                _refuse_letter(letter, letters)
            if len(rest) > 1 and rest[0] == "=":
                value, rest = rest[1:], ""
            elif flag.kind.implied is not None:
                value = flag.kind.implied
            elif rest:
                value, rest = rest, ""
            else:
                value = self._value_of(flag, f"{letter!r} in -{letters}")
            self._set(flag, value)
            letters = rest

    def _value_of(self, flag: Flag, shown: str) -> str:
        if flag.kind.implied is not None:
            return flag.kind.implied
        try:
            return next(self._rest)
        except StopIteration:
            raise FlagError(f"flag needs an argument: {shown}") from None

    def _set(self, flag: Flag, text: str) -> None:
        try:
            self._parsed.set(flag, text)
        except ValueError as error:
            message = f'invalid argument {quote(text)} for "{flag.title}" flag: {error}'
            raise FlagError(message) from None
        if flag.stands_for:
            self._parsed.deprecated.append(flag)


def _refuse_letter(letter: str, letters: str) -> NoReturn:
    if letter == "h":
        raise HelpRequested
    raise FlagError(f"unknown shorthand flag: {letter!r} in -{letters}")
