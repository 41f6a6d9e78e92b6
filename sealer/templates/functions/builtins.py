"""The functions that Go's text/template itself has."""

from functools import partial

from sealer.templates.faults import FunctionFault
from sealer.templates.formatting import formatted
from sealer.templates.function import Function, Table
from sealer.templates.quoting import is_printable, is_raw_byte
from sealer.templates.show import (
    NO_VALUE,
    decoded_lossless,
    lossless,
    printed,
    printed_line,
)
from sealer.templates.values import (
    INVALID,
    Interface,
    Uint8,
    concrete,
    is_integer,
    is_loose,
    is_nil,
    kind_name,
    truth,
    type_name,
)

_ZERO_VALUE = "reflect: call of reflect.Value.Type on zero Value"
_HTML = {"'": "&#39;", '"': "&#34;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "\0": "\ufffd"}
_SCRIPT = {"\\": "\\\\", "'": "\\'", '"': '\\"'}
_SCRIPT |= {sign: f"\\u{ord(sign):04X}" for sign in "<>&="}
_DELETE = "\x7f"  # the one control character that stays in a script
_PLAIN_IN_QUERY = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


def _length(value: object) -> int:
    if value is INVALID:
        raise FunctionFault(_ZERO_VALUE)
    if not isinstance(value, bytes | list | dict):
        raise FunctionFault(f"len of type {type_name(value).removeprefix('*')}")
    return len(value)


def _index(value: object, *keys: object) -> object:
    if value is INVALID:
        raise FunctionFault("index of untyped nil")
    for key in keys:
        value = value.value if isinstance(value, Interface) else value
        if value is None:
            raise FunctionFault("index of nil pointer")
        value = _at(value, key)
    return value


def _at(value: object, key: object) -> object:
    if isinstance(value, dict):
        if not isinstance(key, bytes):
            what = "value is nil; should be of type string"
            raise FunctionFault(
                what if key is INVALID else f"value has type {type_name(key)}; should be string"
            )
        if is_loose(value):
            return Interface(value.get(key))
        return value.get(key, b"")
    if not isinstance(value, bytes | list):
        raise FunctionFault(f"can't index item of type {type_name(value)}")
    if not is_integer(key) or not isinstance(key, int):
        what = "nil" if key is INVALID else f"type {type_name(key)}"
        raise FunctionFault(f"cannot index slice/array with {what}")
    if not 0 <= key < len(value):
        raise FunctionFault("index out of range")
    item = value[key]
    if isinstance(value, bytes):
        return Uint8(item)
    return Interface(item) if is_loose(value) else item


def _call(value: object, *_: object) -> object:
    """Refuse: items hold no functions. `Evaluator` says what was called."""
    raise FunctionFault(type_name(None if value is INVALID else value))


def _not(value: object) -> bool:
    return not truth(value)


# Comparing


def _basic_kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "uint" if type_name(value).startswith("uint") else "int"
    kinds = {bytes: "string", float: "float", complex: "complex"}
    return kinds.get(type(value), "")


def _are_integers(one: str, other: str) -> bool:
    return {one, other} == {"int", "uint"}


def _equal(one: object, *others: object) -> bool:
    if not others:
        raise FunctionFault("missing argument for comparison")
    return any(_are_equal(one, concrete(other)) for other in others)


def _are_equal(one: object, other: object) -> bool:
    kind, other_kind = _basic_kind(one), _basic_kind(other)
    if kind != other_kind and not _are_integers(kind, other_kind):
        if one is not INVALID and other is not INVALID:
            raise _incompatible(one, other)
        return False
    if kind:
        return one == other
    if INVALID not in (one, other) and kind_name(one) != kind_name(other):
        raise FunctionFault(f"non-comparable types: {type_name(one)} and {type_name(other)}")
    if is_nil(one) or is_nil(other):
        return is_nil(one) == is_nil(other)
    if isinstance(other, list | dict):
        raise FunctionFault(f"non-comparable type: {type_name(other)}")
    return one is other or (type_name(one) == "time.Time" and one == other)


def _incompatible(one: object, other: object) -> FunctionFault:
    kinds = f"{type_name(one)} and {type_name(other)}"
    return FunctionFault(f"incompatible types for comparison: {kinds}")


def _less(one: object, other: object) -> bool:
    kinds = _basic_kind(one), _basic_kind(other)
    if not all(kinds):
        raise FunctionFault("invalid type for comparison")
    if kinds[0] != kinds[1] and not _are_integers(*kinds):
        raise _incompatible(one, other)
    if isinstance(one, int | float) and isinstance(other, int | float) and kinds[0] != "bool":
        return one < other
    if isinstance(one, bytes) and isinstance(other, bytes):
        return one < other
    raise FunctionFault("invalid type for comparison")


def _compare(one: object, other: object, *, sign: str) -> bool:
    one, other = concrete(one), concrete(other)
    match sign:
        case "ne":
            return not _are_equal(one, other)
        case "lt":
            return _less(one, other)
        case "le":
            return _less(one, other) or _are_equal(one, other)
        case "gt":
            return not (_less(one, other) or _are_equal(one, other))
        case _:
            return not _less(one, other)


# Escaping


def _joined(values: tuple[object, ...]) -> bytes:
    if len(values) == 1 and isinstance(values[0], bytes):
        return values[0]
    return printed([NO_VALUE if value is None else value for value in values])


def _html(*values: object) -> bytes:
    text = decoded_lossless(_joined(values))
    return lossless("".join(_HTML.get(character, character) for character in text))


def _script(*values: object) -> bytes:
    return lossless("".join(map(_in_script, decoded_lossless(_joined(values)))))


def _in_script(character: str) -> str:
    if character in _SCRIPT:
        return _SCRIPT[character]
    is_kept = is_printable(character) or is_raw_byte(character) or character == _DELETE
    return character if is_kept else f"\\u{ord(character):04X}"


def query_escaped(text: bytes) -> bytes:
    """Return a text as it stands in a URL's query: blanks are `+`, all but plain signs `%XX`."""
    return "".join(
        chr(byte) if byte in _PLAIN_IN_QUERY else "+" if byte == ord(" ") else f"%{byte:02X}"
        for byte in text
    ).encode()


def _printf(template: bytes, *values: object) -> bytes:
    return formatted(template, values)


TABLE: Table = {
    "and": Function("value value...", lambda *_: None),  # decided by the evaluator
    "or": Function("value value...", lambda *_: None),
    "not": Function("value", _not),
    "len": Function("value", _length),
    "index": Function("value value...", _index),
    "call": Function("value value...", _call),
    "print": Function("any...", lambda *values: printed(values)),
    "printf": Function("string any...", _printf, weight=16),
    "println": Function("any...", lambda *values: printed_line(values)),
    "html": Function("any...", _html, weight=16),
    "js": Function("any...", _script, weight=16),
    "urlquery": Function("any...", lambda *values: query_escaped(_joined(values)), weight=16),
    "eq": Function("value value...", _equal),
    **{
        sign: Function("value value", partial(_compare, sign=sign))
        for sign in ("ne", "lt", "le", "gt", "ge")
    },
}
