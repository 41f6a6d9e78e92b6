"""Semantic versions, and how one comes before another.

Source: the rules of the library that the original uses (Masterminds/semver 3.4).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function
from sealer.templates.values import INVALID, Uint64

PARTS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
TAIL = rf"(?:-(?P<pre>{PARTS}))?(?:\+(?P<meta>{PARTS}))?"
_VERSION = re.compile(r"v?(?P<major>[0-9]+)(?:\.(?P<minor>[0-9]+))?(?:\.(?P<patch>[0-9]+))?" + TAIL)
_LARGEST = 2**64 - 1
_DIGITS = 20
Numbers = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Version:
    """A semantic version.

    Attributes:
        numbers: Major, minor and patch.
        pre: What stands behind the dash.
        meta: What stands behind the plus sign; it does not count.
        original: As it was written.
    """

    numbers: Numbers
    pre: str = ""
    meta: str = ""
    original: str = ""
    type_name: ClassVar[str] = "*semver.Version"
    kind_name: ClassVar[str] = "ptr"

    def __bytes__(self) -> bytes:
        """Return the version in full."""
        return self.json().encode()

    def json(self) -> str:
        """Return the version in full."""
        text = ".".join(map(str, self.numbers))
        return text + (f"-{self.pre}" if self.pre else "") + (f"+{self.meta}" if self.meta else "")

    def fields(self) -> tuple[tuple[str, object], ...]:
        """Return what Go's struct holds, for verbs that write no versions."""
        names = ("major", "minor", "patch", "pre", "metadata", "original")
        texts = (self.pre.encode(), self.meta.encode(), self.original.encode())
        return tuple(zip(names, (*map(Uint64, self.numbers), *texts), strict=True))

    def member(self, name: str) -> object:
        """Return a method of the library's Version."""
        major, minor, patch = self.numbers
        if name in _COMPARISONS:
            return Function("version", lambda other: _compare(name, self, other))
        values: dict[str, object] = {
            "Major": Uint64(major),
            "Minor": Uint64(minor),
            "Patch": Uint64(patch),
            "Prerelease": self.pre.encode(),
            "Metadata": self.meta.encode(),
            "Original": self.original.encode(),
            "String": bytes(self),
            "IncMajor": self._next(major + 1, 0, 0),
            "IncMinor": self._next(major, minor + 1, 0),
            "IncPatch": self._next(major, minor, patch if self.pre else patch + 1),
        }
        return values.get(name, INVALID)

    def _next(self, *numbers: int) -> "Version":
        major, minor, patch = (number % (_LARGEST + 1) for number in numbers)
        prefix = "v" * self.original.startswith("v")
        return Version((major, minor, patch), original=f"{prefix}{major}.{minor}.{patch}")


NO_VERSION = Version((0, 0, 0))
_COMPARISONS: dict[str, Callable[[int], object]] = {
    "Compare": lambda order: order,
    "Equal": lambda order: order == 0,
    "LessThan": lambda order: order < 0,
    "LessThanEqual": lambda order: order <= 0,
    "GreaterThan": lambda order: order > 0,
    "GreaterThanEqual": lambda order: order >= 0,
}


def _compare(name: str, one: Version, other: Version | None) -> object:
    if other is None and name == "Equal":
        return False
    if other is None:
        raise FunctionFault("runtime error: invalid memory address or nil pointer dereference")
    return _COMPARISONS[name](compared(one, other))


def parsed_version(text: str) -> Version:
    """Read a version; missing numbers are zero.

    Raises:
        FunctionFault: It is none.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise FunctionFault("invalid semantic version")
    major, minor, patch = (_number(match[name] or "0") for name in ("major", "minor", "patch"))
    pre = match["pre"] or ""
    if any(part.isdigit() and part[0] == "0" and len(part) > 1 for part in pre.split(".")):
        raise FunctionFault("version segment starts with 0")
    return Version((major, minor, patch), pre, match["meta"] or "", text)


def _number(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    if len(digits) > _DIGITS or int(digits) > _LARGEST:
        raise FunctionFault("error parsing version segment: value out of range")
    return int(digits)


def compared(one: Version, other: Version) -> int:
    """Return -1, 0 or 1 as one version is before, like or after another."""
    if one.numbers != other.numbers:
        return -1 if one.numbers < other.numbers else 1
    return compared_pre(one.pre, other.pre)


def compared_pre(one: str, other: str) -> int:
    """Return -1, 0 or 1 as one pre-release is before, like or after another; none is the last."""
    if not one or not other:
        return bool(other) - bool(one)
    mine, theirs = _precedence(one), _precedence(other)
    return (mine > theirs) - (mine < theirs)


def _precedence(pre: str) -> list[tuple[int, int, str]]:
    """Numbers come before words; a longer release comes after the shorter one it begins with."""
    parts = [(part, part.lstrip("0") or "0") for part in pre.split(".")]
    return [
        (0, int(digits), "") if part.isdigit() and len(digits) <= _DIGITS else (1, 0, part)
        for part, digits in parts
    ]
