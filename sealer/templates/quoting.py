"""Strings and characters in quotes, as Go's `%q` writes them.

A byte that is no UTF-8 is a lone surrogate in the strings here (Python's `surrogateescape`).
"""

import re
import unicodedata

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPES |= {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
_LAST_ASCII, _LAST_SHORT = "\x7f", "\uffff"
_RAW_BYTES = range(0xDC80, 0xDD00)
_FIRST_RAW = 0xDC00


# Characters of Unicode 15, which Go 1.26 knows and Python 3.11 does not: letters, marks, numbers
# and signs, some of them runs from one to another.
_UNICODE_15 = re.compile(
    "[\u0cf3\u0ece\U00010efd-\U00010eff\U0001123f-\U00011241\U00011b00-\U00011b09"
    "\U00011f00-\U00011f10\U00011f12-\U00011f3a\U00011f3e-\U00011f59\U0001342f"
    "\U00013440-\U00013455\U0001b132\U0001b155\U0001d2c0-\U0001d2d3\U0001df25-\U0001df2a"
    "\U0001e030-\U0001e06d\U0001e08f\U0001e4d0-\U0001e4f9\U0001f6dc\U0001f774-\U0001f776"
    "\U0001f77b-\U0001f77f\U0001f7d9\U0001fa75-\U0001fa77\U0001fa87\U0001fa88"
    "\U0001faad-\U0001faaf\U0001fabb-\U0001fabd\U0001fabf\U0001face\U0001facf"
    "\U0001fada\U0001fadb\U0001fae8\U0001faf7\U0001faf8\U0002b739\U00031350-\U000323af]"
)


def is_printable(character: str) -> bool:
    """Tell what Go's unicode.IsPrint tells: letters, marks, numbers, signs and the plain space."""
    if character == " " or unicodedata.category(character)[0] in "LMNPS":
        return True
    return bool(_UNICODE_15.fullmatch(character))


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
