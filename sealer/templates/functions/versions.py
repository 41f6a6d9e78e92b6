"""Semantic versions, and conditions on them such as `^1.2 || >=3`.

Source: the rules of the library that the original uses (Masterminds/semver 3).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table
from sealer.templates.show import decoded
from sealer.templates.values import INVALID, Uint64

_PARTS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_TAIL = rf"(?:-(?P<pre>{_PARTS}))?(?:\+(?P<meta>{_PARTS}))?"
_VERSION = re.compile(
    r"v?(?P<major>[0-9]+)(?:\.(?P<minor>[0-9]+))?(?:\.(?P<patch>[0-9]+))?" + _TAIL
)
_PART = r"(?:0|[1-9][0-9]*|[0-9]+|[xX*])"
_CONDITION = (
    r"(?P<sign>=|!=|>=|=>|<=|=<|>|<|~>|~|\^)?\s*v?(?P<major>"
    + _PART
    + r")(?:\.(?P<minor>"
    + _PART
    + r"))?(?:\.(?P<patch>"
    + _PART
    + r"))?"
    + _TAIL
)
_ONE = re.compile(r"\s*" + _CONDITION + r"\s*")
_RANGE = re.compile(
    r"\s*(v?[0-9xX*.]+(?:[-+][0-9A-Za-z.+-]+)?)\s+-\s+(v?[0-9xX*.]+(?:[-+][0-9A-Za-z.+-]+)?)\s*"
)
_LONGEST = 256
_LARGEST = 2**64 - 1
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

    def member(self, name: str) -> object:
        """Return a method of the library's Version."""
        major, minor, patch = self.numbers
        if name in _COMPARISONS:
            return Function("version", lambda other: _COMPARISONS[name](compared(self, other)))
        values: dict[str, object] = {
            "Major": Uint64(major),
            "Minor": Uint64(minor),
            "Patch": Uint64(patch),
            "Prerelease": self.pre.encode(),
            "Metadata": self.meta.encode(),
            "Original": self.original.encode(),
            "String": bytes(self),
            "IncMajor": _new(major + 1, 0, 0),
            "IncMinor": _new(major, minor + 1, 0),
            "IncPatch": _new(major, minor, patch if self.pre else patch + 1),
        }
        return values.get(name, INVALID)


_COMPARISONS: dict[str, Callable[[int], object]] = {
    "Compare": lambda order: order,
    "Equal": lambda order: order == 0,
    "LessThan": lambda order: order < 0,
    "LessThanEqual": lambda order: order <= 0,
    "GreaterThan": lambda order: order > 0,
    "GreaterThanEqual": lambda order: order >= 0,
}


def _new(*numbers: int) -> Version:
    major, minor, patch = numbers
    return Version((major, minor, patch), original=f"{major}.{minor}.{patch}")


def parsed_version(text: str) -> Version:
    """Read a version; missing numbers are zero.

    Raises:
        FunctionFault: It is none.
    """
    match = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise FunctionFault("invalid semantic version")
    numbers = tuple(int(match[name] or 0) for name in ("major", "minor", "patch"))
    pre = match["pre"] or ""
    if max(numbers) > _LARGEST:
        raise FunctionFault("invalid semantic version")
    if any(part.isdigit() and part[0] == "0" and len(part) > 1 for part in pre.split(".")):
        raise FunctionFault("version segment starts with 0")
    return Version((numbers[0], numbers[1], numbers[2]), pre, match["meta"] or "", text)


def compared(one: Version, other: Version) -> int:
    """Return -1, 0 or 1 as one version is before, like or after another."""
    if one.numbers != other.numbers:
        return -1 if one.numbers < other.numbers else 1
    if not one.pre or not other.pre:
        return bool(other.pre) - bool(one.pre)
    mine, theirs = map(_precedence, (one.pre, other.pre))
    return (mine > theirs) - (mine < theirs)


def _precedence(pre: str) -> list[tuple[int, int, str]]:
    """Numbers come before words; a longer release comes after the shorter one it begins with."""
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in pre.split(".")]


@dataclass(frozen=True, slots=True)
class _Condition:
    """One comparison of a condition, and how many of its numbers are given."""

    sign: str
    version: Version
    given: int

    def holds(self, version: Version) -> bool:
        """Tell whether a version fulfils it; pre-releases only where it names one itself."""
        if version.pre and not self.version.pre and self.sign != "!=":
            return False
        order = compared(version, self.version)
        match self.sign:
            case "=" | "":
                return order == 0 if self.given == 3 else self._tilde(version)  # noqa: PLR2004
            case "!=":
                return not self._is_prefix(version)
            case ">":
                return self._is_after(version, order)
            case ">=" | "=>":
                return order >= 0
            case "<":
                return order < 0
            case "<=" | "=<":
                return order <= 0 or (self.given < 3 and self._is_prefix(version))  # noqa: PLR2004
            case "~" | "~>":
                return self._tilde(version)
            case _:
                return self._caret(version)

    def _is_prefix(self, version: Version) -> bool:
        if self.given == 3:  # noqa: PLR2004
            return compared(version, self.version) == 0
        return version.numbers[: self.given] == self.version.numbers[: self.given]

    def _is_after(self, version: Version, order: int) -> bool:
        if self.given == 3:  # noqa: PLR2004
            return order > 0
        return version.numbers[: self.given] > self.version.numbers[: self.given]

    def _tilde(self, version: Version) -> bool:
        if compared(version, self.version) < 0:
            return False
        count = min(self.given, 2)
        return version.numbers[:count] == self.version.numbers[:count]

    def _caret(self, version: Version) -> bool:
        if compared(version, self.version) < 0:
            return False
        numbers = self.version.numbers
        if numbers[0] or self.given < 2:  # noqa: PLR2004
            count = 1 if self.given else 0
        elif numbers[1] or self.given < 3:  # noqa: PLR2004
            count = 2
        else:
            count = 3
        return version.numbers[:count] == numbers[:count]


def _conditions(text: str) -> list[list[_Condition]]:
    return [_all_of(part) for part in text.split("||")]


def _all_of(text: str) -> list[_Condition]:
    """Read conditions that hold together; `1.2 - 1.4` stands for two."""
    text = _RANGE.sub(r" >=\1, <=\2 ", text)
    found: list[_Condition] = []
    for part in text.split(","):
        at = 0
        while at < len(part) or not part:
            match = _ONE.match(part, at)
            if match is None or match.end() == at:
                raise FunctionFault("improper constraint")
            found.append(_condition(match))
            at = match.end()
            if at < len(part) and not part[at - 1].isspace() and part[at].isalnum():
                raise FunctionFault("improper constraint")
    return found


def _condition(match: re.Match[str]) -> _Condition:
    texts = [match["major"], match["minor"], match["patch"]]
    numbers: list[int] = []
    for text in texts:
        if text is None or text in "xX*":
            break
        numbers.append(int(text))
    given = len(numbers)
    major, minor, patch = numbers + [0] * (3 - given)
    sign = match["sign"] or ""
    if not given and sign in ("", "="):
        sign = ">="
    version = Version((major, minor, patch), match["pre"] or "")
    return _Condition(sign, version, given)


def _compare(condition: bytes, version: bytes) -> bool:
    alternatives = _conditions(decoded(condition))
    parsed = parsed_version(decoded(version))
    return any(all(each.holds(parsed) for each in every) for every in alternatives)


TABLE: Table = {
    "semver": Function("string", lambda text: parsed_version(decoded(text))),
    "semverCompare": Function("string string", _compare),
}
