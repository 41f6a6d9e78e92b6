"""Reports for machines: JSON that strict parsers take, whatever files are called."""

import json
import re

# A byte of a file's name that is no UTF-8 is one of these to Python. JSON has no such characters.
_SURROGATE = re.compile("[\ud800-\udfff]")
_BYTES = range(0xDC80, 0xDD00)


def json_text(document: object, *, indent: int | None = 2) -> str:
    r"""Return a report of dicts, lists, tuples and scalars as JSON, in ASCII.

    Args:
        document: The report. Bytes of names that are no UTF-8 become `\xNN`, as in the hook's
            reports; other lone surrogates become U+FFFD.
        indent: How many blanks deep each level is; None for one line.
    """
    return json.dumps(_strict(document), indent=indent)


def _strict(part: object) -> object:
    if isinstance(part, str):
        return _SURROGATE.sub(_shown, part)
    if isinstance(part, dict):
        return {_strict(key): _strict(member) for key, member in part.items()}
    if isinstance(part, list | tuple):
        return [_strict(member) for member in part]
    return part


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if code in _BYTES else "\ufffd"
