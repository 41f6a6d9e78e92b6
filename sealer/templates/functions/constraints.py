"""Conditions on versions, such as `^1.2 || >=3`, and whether a version fulfils them.

Source: the rules of the library that the original uses (Masterminds/semver 3.4).
"""

import re
from dataclasses import dataclass

from sealer.templates.faults import FunctionFault, LimitFault
from sealer.templates.function import Function, Table
from sealer.templates.functions.versions import (
    PARTS,
    TAIL,
    Version,
    compared,
    compared_pre,
    parsed_version,
)
from sealer.templates.show import decoded

_LONGEST = 1000
_PART = r"[0-9|xX*]+"  # a bar is none, but only the last step of the library says so
_BLANK = r"[\t\n\f\r ]"
_VERSION = rf"v?{_PART}(?:\.{_PART})?(?:\.{_PART})?(?:-{PARTS})?(?:\+{PARTS})?"
_RANGE = re.compile(rf"{_BLANK}*({_VERSION}){_BLANK}+-{_BLANK}+({_VERSION}){_BLANK}*")
_ONE = re.compile(
    rf"{_BLANK}*(?P<sign>!=|>=|=>|<=|=<|~>|=|>|<|~|\^|){_BLANK}*(?P<whole>v?(?P<major>{_PART})"
    rf"(?:\.(?P<minor>{_PART}))?(?:\.(?P<patch>{_PART}))?{TAIL})"
)
_SEPARATOR = re.compile(rf"{_BLANK}*,|{_BLANK}+")
_ANY = ("x", "X", "*", None)


@dataclass(frozen=True, slots=True)
class _Condition:
    """One comparison.

    Attributes:
        sign: How to compare.
        version: What to compare with; a number that is not given is 0.
        given: How many of its numbers are given.
    """

    sign: str
    version: Version
    given: int

    def holds(self, version: Version) -> bool:
        """Tell whether a version fulfils it."""
        order = compared(version, self.version)
        is_whole = self.given == len(version.numbers)
        match self.sign:
            case "=" | "" if is_whole:
                return order == 0
            case "=" | "" | "~" | "~>":
                return order >= 0 and self._has_same_minor(version)
            case "!=":
                return not self._is_equal(version)
            case ">":
                return order > 0 if is_whole or not self.given else self._is_after(version)
            case "<":
                return order < 0
            case ">=" | "=>":
                return order >= 0
            case "<=" | "=<":
                return order <= 0 if is_whole else self._is_not_after(version)
        return order >= 0 and self._has_same_left(version)

    def _has_same_minor(self, version: Version) -> bool:
        """`~`: what stands left of the patch is the same; all versions are above `~0.0.0`."""
        if self.version.numbers == (0, 0, 0) and self.given in (0, 3):
            return True
        count = 1 if self.given == 1 else 2
        return version.numbers[:count] == self.version.numbers[:count]

    def _has_same_left(self, version: Version) -> bool:
        """`^`: nothing left of the first number that is not 0 is another."""
        major, minor, _ = self.version.numbers
        if major or self.given == 1:
            return version.numbers[0] == major
        count = 2 if minor or self.given == 2 else 3  # noqa: PLR2004
        return version.numbers[:count] == self.version.numbers[:count]

    def _is_equal(self, version: Version) -> bool:
        if self.given in (0, 3):
            return compared(version, self.version) == 0
        if version.numbers[: self.given] != self.version.numbers[: self.given]:
            return False
        return self.given == 1 or compared_pre(version.pre, self.version.pre) == 0

    def _is_after(self, version: Version) -> bool:
        return version.numbers[: self.given] > self.version.numbers[: self.given]

    def _is_not_after(self, version: Version) -> bool:
        count = 1 if self.given == 1 else 2
        return version.numbers[:count] <= self.version.numbers[:count]


def _compare(condition: bytes, version: bytes) -> bool:
    alternatives = [_all_of(part) for part in _without_ranges(decoded(condition)).split("||")]
    parsed = parsed_version(decoded(version))
    return any(_all_hold(conditions, parsed) for conditions in alternatives)


def _without_ranges(text: str) -> str:
    """Write `1.2 - 1.4` as two comparisons."""
    if len(text) > _LONGEST:
        raise LimitFault(f"a condition of more than {_LONGEST} characters")
    for match in [*_RANGE.finditer(text)]:
        text = text.replace(match[0], f">= {match[1]}, <= {match[2]} ", 1)
    return text


def _all_hold(conditions: list[_Condition], version: Version) -> bool:
    """Pre-releases only fulfil conditions of which one names a pre-release itself."""
    if version.pre and not any(each.version.pre for each in conditions):
        return False
    return all(each.holds(version) for each in conditions)


def _all_of(text: str) -> list[_Condition]:
    """Read conditions that hold together, with commas or blanks between them."""
    matches: list[re.Match[str]] = []
    text = text.rstrip("\t\n\f\r ")
    at: int | None = 0
    while at is not None:
        match = _ONE.match(text, at)
        if match is None:
            raise FunctionFault("improper constraint")
        matches.append(match)
        separator = _SEPARATOR.match(text, match.end())
        if separator is None and match.end() < len(text):
            raise FunctionFault("improper constraint")
        at = separator.end() if separator else None
    return [_condition(match) for match in matches]


def _condition(match: re.Match[str]) -> _Condition:
    given, pre = 0, f"-{match['pre']}" if match["pre"] else ""
    while given < len("123") and match[("major", "minor", "patch")[given]] not in _ANY:
        given += 1
    numbers = [match["major"], match["minor"], match["patch"]][:given] + ["0"] * (3 - given)
    try:
        version = parsed_version(match["whole"] if given == 3 else ".".join(numbers) + pre)  # noqa: PLR2004
    except FunctionFault:
        raise FunctionFault("constraint parser error") from None
    return _Condition(match["sign"], version, given)


TABLE: Table = {
    "semver": Function("string", lambda text: parsed_version(decoded(text)), steps=5),
    "semverCompare": Function("string string", _compare, steps=40),
}
