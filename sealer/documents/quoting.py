"""One string as a scalar, in quotes where any reader could take it for something else."""

import json
import re

from sealer.documents.scalars import AMBIGUOUS_WORDS

# Quotes are left out only where no reader, YAML 1.1 or 1.2, could see anything but a string.
_SURELY_TEXT = re.compile(r"[A-Za-z][-A-Za-z0-9_./+=@]*(?: [-A-Za-z0-9_./+=@]+)*", re.ASCII)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BYTE, _PLANE = 0xFF, 0xFFFF


def is_surely_text(text: str) -> bool:
    """Tell whether a plain scalar of that text is a string to every reader."""
    return _SURELY_TEXT.fullmatch(text) is not None and text.lower() not in AMBIGUOUS_WORDS


def quoted(text: str, style: str = "", *, is_json: bool = False) -> str:
    r"""Return a string as a scalar on one line.

    Args:
        text: The string.
        style: The quotes to use where they can hold it: `'`, `"`, or nothing for none.
        is_json: The scalar is for a JSON reader.

    Returns:
        A plain scalar only where it is surely a string; `"` wherever the style cannot serve.
    """
    if is_json:
        return json.dumps(text, ensure_ascii=False)
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if not style and is_surely_text(text):
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code <= _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _PLANE else f"\\U{code:08x}"
