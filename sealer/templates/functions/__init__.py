"""The functions of templates, by name: Go's own and those of Sprig that are deterministic."""

from sealer.templates.function import Table
from sealer.templates.functions import (
    builtins,
    cases,
    constraints,
    dates,
    dicts,
    encodings,
    jsons,
    kinds,
    lists,
    numbers,
    passwords,
    paths,
    regexes,
    texts,
    urls,
)
from sealer.templates.functions.refused import REFUSED

__all__ = ["REFUSED", "function_table"]

_MODULES = (
    *(builtins, texts, cases, lists, dicts, numbers, encodings, jsons),
    *(kinds, paths, regexes, urls, constraints, dates),
)


def function_table(salts: passwords.Salts) -> Table:
    """Return every function that templates may call.

    Args:
        salts: Returns 16 bytes for the user, if any, and the password of a hash.
    """
    table: Table = {}
    for module in _MODULES:
        table |= module.TABLE
    return table | passwords.table(salts)
