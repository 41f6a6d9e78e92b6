"""Values as text, as Go's fmt package writes them: `print`, `printf` and what `{{ … }}` shows.

Source: the documentation of Go's fmt; faulty verbs are shown in place, as there.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sealer.templates.faults import LimitFault
from sealer.templates.lex import go_quote, is_printable
from sealer.templates.values import (
    INVALID,
    Interface,
    Struct,
    Uint8,
    Uint64,
    is_integer,
    type_name,
)

NO_VALUE = b"<no value>"
_WIDEST = 1_000_000
_LONGEST_WIDTH = 10_000
_SPEC = re.compile(
    rb"%(?P<flags>[-+# 0]*)(?:\[(?P<width_index>[^\]]*)\])?(?P<width>\*|[0-9]+)?"
    rb"(?:(?P<dot>\.)(?:\[(?P<precision_index>[^\]]*)\])?(?P<precision>\*|[0-9]+)?)?"
    rb"(?:\[(?P<index>[^\]]*)\])?(?P<verb>[\x00-\x7f]|[\xc0-\xff][\x80-\xbf]*)?"
)
_BASES = {"b": 2, "o": 8, "O": 8, "d": 10, "x": 16, "X": 16}
_MARKS = {"b": "0b", "o": "0", "O": "0o", "x": "0x", "X": "0X"}
_DIGITS = "0123456789abcdef"
_FLOATS = "eEfFgGv"
_FIXED_POWERS = range(-4, 6)


def decoded(text: bytes) -> str:
    """Return a string's characters; each byte that is no UTF-8 becomes U+FFFD, as in Go."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        lone = text.decode("utf-8", "surrogateescape")
        return re.sub("[\udc80-\udcff]", "\ufffd", lone)


def shown(value: object) -> bytes:
    """Return what an action prints."""
    value = value.value if isinstance(value, Interface) else value
    return NO_VALUE if value is INVALID or value is None else plain(value)


def plain(value: object) -> bytes:
    """Return a value as `%v` writes it."""
    return _Spec("v").value(value)


def printed(values: Sequence[object]) -> bytes:
    """Return what `print` gives: a blank between two values that are both no strings."""
    parts: list[bytes] = []
    for at, value in enumerate(values):
        if at and not isinstance(value, bytes) and not isinstance(values[at - 1], bytes):
            parts.append(b" ")
        parts.append(plain(value))
    return b"".join(parts)


def printed_line(values: Iterable[object]) -> bytes:
    """Return what `println` gives: a blank between all values, and a line feed."""
    return b" ".join(map(plain, values)) + b"\n"


def formatted(template: bytes, values: Sequence[object]) -> bytes:
    """Return what `printf` gives.

    Raises:
        LimitFault: A width or precision is absurd.
    """
    return _Formatter(values).run(template)


@dataclass(frozen=True, slots=True)
class _Spec:
    """One verb with its flags."""

    verb: str
    flags: str = ""
    width: int | None = None
    precision: int | None = None

    @property
    def is_go_syntax(self) -> bool:
        return self.verb == "v" and "#" in self.flags

    def value(self, value: object, *, is_inner: bool = False) -> bytes:
        """Return a value in this form."""
        if self.verb == "T":
            return self._padded(type_name(value))
        if value is None or value is INVALID:
            return self._nil(is_inner=is_inner)
        if isinstance(value, Struct):
            return self._text(bytes(value)) if self.verb in "vsqxX" else self._bad(value)
        if isinstance(value, list):
            return self._list(value)
        if isinstance(value, dict):
            return self._map(value)
        return self._scalar(value)

    def _scalar(self, value: object) -> bytes:
        if isinstance(value, bytes):
            return self._text(value) if self.verb in "vsqxX" else self._bad(value)
        if isinstance(value, bool):
            good = self.verb in "vt"
            return self._padded("true" if value else "false") if good else self._bad(value)
        if isinstance(value, float):
            return self._float(value) if self.verb in _FLOATS else self._bad(value)
        if isinstance(value, complex):
            return self._complex(value)
        if is_integer(value) and isinstance(value, int):
            return self._integer(value)
        return self._bad(value)

    def _nil(self, *, is_inner: bool) -> bytes:
        if self.verb == "v":
            return self._padded("interface {}(nil)" if is_inner and self.is_go_syntax else "<nil>")
        return f"%!{self.verb}(<nil>)".encode()

    def _bad(self, value: object) -> bytes:
        return f"%!{self.verb}({type_name(value)}=".encode() + plain(value) + b")"

    def _list(self, values: list[object]) -> bytes:
        parts = [self.value(value, is_inner=True) for value in values]
        if self.is_go_syntax:
            return type_name(values).encode() + b"{" + b", ".join(parts) + b"}"
        return b"[" + b" ".join(parts) + b"]"

    def _map(self, values: dict[bytes, object]) -> bytes:
        parts = [
            self.value(key) + b":" + self.value(values[key], is_inner=True)
            for key in sorted(values)
        ]
        if self.is_go_syntax:
            return type_name(values).encode() + b"{" + b", ".join(parts) + b"}"
        return b"map[" + b" ".join(parts) + b"]"

    def _text(self, text: bytes) -> bytes:
        if self.verb == "q" or self.is_go_syntax:
            characters = decoded(text)[: self.precision]
            if "#" in self.flags and self.verb == "q" and "`" not in characters:
                return self._padded(f"`{characters}`")
            return self._padded(go_quote(characters))
        if self.verb in "xX":
            shown = text[: self.precision]
            digits = shown.hex(" ") if " " in self.flags else shown.hex()
            if "#" in self.flags and shown:
                digits = "0x" + digits.replace(" ", " 0x")
            return self._padded(digits.upper() if self.verb == "X" else digits)
        if self.precision is not None:
            lone = text.decode("utf-8", "surrogateescape")[: self.precision]
            text = lone.encode("utf-8", "surrogateescape")
        return self._pad(text, len(decoded(text)))

    def _integer(self, value: int) -> bytes:
        verb = "d" if self.verb == "v" else self.verb
        if self.is_go_syntax and isinstance(value, Uint8 | Uint64):
            return self._padded(f"{value:#x}")
        if verb == "c":
            return self._padded(_character(value))
        if verb == "q":
            return self._padded(_quoted_character(value))
        if verb == "U":
            text = f"U+{value:04X}"
            return self._padded(f"{text} '{chr(value)}'" if "#" in self.flags else text)
        if verb not in _BASES:
            return self._bad(value)
        return self._number(value, verb)

    def _number(self, value: int, verb: str) -> bytes:
        digits = _in_base(abs(value), _BASES[verb])
        if self.precision is not None:
            digits = "" if self.precision == 0 and value == 0 else digits.rjust(self.precision, "0")
        sign = self._sign(is_negative=value < 0)
        if verb == "X":
            digits = digits.upper()
        mark = ""
        if verb == "O" or ("#" in self.flags and self.verb != "v"):
            mark = _MARKS.get(verb, "")
            mark = "" if verb == "o" and digits.startswith("0") else mark
        fills = "0" in self.flags and "-" not in self.flags and self.precision is None
        if fills and self.width is not None:
            digits = digits.rjust(self.width - len(sign), "0")
        return self._padded(sign + mark + digits, zeros=False)

    def _sign(self, *, is_negative: bool) -> str:
        if is_negative:
            return "-"
        if "+" in self.flags:
            return "+"
        return " " if " " in self.flags else ""

    def _float(self, value: float) -> bytes:
        text = float_text(abs(value), self.verb.replace("v", "g"), self.precision)
        is_negative = math.copysign(1, value) < 0 and not math.isnan(value)
        sign = self._sign(is_negative=is_negative)
        if math.isinf(value) and not sign:
            sign = "+"
        fills = "0" in self.flags and "-" not in self.flags and math.isfinite(value)
        if fills and self.width is not None:
            text = text.rjust(self.width - len(sign), "0")
        return self._padded(sign + text, zeros=False)

    def _complex(self, value: complex) -> bytes:
        if self.verb not in _FLOATS:
            return self._bad(value)
        inner = replace(self, width=None)
        imaginary = replace(inner, flags=inner.flags + "+")
        text = inner._float(value.real) + imaginary._float(value.imag)  # noqa: SLF001 - its own
        return self._pad(b"(" + text + b"i)", len(text) + 3)

    def _padded(self, text: str, *, zeros: bool = True) -> bytes:
        return self._pad(text.encode("utf-8", "replace"), len(text), zeros=zeros)

    def _pad(self, text: bytes, length: int, *, zeros: bool = True) -> bytes:
        missing = max((self.width or 0) - length, 0)
        if "-" in self.flags:
            return text + b" " * missing
        return (b"0" if zeros and "0" in self.flags else b" ") * missing + text


def float_text(value: float, verb: str = "g", precision: int | None = None) -> str:
    """Return a number that is not negative as Go's `strconv.FormatFloat` writes it.

    Args:
        value: The number.
        verb: One of e, E, f, F, g, G.
        precision: Digits; None for as few as tell the number, six for e and f.
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf"
    if verb in "fFeE":
        return format(value, f".{6 if precision is None else precision}{verb}")
    if precision is None:
        return _shortest(value, verb)
    return format(value, f".{precision or 1}{verb}")


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


def _in_base(value: int, base: int) -> str:
    if base == 10:  # noqa: PLR2004
        return str(value)
    digits = []
    while value:
        value, digit = divmod(value, base)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits)) or "0"


def _character(value: int) -> str:
    is_one = 0 <= value <= 0x10FFFF and not 0xD800 <= value < 0xE000  # noqa: PLR2004
    return chr(value) if is_one else "\ufffd"


def _quoted_character(value: int) -> str:
    character = _character(value)
    if character == "'":
        return "'\\''"
    if character == '"':
        return "'\"'"
    inside = go_quote(character)[1:-1]
    return f"'{inside}'" if is_printable(character) or len(inside) > 1 else f"'{character}'"


class _Formatter:
    """Puts values into a template of `printf`."""

    def __init__(self, values: Sequence[object]) -> None:
        self._values = values
        self._next = 0
        self._is_reordered = False
        self._is_bad = False

    def run(self, template: bytes) -> bytes:
        parts: list[bytes] = []
        at = 0
        while (percent := template.find(b"%", at)) >= 0:
            parts.append(template[at:percent])
            match = _SPEC.match(template, percent)
            if match is None:
                raise AssertionError
            parts.append(self._verb(match))
            at = match.end()
        parts.append(template[at:])
        rest = self._values[self._next :]
        if rest and not self._is_reordered:
            extra = b", ".join(
                (type_name(v).encode() + b"=" if v is not None else b"") + plain(v) for v in rest
            )
            parts.append(b"%!(EXTRA " + extra + b")")
        return b"".join(parts)

    def _verb(self, match: re.Match[bytes]) -> bytes:
        self._is_bad = False
        flags = match["flags"].decode()
        parts: list[bytes] = []
        self._move_to(match["width_index"])
        width = self._measure(match["width"], parts, b"%!(BADWIDTH)")
        if width is not None and width < 0:
            width, flags = -width, flags + "-"
        precision: int | None = None
        if match["dot"]:
            self._move_to(match["precision_index"])
            precision = self._measure(match["precision"], parts, b"%!(BADPREC)", default=0)
            precision = None if precision is not None and precision < 0 else precision
        self._move_to(match["index"])
        if match["verb"] is None:
            return b"".join([*parts, b"%!(NOVERB)"])
        verb = decoded(match["verb"])
        if "-" in flags:  # zeros fill on the left only
            flags = flags.replace("0", "")
        parts.append(self._one(_Spec(verb, flags, width, precision)))
        return b"".join(parts)

    def _one(self, spec: _Spec) -> bytes:
        if spec.verb == "%":
            return b"%"
        verb = spec.verb.encode()
        if self._is_bad:
            return b"%!" + verb + b"(BADINDEX)"
        if self._next >= len(self._values):
            return b"%!" + verb + b"(MISSING)"
        value = self._values[self._next]
        self._next += 1
        return spec.value(value)

    def _move_to(self, index: bytes | None) -> None:
        if index is None:
            return
        self._is_reordered = True
        if index.isdigit() and 0 < int(index) <= len(self._values):
            self._next = int(index) - 1
        else:
            self._is_bad = True

    def _measure(
        self, text: bytes | None, parts: list[bytes], fault: bytes, *, default: int | None = None
    ) -> int | None:
        """Return a width or precision: digits, or the next value for `*`."""
        if text is None:
            return default
        if text != b"*":
            number = int(text[:10])
        else:
            value = self._values[self._next] if self._next < len(self._values) else None
            self._next += 1
            if not is_integer(value) or not isinstance(value, int) or abs(value) > _WIDEST:
                parts.append(fault)
                return None
            number = int(value)
        if abs(number) > _LONGEST_WIDTH:
            raise LimitFault(f"a width or precision above {_LONGEST_WIDTH}")
        return number
