"""What the values of flags may be, and what the original says about one that may not.

A message is that of Go's `strconv`, `flag` or `csv` package, or of the logging library, because
scripts and people know it.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from sealer.errors import IdentityError
from sealer.scope import Scope

_TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
_FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_UNSIGNED = re.compile(r"0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*", re.ASCII)
_OUTSIDE_32_BITS, _OUTSIDE_64_BITS = 2**31, 2**64
_SEVERITIES = {"INFO": 0, "WARNING": 1, "ERROR": 2, "FATAL": 3}
_MODULE = re.compile(r"[^=]+=-?[0-9]+", re.ASCII)
_TRACE = re.compile(r".+\.go:[1-9][0-9]*|:0|", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the value of a flag may be.

    Attributes:
        name: What the list of flags calls it; empty for a boolean.
        parse: Returns what a text means, of lists the items to add. Raises ValueError with the
            original's words.
        empty: What an empty variable of the environment stands for; None where it says nothing.
        implied: The text that a flag without a value stands for; None where one is needed.
    """

    name: str
    parse: Callable[[str], object]
    empty: object = None
    implied: str | None = None


def quote(text: str) -> str:
    """Return a text in double quotes, as messages show what somebody typed."""
    return json.dumps(text, ensure_ascii=False)


def _boolean(text: str) -> bool:
    if text not in _TRUE | _FALSE:
        raise ValueError(f"strconv.ParseBool: parsing {quote(text)}: invalid syntax")
    return text in _TRUE


def _log_boolean(text: str) -> bool:
    if text not in _TRUE | _FALSE:
        raise ValueError("parse error")
    return text in _TRUE


def _integer(text: str) -> int:
    reason = ""
    if not _INTEGER.fullmatch(text):
        reason = "invalid syntax"
    elif not -_OUTSIDE_32_BITS <= int(text) < _OUTSIDE_32_BITS:
        reason = "value out of range"
    if reason:
        raise ValueError(f"strconv.ParseInt: parsing {quote(text)}: {reason}")
    return int(text)


def _unsigned(text: str) -> int:
    if not _UNSIGNED.fullmatch(text):
        raise ValueError("parse error")
    is_old_octal = text[0] == "0" and text.isdigit()
    number = int(text, 8 if is_old_octal else 0)
    if number >= _OUTSIDE_64_BITS:
        raise ValueError("value out of range")
    return number


def _severity(text: str) -> int:
    known = _SEVERITIES.get(text.upper())
    return _integer(text) if known is None else known


def _modules(text: str) -> str:
    if not all(_MODULE.fullmatch(part) for part in text.split(",") if part):
        raise ValueError("syntax error: expect comma-separated list of filename=N")
    return text


def _trace(text: str) -> str:
    if not _TRACE.fullmatch(text):
        raise ValueError("syntax error: expect file.go:234")
    return text


def _scope(text: str) -> Scope:
    try:
        return Scope.parse(text)
    except IdentityError as error:
        raise ValueError(error.message) from None


def _comma_list(text: str) -> tuple[str, ...]:
    """Return the fields of one line of comma-separated values; quotes hold a comma."""
    if '"' not in text:
        return tuple(text.split(",")) if text else ()
    import csv

    try:
        return tuple(next(csv.reader([text], strict=True)))
    except csv.Error as error:
        raise ValueError(f"parse error on line 1: {error}") from None


TEXT = Kind("string", str, "")
BOOLEAN = Kind("", _boolean, implied="true")
COMMA_LIST = Kind("strings", _comma_list, ())
LIST = Kind("stringArray", lambda text: (text,), ())
SCOPE = Kind("string", _scope, Scope.STRICT)
LOG_BOOLEAN = Kind("", _log_boolean, implied="true")
LOG_LEVEL = Kind("Level", _integer)
LOG_MODULES = Kind("moduleSpec", _modules)
LOG_SEVERITY = Kind("severity", _severity)
LOG_SIZE = Kind("uint", _unsigned)
LOG_TRACE = Kind("traceLocation", _trace)
