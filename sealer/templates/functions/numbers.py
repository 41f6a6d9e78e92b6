"""Functions over numbers; what is no number counts as zero, as in the original."""

import math
import re
from collections.abc import Callable
from decimal import Context, Decimal, DivisionByZero, InvalidOperation

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table
from sealer.templates.literals import LARGEST, SMALLEST, parse_float, parse_integer
from sealer.templates.show import decoded, plain
from sealer.templates.values import Int64, Struct, wrapped

_SPECIAL = re.compile(r"nan|[+-]?inf(?:inity)?", re.IGNORECASE | re.ASCII)
_EXACT = Context(prec=400)
_DIVISION_PLACES = Decimal(1).scaleb(-16)


def to_int(value: object) -> int:
    """Return any value as an integer of 64 bits; 0 for what is none."""
    if isinstance(value, bytes):
        return _from_text(decoded(value))
    if isinstance(value, float):
        return wrapped(int(value)) if math.isfinite(value) and abs(value) < 2**63 else SMALLEST
    if isinstance(value, int) and not isinstance(value, Struct):
        return wrapped(int(value))
    return int(value) if isinstance(value, int) else 0


def _from_text(text: str) -> int:
    whole, dot, zeros = text.partition(".")
    if dot and zeros and not zeros.strip("0"):
        text = whole
    number = parse_integer(text)
    return number if number is not None and SMALLEST <= number <= LARGEST else 0


def to_float(value: object) -> float:
    """Return any value as a floating-point number; 0 for what is none."""
    if isinstance(value, bytes):
        text = decoded(value)
        if _SPECIAL.fullmatch(text):
            return float(text)
        number = parse_float(text)
        return 0.0 if number is None else number
    return float(value) if isinstance(value, int | float) else 0.0


def _add(*values: object) -> Int64:
    return Int64(wrapped(sum(map(to_int, values))))


def _multiply(first: object, *values: object) -> Int64:
    product = to_int(first)
    for value in values:
        product = wrapped(product * to_int(value))
    return Int64(product)


def _divide(one: object, other: object) -> Int64:
    dividend, divisor = to_int(one), to_int(other)
    if not divisor:
        raise FunctionFault("runtime error: integer divide by zero")
    quotient = abs(dividend) // abs(divisor)
    return Int64(wrapped(-quotient if (dividend < 0) != (divisor < 0) else quotient))


def _remainder(one: object, other: object) -> Int64:
    dividend, divisor = to_int(one), to_int(other)
    if not divisor:
        raise FunctionFault("runtime error: integer divide by zero")
    rest = abs(dividend) % abs(divisor)
    return Int64(-rest if dividend < 0 else rest)


def _exactly(change: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., float]:
    """Return a function that works with the decimal digits that people see: 1.1 + 2.2 is 3.3."""

    def calculate(first: object, *values: object) -> float:
        result = _decimal(first)
        for value in values:
            result = change(result, _decimal(value))
        return float(result) or 0.0  # these digits know no -0

    return calculate


def _decimal(value: object) -> Decimal:
    number = to_float(value)
    if not math.isfinite(number):
        shown = "NaN" if math.isnan(number) else f"{number:+f}".replace("inf", "Inf")
        raise FunctionFault(f"Cannot create a Decimal from {shown}")
    return Decimal(repr(number))


def _exact_quotient(one: Decimal, other: Decimal) -> Decimal:
    try:
        quotient = _EXACT.divide(one, other)
    except (DivisionByZero, InvalidOperation):
        raise FunctionFault("decimal division by 0") from None
    return quotient.quantize(_DIVISION_PLACES, rounding="ROUND_HALF_UP", context=_EXACT)


def _round(value: object, places: int, *threshold: float) -> float:
    limit = threshold[0] if threshold else 0.5
    try:
        power = math.pow(10, places)
    except OverflowError:
        return math.nan
    digit = power * to_float(value)
    is_up = math.isfinite(digit) and math.modf(digit)[0] >= limit
    rounded = _whole(math.ceil if is_up else math.floor)(digit)
    return rounded / power if power else math.nan


def _whole(change: Callable[[float], int]) -> Callable[[object], float]:
    def calculate(value: object) -> float:
        number = to_float(value)
        # A zero keeps its sign: -0.5 goes up to -0.
        return math.copysign(change(number), number) if math.isfinite(number) else number

    return calculate


def _extreme(sign: int) -> Callable[..., float]:
    """Return a function for the largest or smallest number, as Go's math.Max finds it."""

    def find(first: object, *values: object) -> float:
        found = to_float(first) * sign
        for value in values:
            other = to_float(value) * sign
            if math.inf in (found, other):
                found = math.inf
            elif math.isnan(found) or math.isnan(other):
                found = math.nan
            else:  # 0 is above -0
                found = max(found, other, key=lambda each: (each, math.copysign(1, each)))
        return found * sign

    return find


def _from_digits(text: bytes) -> int:
    digits = decoded(text)
    is_number = digits.lstrip("+-").isdecimal() and digits.isascii() and len(digits) < 30  # noqa: PLR2004
    number = int(digits) if is_number and digits[1:].isdecimal() | digits.isdecimal() else 0
    return min(max(number, SMALLEST), LARGEST)


def _from_octal(value: object) -> Int64:
    digits = decoded(plain(value))
    signless = digits[1:] if digits[:1] in ("+", "-") else digits
    if not signless or len(signless) > 30 or set(signless) - set("01234567"):  # noqa: PLR2004
        return Int64(0)
    number = int(digits, 8)
    return Int64(number if SMALLEST <= number <= LARGEST else 0)


def _largest(first: object, *values: object) -> Int64:
    return Int64(max(map(to_int, (first, *values))))


TABLE: Table = {
    "add": Function("any...", _add),
    "add1": Function("any", lambda value: Int64(wrapped(to_int(value) + 1))),
    "sub": Function("any any", lambda a, b: Int64(wrapped(to_int(a) - to_int(b)))),
    "mul": Function("any any...", _multiply),
    "div": Function("any any", _divide),
    "mod": Function("any any", _remainder),
    "max": Function("any any...", _largest),
    "biggest": Function("any any...", _largest),
    "min": Function("any any...", lambda *values: Int64(min(map(to_int, values)))),
    "maxf": Function("any any...", _extreme(1)),
    "minf": Function("any any...", _extreme(-1)),
    "ceil": Function("any", _whole(math.ceil)),
    "floor": Function("any", _whole(math.floor)),
    "round": Function("any int float...", _round, steps=5),
    "addf": Function("any...", lambda *values: _exactly(_EXACT.add)(0.0, *values), steps=5),
    "add1f": Function("any", lambda value: _exactly(_EXACT.add)(value, 1.0), steps=5),
    "subf": Function("any any...", _exactly(_EXACT.subtract), steps=5),
    "mulf": Function("any any...", _exactly(_EXACT.multiply), steps=5),
    "divf": Function("any any...", _exactly(_exact_quotient), steps=5),
    "atoi": Function("string", _from_digits),
    "int": Function("any", to_int),
    "int64": Function("any", lambda value: Int64(to_int(value))),
    "float64": Function("any", to_float),
    "toDecimal": Function("any", _from_octal),
}
