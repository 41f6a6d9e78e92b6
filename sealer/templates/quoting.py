"""Strings and characters in quotes, as Go's `%q` writes them.

A byte that is no UTF-8 is a lone surrogate in the strings here (Python's `surrogateescape`).
"""

import unicodedata

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPES |= {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
_LAST_ASCII, _LAST_SHORT = "\x7f", "\uffff"
_RAW_BYTES = range(0xDC80, 0xDD00)
_FIRST_RAW = 0xDC00


def is_printable(character: str) -> bool:
    """Tell what Go's unicode.IsPrint tells: letters, marks, numbers, signs and the plain space."""
    return character == " " or unicodedata.category(character)[0] in "LMNPS"


def is_raw_byte(character: str) -> bool:
    """Tell whether a character stands for a byte that is no UTF-8."""
    return ord(character) in _RAW_BYTES


def go_quote(text: str, quote: str = '"', *, is_ascii: bool = False) -> str:
    """Return a text in quotes, with escapes for what cannot be seen.

    Args:
        text: The text.
        quote: The quotation mark.
        is_ascii: Everything beyond ASCII is an escape, too.
    """
    return quote + "".join(_shown(each, quote, is_ascii) for each in text) + quote


def _shown(character: str, quote: str, is_ascii: bool) -> str:  # noqa: FBT001 - called above only
    if character == quote:
        return "\\" + quote
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if is_raw_byte(character):
        return f"\\x{code - _FIRST_RAW:02x}"
    if is_printable(character) and (not is_ascii or character <= _LAST_ASCII):
        return character
    if character <= _LAST_ASCII:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if character <= _LAST_SHORT else f"\\U{code:08x}"


def go_character(character: str) -> str:
    """Return a character as Go's `%#U` writes it: its number, and itself where it can be seen."""
    code = f"U+{ord(character):04X}" if character else "U+FFFFFFFFFFFFFFFF"
    return f"{code} '{character}'" if character and is_printable(character) else code
