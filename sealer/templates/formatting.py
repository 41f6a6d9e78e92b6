"""`printf`: values are put into a template of text, as Go's fmt does it."""

import re
from collections.abc import Sequence

from sealer.templates.faults import LimitFault
from sealer.templates.limits import check_text
from sealer.templates.show import Form, decoded, decoded_lossless, lossless
from sealer.templates.values import is_integer, type_name

_FLAGS = re.compile(r"[-+# 0]*")
_NUMBER = re.compile(r"[0-9]+")
_TOO_LARGE = 1_000_000
_WIDEST = 10_000


def formatted(template: bytes, values: Sequence[object]) -> bytes:
    """Return what `printf` gives.

    Raises:
        LimitFault: A width or precision is absurd, or the text too long.
    """
    return _Formatter(decoded_lossless(template), values).run()


class _Formatter:
    """Goes through the template; `_next` is the value that the next verb takes."""

    def __init__(self, template: str, values: Sequence[object]) -> None:
        self._template = template
        self._values = values
        self._at = 0
        self._next = 0
        self._is_reordered = False
        self._is_good = True  # no index of the present verb is wrong
        self._behind_index = False
        self._parts: list[bytes] = []
        self._size = 0

    def run(self) -> bytes:
        """Return the text with the values in it."""
        while (percent := self._template.find("%", self._at)) >= 0:
            self._write(lossless(self._template[self._at : percent]))
            self._at = percent + 1
            self._directive()
        self._write(lossless(self._template[self._at :]))
        rest = self._values[self._next :]
        if rest and not self._is_reordered:
            self._write(b"%!(EXTRA " + b", ".join(map(_extra, rest)) + b")")
        return b"".join(self._parts)

    def _write(self, text: bytes) -> None:
        self._size += len(text)
        check_text(self._size)
        self._parts.append(text)

    def _directive(self) -> None:
        self._is_good = True
        self._behind_index = False
        flags = self._take(_FLAGS)
        self._take_index()
        width, flags = self._width(flags)
        precision = self._precision()
        if not self._behind_index:
            self._take_index()
        verb = self._template[self._at : self._at + 1]
        self._at += 1
        if not verb:
            self._write(b"%!(NOVERB)")
        else:
            self._write(self._one(decoded(lossless(verb)), flags, width, precision))

    def _one(self, verb: str, flags: str, width: int, precision: int | None) -> bytes:
        if verb == "%":
            return b"%"
        if not self._is_good:
            return f"%!{verb}(BADINDEX)".encode()
        if self._next >= len(self._values):
            return f"%!{verb}(MISSING)".encode()
        self._next += 1
        is_go_syntax = has_names = False
        if verb in "vw":
            is_go_syntax, has_names = "#" in flags, "+" in flags
            flags = flags.replace("#", "").replace("+", "")
        form = Form(verb, flags, width, precision, is_go_syntax, has_names)
        return form.argument(self._values[self._next - 1])

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._template, self._at)
        self._at = match.end() if match else self._at
        return match[0] if match else ""

    def _take_index(self) -> None:
        """Read `[2]`, after which the second value comes next."""
        self._behind_index = False
        if self._template[self._at : self._at + 1] != "[":
            return
        self._is_reordered = True
        end = self._template.find("]", self._at)
        inside = self._template[self._at + 1 : end]
        self._at = self._at + 1 if end < 0 else end + 1
        if end < 0 or not _NUMBER.fullmatch(inside) or len(inside.lstrip("0")) > len("1000000"):
            self._is_good = False
            return
        self._behind_index = True
        if 1 <= int(inside) <= len(self._values):
            self._next = int(inside) - 1
        else:
            self._is_good = False

    def _width(self, flags: str) -> tuple[int, str]:
        if self._template[self._at : self._at + 1] == "*":
            width = self._measure(b"%!(BADWIDTH)") or 0
            if width < 0:
                return -width, flags.replace("0", "") + "-"
            return width, flags
        digits = self._take(_NUMBER)
        if digits and self._behind_index:
            self._is_good = False
        return _checked(digits), flags

    def _precision(self) -> int | None:
        if self._template[self._at : self._at + 1] != "." or self._at + 1 == len(self._template):
            return None
        self._at += 1
        if self._behind_index:
            self._is_good = False
        self._take_index()
        if self._template[self._at : self._at + 1] != "*":
            return _checked(self._take(_NUMBER))
        return self._measure(b"%!(BADPREC)", smallest=0)

    def _measure(self, fault: bytes, smallest: int = -_TOO_LARGE) -> int | None:
        """Return the width or precision that `*` takes from the next value."""
        self._at += 1
        self._behind_index = False
        value = self._values[self._next] if self._next < len(self._values) else None
        self._next += self._next < len(self._values)
        if is_integer(value) and isinstance(value, int) and smallest <= value <= _TOO_LARGE:
            return _checked(str(int(value)))
        self._write(fault)
        return None


def _checked(digits: str) -> int:
    """Return a width or precision that stands in the template.

    Raises:
        LimitFault: It is absurd.
    """
    number = int(digits[:10] or 0)
    if abs(number) > _WIDEST:
        raise LimitFault(f"a width or precision above {_WIDEST}")
    return number


def _extra(value: object) -> bytes:
    shown = Form("v").argument(value)
    return shown if value is None else type_name(value).encode() + b"=" + shown
