"""Values as text, as Go's fmt package writes them: what `{{ … }}` and `print` show.

Source: the documentation of Go's fmt; faulty verbs are shown in place, as there.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sealer.templates.floats import float_text
from sealer.templates.quoting import go_quote, is_printable
from sealer.templates.values import (
    INVALID,
    Int64,
    Interface,
    NoList,
    NoMap,
    NoStrings,
    Struct,
    Uint8,
    Uint64,
    is_integer,
    is_loose,
    type_name,
)

NO_VALUE = b"<no value>"
_BASES = {"b": 2, "o": 8, "O": 8, "d": 10, "x": 16, "X": 16}
_MARKS = {"b": "0b", "o": "0", "O": "0o", "x": "0x", "X": "0X"}
_DIGITS = "0123456789abcdef"
_FLOATS = "bgGxXfFeEv"
_TEXTS = "vsxXq"
_OF_POINTERS = "vbodxX"
_SHARP_DIGITS = 6
_LAST_CODE, _SURROGATES = 0x10FFFF, range(0xD800, 0xE000)
_NOT_IN_BACK_QUOTES = re.compile("[`\x00-\x08\x0a-\x1f\x7f\ufeff\ud800-\udfff]")


def decoded(text: bytes) -> str:
    """Return a string's characters; each byte that is no UTF-8 becomes U+FFFD, as in Go."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return re.sub("[\udc80-\udcff]", "\ufffd", decoded_lossless(text))


def decoded_lossless(text: bytes) -> str:
    """Return a string's characters; a byte that is no UTF-8 survives the way back."""
    return text.decode("utf-8", "surrogateescape")


def lossless(text: str) -> bytes:
    """Return the bytes of what `decoded_lossless` gave."""
    return text.encode("utf-8", "surrogateescape")


def shown(value: object) -> bytes:
    """Return what an action prints."""
    value = value.value if isinstance(value, Interface) else value
    return NO_VALUE if value is INVALID or value is None else plain(value)


def plain(value: object) -> bytes:
    """Return a value as `%v` writes it."""
    if isinstance(value, bytes):
        return value
    if type(value) in (int, Int64):
        return str(value).encode()
    return Form("v").argument(value)


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


@dataclass(frozen=True, slots=True)
class Form:
    """A verb with its flags; `%v` is the plain one.

    Attributes:
        verb: What to write the value as.
        flags: Any of `+`, `-`, `#`, blank and `0`.
        width: Characters to fill up to.
        precision: Digits or characters; None when it is not given.
        is_go_syntax: `%#v`: as a Go program would have it.
        has_names: `%+v`: with the names of fields.
        is_erring: The verb does not fit, and the value is written plainly within a message.
    """

    verb: str
    flags: str = ""
    width: int = 0
    precision: int | None = None
    is_go_syntax: bool = False
    has_names: bool = False
    is_erring: bool = False

    def argument(self, value: object) -> bytes:
        """Return a value in this form."""
        if value is None or value is INVALID:
            return self._padded("<nil>") if self.verb in "Tv" else self._bad(value)
        if self.verb == "T":
            return self._pad(type_name(value).encode()[: self.precision])
        if self.verb == "p" or (self.verb == "w" and not isinstance(value, bytes)):
            return self._bad(value)
        return self._value(value, 0)

    def _value(self, value: object, depth: int) -> bytes:
        if isinstance(value, Struct):
            return self._struct(value, depth)
        if isinstance(value, list):
            return self._list(value, depth)
        if isinstance(value, dict):
            return self._map(value, depth)
        return self._scalar(value)

    def _part(self, value: object, *, is_loose: bool, depth: int) -> bytes:
        if is_loose and value is None:
            return b"interface {}(nil)" if self.is_go_syntax else b"<nil>"
        return self._value(value, depth + 1)

    def _scalar(self, value: object) -> bytes:
        if isinstance(value, bytes):
            return self._text(value) if self.verb in _TEXTS else self._bad(value)
        if isinstance(value, bool):
            good = self.verb in "vt"
            return self._padded("true" if value else "false") if good else self._bad(value)
        if isinstance(value, float):
            return self._float(value) if self.verb in _FLOATS else self._bad(value)
        if isinstance(value, complex):
            return self._complex(value) if self.verb in _FLOATS else self._bad(value)
        if is_integer(value) and isinstance(value, int):
            return self._integer(value)
        return self._bad(value)

    def _bad(self, value: object) -> bytes:
        head = f"%!{self.verb}(".encode()
        if value is None or value is INVALID:
            return head + b"<nil>)"
        plainly = replace(self, verb="v", is_erring=True)
        return head + f"{type_name(value)}=".encode() + plainly._value(value, 0) + b")"  # noqa: SLF001

    def _list(self, values: list[object], depth: int) -> bytes:
        loose = is_loose(values)
        parts = [self._part(value, is_loose=loose, depth=depth) for value in values]
        if self.is_go_syntax:
            if isinstance(values, NoList | NoStrings):
                return type_name(values).encode() + b"(nil)"
            return type_name(values).encode() + b"{" + b", ".join(parts) + b"}"
        return b"[" + b" ".join(parts) + b"]"

    def _map(self, values: dict[bytes, object], depth: int) -> bytes:
        loose = is_loose(values)
        parts = [
            self._value(key, depth + 1)
            + b":"
            + self._part(values[key], is_loose=loose, depth=depth)
            for key in sorted(values)
        ]
        if self.is_go_syntax:
            if isinstance(values, NoMap):
                return type_name(values).encode() + b"(nil)"
            return type_name(values).encode() + b"{" + b", ".join(parts) + b"}"
        return b"map[" + b" ".join(parts) + b"]"

    def _struct(self, value: Struct, depth: int) -> bytes:
        """Write a value of a type of its own: what its methods give, or else its fields."""
        if self.is_go_syntax and not self.is_erring and hasattr(value, "go_syntax"):
            return self._text_as_is(value.go_syntax().encode())
        if self.verb in _TEXTS and not self.is_erring and not self.is_go_syntax:
            return self._text(bytes(value))
        if isinstance(value, int):
            return self._integer(value)
        is_pointer = value.type_name.startswith("*")
        if not hasattr(value, "fields"):
            return self._nil_pointer(value)
        if is_pointer and depth and self.verb not in _OF_POINTERS:
            return self._bad(value)
        head = ("&" if is_pointer else "") + value.type_name.lstrip("*") * self.is_go_syntax
        inner = replace(self, is_erring=True)
        parts = [
            f"{name}:".encode() * (self.has_names or self.is_go_syntax)
            + inner._value(each, depth + 1)  # noqa: SLF001 - its own
            for name, each in value.fields()
        ]
        return head.encode() + b"{" + (b", " if self.is_go_syntax else b" ").join(parts) + b"}"

    def _nil_pointer(self, value: Struct) -> bytes:
        if self.verb == "v":
            return self._padded("<nil>")
        return self._number(0, self.verb) if self.verb in _OF_POINTERS else self._bad(value)

    def _text(self, text: bytes) -> bytes:
        if self.verb in "xX":
            return self._hexadecimal(text)
        if self.verb == "q" or self.is_go_syntax:
            characters = decoded_lossless(text)[: self.precision]
            if "#" in self.flags and not _NOT_IN_BACK_QUOTES.search(characters):
                return self._padded(f"`{characters}`")
            return self._padded(go_quote(characters, is_ascii="+" in self.flags))
        return self._text_as_is(text)

    def _text_as_is(self, text: bytes) -> bytes:
        if self.precision is not None:
            text = lossless(decoded_lossless(text)[: self.precision])
        return self._pad(text)

    def _hexadecimal(self, text: bytes) -> bytes:
        shown = text[: self.precision]
        digits = shown.hex(" ") if " " in self.flags else shown.hex()
        if "#" in self.flags and shown:
            digits = "0x" + digits.replace(" ", " 0x")
        return self._padded(digits.upper() if self.verb == "X" else digits)

    def _integer(self, value: int) -> bytes:
        verb = "d" if self.verb == "v" else self.verb
        if self.is_go_syntax and isinstance(value, Uint8 | Uint64):
            return replace(self, flags=self.flags + "#")._number(value, "x")  # noqa: SLF001
        if verb == "c":
            return self._padded(_character(value))
        if verb == "q":
            character = _character(value)
            return self._padded(go_quote(character, "'", is_ascii="+" in self.flags))
        if verb == "U":
            return self._code(value)
        return self._number(value, verb) if verb in _BASES else self._bad(value)

    def _code(self, value: int) -> bytes:
        """Write the number of a character, as `U+0061`."""
        code = value % 2**64
        text = f"U+{code:0{max(self.precision or 0, 4)}X}"
        if "#" in self.flags and code <= _LAST_CODE and is_printable(chr(code)):
            text += f" '{chr(code)}'"
        return replace(self, flags=self.flags.replace("0", ""))._padded(text)  # noqa: SLF001

    def _number(self, value: int, verb: str) -> bytes:
        inner = replace(self, flags=self.flags.replace("0", ""))
        sign = self._sign(is_negative=value < 0)
        if self.precision == 0 and value == 0:
            return inner._padded("")  # noqa: SLF001 - its own
        digits = _in_base(abs(value), _BASES[verb])
        if self.precision is not None:
            digits = digits.rjust(self.precision, "0")
        elif "0" in self.flags and "-" not in self.flags:
            digits = digits.rjust(self.width - len(sign), "0")
        if verb == "X":
            digits = digits.upper()
        mark = _MARKS.get(verb, "") if "#" in self.flags else ""
        if verb in "oO":
            mark = "" if digits.startswith("0") or "#" not in self.flags else "0"
            mark = "0o" + mark if verb == "O" else mark
        return inner._padded(sign + mark + digits)  # noqa: SLF001 - its own

    def _sign(self, *, is_negative: bool) -> str:
        if is_negative:
            return "-"
        if "+" in self.flags:
            return "+"
        return " " if " " in self.flags else ""

    def _float(self, value: float) -> bytes:
        verb = {"v": "g", "F": "f"}.get(self.verb, self.verb)
        text = float_text(value, verb, self.precision)
        is_negative = math.copysign(1, value) < 0 and not math.isnan(value)
        sign = self._sign(is_negative=is_negative)
        if not math.isfinite(value):
            sign = sign or ("+" if math.isinf(value) else "")
            flags = self.flags.replace("0", "")
            return replace(self, flags=flags)._padded(sign + text)  # noqa: SLF001 - its own
        if "#" in self.flags and verb != "b":
            text = self._with_point(text, verb)
        if sign and "0" in self.flags and "-" not in self.flags:
            text = text.rjust(self.width - len(sign), "0")
        return self._padded(sign + text)

    def _with_point(self, text: str, verb: str) -> str:
        """Put in the point and the zeros at the end that would be left out."""
        wanted = _SHARP_DIGITS if self.precision is None else self.precision
        wanted = wanted if verb in "gGx" else 0
        mark = re.search("[pP]" if verb in "xX" else "[eE]", text)
        number, tail = (text[: mark.start()], text[mark.start() :]) if mark else (text, "")
        known = len(number.replace(".", "").lstrip("0"))
        if "." not in number:
            known += number == "0"
            number += "."
        return number + "0" * (wanted - known) + tail

    def _complex(self, value: complex) -> bytes:
        imaginary = replace(self, flags=self.flags + "+")
        return b"(" + self._float(value.real) + imaginary._float(value.imag) + b"i)"  # noqa: SLF001

    def _padded(self, text: str) -> bytes:
        return self._pad(lossless(text))

    def _pad(self, text: bytes) -> bytes:
        missing = max(self.width - len(decoded_lossless(text)), 0)
        if "-" in self.flags:
            return text + b" " * missing
        return (b"0" if "0" in self.flags else b" ") * missing + text


def _in_base(value: int, base: int) -> str:
    if base == 10:  # noqa: PLR2004
        return str(value)
    digits = []
    while value:
        value, digit = divmod(value, base)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits)) or "0"


def _character(value: int) -> str:
    is_one = 0 <= value <= _LAST_CODE and value not in _SURROGATES
    return chr(value) if is_one else "\ufffd"
