"""Floating-point numbers as text, as Go's strconv.FormatFloat writes them."""

import math
from decimal import Decimal

_FIXED_POWERS = range(-4, 6)
_MANTISSA_BITS = 52
_HEX_DIGITS = 13  # of a whole mantissa


def float_text(value: float, verb: str = "g", precision: int | None = None) -> str:
    """Return the size of a number as text, without its sign.

    Args:
        value: The number.
        verb: One of e, E, f, F, g, G, b, x, X.
        precision: Digits; None for as few as tell the number, six for e and f.
    """
    value = abs(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf"
    match verb:
        case "f" | "F" | "e" | "E":
            return format(value, f".{6 if precision is None else precision}{verb}")
        case "b":
            return _binary(value)
        case "x":
            return _hexadecimal(value, precision)
        case "X":
            return _hexadecimal(value, precision).upper()
    return (
        _shortest(value, verb) if precision is None else format(value, f".{precision or 1}{verb}")
    )


def _shortest(value: float, verb: str) -> str:
    exact = Decimal(repr(value))
    text = "".join(map(str, exact.as_tuple().digits)).rstrip("0") or "0"
    power = exact.adjusted() if value else 0
    if power in _FIXED_POWERS:
        fixed = format(exact, "f")
        return fixed.rstrip("0").rstrip(".") if "." in fixed else fixed
    mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
    mark = "E" if verb == "G" else "e"
    return f"{mantissa}{mark}{'-' if power < 0 else '+'}{abs(power):02d}"


def _binary(value: float) -> str:
    """Return a whole mantissa and the power of two that it is multiplied with."""
    fraction, power = math.frexp(value)
    power = max(power - _MANTISSA_BITS - 1, -1074) if value else -1074
    return f"{int(math.ldexp(value, -power)) if fraction else 0}p{power:+d}"


def _hexadecimal(value: float, precision: int | None) -> str:
    fraction, power = math.frexp(value)
    mantissa, power = int(fraction * 2 ** (_MANTISSA_BITS + 1)), power - 1
    if not value:
        power = 0
    elif precision is not None and precision < _HEX_DIGITS:
        unit = 16 ** (_HEX_DIGITS - precision)
        mantissa = round(mantissa / unit) * unit
        if mantissa >> (_MANTISSA_BITS + 1):
            mantissa, power = mantissa >> 1, power + 1
    digits = f"{mantissa % (1 << _MANTISSA_BITS):013x}"
    digits = digits.rstrip("0") if precision is None else digits.ljust(precision, "0")[:precision]
    point = "." if digits else ""
    sign = "-" if power < 0 else "+"
    return f"0x{mantissa >> _MANTISSA_BITS}{point}{digits}p{sign}{abs(power):02d}"
