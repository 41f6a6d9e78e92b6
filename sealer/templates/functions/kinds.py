"""Functions that tell what a value is."""

from sealer.templates.function import Function, Table
from sealer.templates.values import kind_name, type_name


def _type(value: object) -> bytes:
    return type_name(value).encode()


def _kind(value: object) -> bytes:
    return kind_name(value).encode()


TABLE: Table = {
    "typeOf": Function("any", _type),
    "typeIs": Function("string any", lambda name, value: name == _type(value)),
    "typeIsLike": Function("string any", lambda name, value: _type(value) in (name, b"*" + name)),
    "kindOf": Function("any", _kind),
    "kindIs": Function("string any", lambda name, value: name == _kind(value)),
}
