"""Constants of Go's syntax: numbers in any base, strings and characters with their escapes."""

import re

from sealer.templates.faults import ParseFault
from sealer.templates.nodes import Number
from sealer.templates.quoting import go_quote

_ESCAPE = re.compile(
    r"\\(?:(?P<simple>[abfnrtv\\'\"])|(?P<octal>[0-7]{3})|x(?P<byte>[0-9a-fA-F]{2})"
    r"|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8}))"
)
_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>(?:_?[0-9a-fA-F])+)|0[bB](?P<bin>(?:_?[01])+)"
    r"|0[oO](?P<oct>(?:_?[0-7])+)|0(?P<old>(?:_?[0-7])+)|(?P<dec>0|[1-9](?:_?[0-9])*))"
)
_BASES = {"hex": 16, "bin": 2, "oct": 8, "old": 8, "dec": 10}
_DIGITS = r"[0-9](?:_?[0-9])*"
_DECIMAL = re.compile(rf"[-+]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][-+]?{_DIGITS})?")
_BINARY = re.compile(
    r"[-+]?0[xX](?:_?[0-9a-fA-F])*\.?(?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?[pP][-+]?[0-9]+"
)
_POINTED = frozenset(".eEpP")
SMALLEST, LARGEST = -(2**63), 2**63 - 1
LARGEST_UNSIGNED = 2**64 - 1
_BYTES = 0x100
_LAST_CODE, _SURROGATES = 0x10FFFF, range(0xD800, 0xE000)


def unquote(text: str) -> bytes:
    """Return what a string constant says.

    Raises:
        ParseFault: An escape does not exist.
    """
    if text[0] == "`":
        return text[1:-1].replace("\r", "").encode()
    parts: list[bytes] = []
    inside, at = text[1:-1], 0
    while at < len(inside):
        if inside[at] != "\\":
            end = inside.find("\\", at)
            end = len(inside) if end < 0 else end
            parts.append(inside[at:end].encode())
        else:
            piece, end = _unescape(inside, at, "'")
            parts.append(piece if isinstance(piece, bytes) else chr(piece).encode())
        at = end
    return b"".join(parts)


def _unescape(text: str, at: int, forbidden: str) -> tuple[bytes | int, int]:
    """Return the byte or the character's number that an escape stands for, and where it ends."""
    match = _ESCAPE.match(text, at)
    if match is None or match["simple"] == forbidden:
        raise ParseFault("invalid syntax")
    if match["simple"]:
        code = _SIMPLE.get(match["simple"], ord(match["simple"]))
        return code, match.end()
    digits = match["octal"] or match["byte"]
    code = int(digits or match["short"] or match["long"], 8 if match["octal"] else 16)
    if digits:
        if code >= _BYTES:
            raise ParseFault("invalid syntax")
        return bytes([code]), match.end()
    if code > _LAST_CODE or code in _SURROGATES:
        raise ParseFault("invalid syntax")
    return code, match.end()


def character(at: int, text: str) -> Number:
    """Return a character constant, which is the number of the character.

    Raises:
        ParseFault: It is no single character.
    """
    inside = text[1:-1]
    if not inside:
        raise ParseFault("invalid syntax")
    if inside[0] == "\\":
        piece, end = _unescape(inside, 0, '"')
        code = piece[0] if isinstance(piece, bytes) else piece
    else:
        code, end = ord(inside[0]), 1
    if end != len(inside):
        raise ParseFault(f"malformed character constant: {text}")
    return Number(at, text, code, code, float(code))


def number(at: int, text: str) -> Number:
    """Return a number constant.

    Raises:
        ParseFault: It is no number, or fits no type.
    """
    if text.endswith("i"):
        imaginary = parse_float(text[:-1])
        if imaginary is not None:
            return _simple(at, text, complex(0, imaginary))
    whole = parse_integer(text)
    largest = LARGEST if text[0] == "+" else LARGEST_UNSIGNED
    if whole is not None and SMALLEST <= whole <= largest:
        integer = whole if whole <= LARGEST else None
        unsigned = whole if whole >= 0 and text[0] != "+" else None
        return Number(at, text, integer, unsigned, float(whole))
    floating = parse_float(text)
    if floating is None:
        raise ParseFault(f"illegal number syntax: {go_quote(text)}")
    if not _POINTED & set(text):
        raise ParseFault(f"integer overflow: {go_quote(text)}")
    return _with_integers(at, text, floating)


def complex_number(at: int, text: str) -> Number:
    """Return a constant such as `1+2i`.

    Raises:
        ParseFault: It is no such number.
    """
    split = max(text.rfind("+"), text.rfind("-"))
    if text[split - 1] in "eEpP":
        split = max(text.rfind("+", 0, split), text.rfind("-", 0, split))
    real, imaginary = parse_float(text[:split]), parse_float(text[split:-1])
    if real is None or imaginary is None:
        raise ParseFault(f"illegal number syntax: {go_quote(text)}")
    return _simple(at, text, complex(real, imaginary))


def _simple(at: int, text: str, value: complex) -> Number:
    """Return a complex constant; one without an imaginary part is a plain number too."""
    if value.imag:
        return Number(at, text, imaginary=value)
    plain = _with_integers(at, text, value.real)
    return Number(at, text, plain.integer, plain.unsigned, plain.floating, value)


def _with_integers(at: int, text: str, value: float) -> Number:
    is_whole = value == value // 1 and abs(value) < 2**64
    whole = int(value) if is_whole else None
    integer = whole if whole is not None and SMALLEST <= whole <= LARGEST else None
    unsigned = whole if whole is not None and whole >= 0 else None
    return Number(at, text, integer, unsigned, value)


def parse_integer(text: str) -> int | None:
    """Return an integer as Go's strconv.ParseInt reads it with base 0, of any size."""
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    base = match.lastgroup or "dec"
    value = int(match[base].replace("_", ""), _BASES[base])
    return -value if match["sign"] == "-" else value


def parse_float(text: str) -> float | None:
    """Return a finite number as Go's strconv.ParseFloat reads it."""
    try:
        if _DECIMAL.fullmatch(text):
            value = float(text)
        elif _BINARY.fullmatch(text):
            value = float.fromhex(text.replace("_", ""))
        else:
            return None
    except OverflowError:
        return None
    return None if value in (float("inf"), float("-inf")) else value
