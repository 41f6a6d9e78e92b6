"""The values of a template, with the types that Go gives them.

A string is `bytes`, as in Go: lengths and offsets count bytes, and no encoding is assumed. Plain
Python types stand for Go's most common ones, and the classes here for the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable


class Int64(int):
    """An `int64`; a plain `int` is Go's `int`."""


class Uint64(int):
    """A `uint64`."""


class Uint8(int):
    """A `uint8`, a byte of a string."""


class Int32(int):
    """An `int32`, a character."""


class Strings(list[bytes]):
    """A `[]string`; a plain list is a `[]interface {}`."""


class Ints(list[int]):
    """A `[]int`."""


class Lists(list[list[object]]):
    """A `[][]interface {}`."""


class NoList(list[object]):
    """A `[]interface {}` that is nil: empty, and null in JSON."""


class NoStrings(Strings):
    """A `[]string` that is nil: empty, and null in JSON."""


class NoMap(dict[bytes, object]):
    """A `map[string]interface {}` that is nil: empty, null in JSON, and nothing can be put in."""


class StringMap(dict[bytes, bytes]):
    """A `map[string]string`; a plain dict is a `map[string]interface {}`."""


@runtime_checkable
class Struct(Protocol):
    """A value of a type of its own, with fields and methods that templates may use."""

    type_name: str

    def __bytes__(self) -> bytes:
        """Return what Go's `String` method returns."""

    def member(self, name: str) -> object:
        """Return a field, or a method without arguments; INVALID when there is none."""


class Mark(Enum):
    """Values that are none.

    Attributes:
        INVALID: Nothing at all: a key that a map does not have.
        MISSING: No value came through the pipeline.
    """

    INVALID = "invalid"
    MISSING = "missing"


INVALID, MISSING = Mark.INVALID, Mark.MISSING


@dataclass(frozen=True, slots=True)
class Interface:
    """A value that Go knows as an `interface {}` only; a None in it is nil."""

    value: object


_INTEGERS: Mapping[type, str] = {
    int: "int",
    Int64: "int64",
    Uint64: "uint64",
    Uint8: "uint8",
    Int32: "int32",
}
_TYPES: Mapping[type, str] = {
    **_INTEGERS,
    bytes: "string",
    bool: "bool",
    float: "float64",
    complex: "complex128",
    list: "[]interface {}",
    Strings: "[]string",
    Ints: "[]int",
    Lists: "[][]interface {}",
    NoList: "[]interface {}",
    NoStrings: "[]string",
    dict: "map[string]interface {}",
    NoMap: "map[string]interface {}",
    StringMap: "map[string]string",
    type(None): "<nil>",
}


def concrete(value: object) -> object:
    """Return what is inside of an interface; INVALID for nil."""
    if isinstance(value, Interface):
        return INVALID if value.value is None else value.value
    return INVALID if value is None else value


def bare(value: object) -> object:
    """Return a value for a function that takes anything: nothing at all is nil there."""
    value = value.value if isinstance(value, Interface) else value
    return None if value is INVALID else value


def type_name(value: object) -> str:
    """Return the name of a value's Go type."""
    if isinstance(value, Interface):
        return "interface {}"
    return _TYPES.get(type(value)) or str(getattr(value, "type_name", "<nil>"))


def kind_name(value: object) -> str:
    """Return the name of a value's Go kind, as `kindOf` gives it."""
    if isinstance(value, list):
        return "slice"
    if isinstance(value, dict):
        return "map"
    if value is None or value is INVALID:
        return "invalid"
    if isinstance(value, Struct):
        return str(getattr(value, "kind_name", "struct"))
    return type_name(value)


def is_integer(value: object) -> bool:
    """Tell whether a value is of one of Go's integer types."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_loose(values: object) -> bool:
    """Tell whether Go knows the parts of a list or mapping as `interface {}` only."""
    return type(values) in (list, NoList, dict, NoMap)


def is_nil(value: object) -> bool:
    """Tell whether a value is nil, or nothing at all."""
    return value is None or value is INVALID or isinstance(value, NoList | NoStrings | NoMap)


def truth(value: object) -> bool:
    """Tell whether a value counts as true: not zero, not empty, not nil."""
    value = concrete(value)
    if value is INVALID or value is MISSING:
        return False
    if isinstance(value, Struct):
        return True
    return bool(value)


def wrapped(value: int, bits: int = 64) -> int:
    """Return an integer after the overflow that a signed type of so many bits has."""
    half = 1 << (bits - 1)
    return (value + half) % (1 << bits) - half
