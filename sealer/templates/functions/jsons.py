"""Values to JSON and back, as Go's encoding/json writes and reads them."""

import json
import math
import re
from decimal import Decimal
from functools import partial
from typing import NoReturn

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table
from sealer.templates.limits import check_text
from sealer.templates.show import decoded, decoded_lossless, plain
from sealer.templates.values import NoList, NoMap, NoStrings, Struct, type_name

_ALWAYS = re.compile('["\\\\\x00-\x1f\u2028\u2029\udc80-\udcff]')
_WITH_HTML = re.compile('["\\\\\x00-\x1f\u2028\u2029\udc80-\udcff<>&]')
_RAW_BYTES = frozenset(map(chr, range(0xDC80, 0xDD00)))
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_DEEPEST = 100
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Unwritable(Exception):  # noqa: N818 - never leaves this module
    """JSON has no such value."""


def json_text(value: object, *, html: bool = True, indent: bool = False) -> bytes:
    """Return a value as JSON.

    Raises:
        FunctionFault: It has no such form.
    """
    try:
        return _Writer(html=html, indent=indent).text(value, 0).encode("utf-8", "replace")
    except _Unwritable as error:
        raise FunctionFault(str(error)) from None


class _Writer:
    """Writes values, with the signs of HTML escaped or not, on one line or on many."""

    def __init__(self, *, html: bool, indent: bool) -> None:
        self._escapes = _WITH_HTML if html else _ALWAYS
        self._indents = indent

    def text(self, value: object, depth: int) -> str:
        if depth > _DEEPEST:
            raise _Unwritable("json: the value is nested too deeply")
        match value:
            case None | NoList() | NoStrings() | NoMap():
                return "null"
            case bool():
                return "true" if value else "false"
            case bytes():
                return self._string(value)
            case int():
                return str(int(value))
            case float():
                return number_text(value)
            case dict():
                return self._mapping(value, depth)
            case list():
                return self._around("[]", [self.text(each, depth + 1) for each in value], depth)
            case Struct() if (text := getattr(value, "json", str)()) is not None:
                return self._string(text.encode())
        raise _Unwritable(f"json: unsupported type: {type_name(value)}")

    def _mapping(self, value: dict[bytes, object], depth: int) -> str:
        colon = ": " if self._indents else ":"
        parts = [
            f"{self._string(key)}{colon}{self.text(value[key], depth + 1)}" for key in sorted(value)
        ]
        return self._around("{}", parts, depth)

    def _around(self, brackets: str, parts: list[str], depth: int) -> str:
        check_text(sum(map(len, parts)))
        if not parts or not self._indents:
            return brackets[0] + ",".join(parts) + brackets[1]
        inner = "\n" + "  " * (depth + 1)
        return brackets[0] + inner + f",{inner}".join(parts) + "\n" + "  " * depth + brackets[1]

    def _string(self, text: bytes) -> str:
        return '"' + self._escapes.sub(_escape, decoded_lossless(text)) + '"'


def _escape(match: re.Match[str]) -> str:
    if match[0] in _RAW_BYTES:
        return "\\ufffd"
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}"


def number_text(value: float) -> str:
    """Return a number as encoding/json writes it: small and large ones with an exponent."""
    if not math.isfinite(value):
        raise _Unwritable("json: unsupported value: " + plain(value).decode())
    size = abs(value)
    exact = Decimal(repr(value))
    if size and not 1e-6 <= size < 1e21:  # noqa: PLR2004 - Go's own limits
        digits = "".join(map(str, exact.as_tuple().digits)).rstrip("0") or "0"
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        power = exact.adjusted()
        sign = "-" if value < 0 else ""
        return f"{sign}{mantissa}e{'-' if power < 0 else '+'}{abs(power)}"
    fixed = format(exact, "f")
    return fixed.rstrip("0").rstrip(".") if "." in fixed else fixed


def _silent(value: object, *, indent: bool = False) -> bytes:
    try:
        return json_text(value, indent=indent)
    except FunctionFault:
        return b""


def parsed(text: bytes) -> tuple[object, bool]:
    """Return what JSON says, and whether all of its numbers fit; one that does not is nil.

    Raises:
        FunctionFault: It is no JSON.
    """
    characters = decoded(text)
    numbers = _Numbers()
    try:
        value = json.loads(
            characters, parse_int=numbers, parse_float=numbers, parse_constant=_refuse
        )
    except json.JSONDecodeError as error:
        if error.pos >= len(characters.rstrip(" \t\r\n")) or error.msg.startswith("Unterminated"):
            raise FunctionFault("unexpected end of JSON input") from None
        raise FunctionFault("invalid character looking for beginning of value") from None
    except (ValueError, RecursionError):
        raise FunctionFault("invalid JSON") from None
    return _from_json(value), numbers.all_fit


class _Numbers:
    """Reads numbers; all are floating-point."""

    def __init__(self) -> None:
        self.all_fit = True

    def __call__(self, digits: str) -> float | None:
        value = float(digits)
        if math.isfinite(value):
            return value
        self.all_fit = False
        return None


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _from_json(value: object) -> object:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value).encode()
    if isinstance(value, list):
        return [_from_json(each) for each in value]
    if isinstance(value, dict):
        return {_from_json(key): _from_json(each) for key, each in value.items()}
    return value


def _must_parse(text: bytes) -> object:
    value, all_fit = parsed(text)
    if not all_fit:
        raise FunctionFault("json: cannot unmarshal number into Go value of type float64")
    return value


def _parsed_or_nil(text: bytes) -> object:
    try:
        return parsed(text)[0]
    except FunctionFault:
        return None


TABLE: Table = {
    "fromJson": Function("string -> any", _parsed_or_nil),
    "mustFromJson": Function("string -> any", _must_parse),
    "toJson": Function("any", _silent),
    "mustToJson": Function("any", json_text),
    "toRawJson": Function("any", partial(json_text, html=False)),
    "mustToRawJson": Function("any", partial(json_text, html=False)),
    "toPrettyJson": Function("any", partial(_silent, indent=True)),
    "mustToPrettyJson": Function("any", partial(json_text, indent=True)),
}
