"""Regular expressions in Go's syntax; RE2 does the work, in time linear to the text."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table
from sealer.templates.limits import check_items, check_text
from sealer.templates.show import decoded, decoded_lossless, lossless
from sealer.templates.values import NoStrings, Strings

_SPECIAL = frozenset(b"\\.+*?()|[]{}^$")
_REFERENCE = re.compile(rb"\$(?:\$|([0-9A-Za-z_]+)|\{([0-9A-Za-z_]+)\})")
# An escape; behind `\Q`, everything up to `\E` stands for itself.
_ESCAPE = re.compile(rb"\\(?:Q.*?(?:\\E|\Z)|(.))", re.DOTALL)
_MOST_MEMORY = 8 * 1024 * 1024
_LONGEST = 10_000
_STEPS, _WEIGHT = 15, 24
# What RE2 says, in the words of Go. The expression itself is left out: it may come from an item.
_WORDS = (
    ("missing )", "missing closing )"),
    ("missing ]", "missing closing ]"),
    ("unexpected )", "unexpected )"),
    ("invalid perl operator", "invalid or unsupported Perl syntax"),
    ("bad repetition operator", "invalid nested repetition operator"),
    ("no argument for repetition", "missing argument to repetition operator"),
    ("invalid repetition size", "invalid repeat count"),
    ("invalid character class range", "invalid character class range"),
    ("invalid escape", "invalid escape sequence"),
    ("trailing", "trailing backslash at end of expression"),
    ("invalid named capture", "invalid named capture"),
    ("invalid UTF-8", "invalid UTF-8"),
    ("too large", "expression too large"),
)


@lru_cache(maxsize=64)
def _compiled(expression: bytes) -> Any:  # noqa: ANN401 - the library has no types
    try:
        import re2  # type: ignore[import-untyped] # it has none
    except ImportError:
        raise FunctionFault(
            "regular expressions need the package google-re2: install sealer[templates]"
        ) from None
    if any(match[1] == b"C" for match in _ESCAPE.finditer(expression)):
        raise FunctionFault("error parsing regexp: invalid escape sequence")
    if len(expression) > _LONGEST:
        raise FunctionFault("error parsing regexp: expression too large")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        said = str(error)
        words = next((ours for theirs, ours in _WORDS if theirs in said), "invalid syntax")
        raise FunctionFault(f"error parsing regexp: {words}") from None


def _loudly(expression: bytes) -> Any:  # noqa: ANN401 - see above
    """Compile as Go's MustCompile does, with its words."""
    try:
        return _compiled(expression)
    except FunctionFault as fault:
        raise FunctionFault(f"regexp: Compile: {fault.message}") from None


@dataclass(frozen=True, slots=True)
class _Match:
    """Where an expression and its groups stand in a text."""

    text: bytes
    spans: tuple[tuple[int, int], ...]

    def group(self, number: int) -> bytes:
        """Return what a group holds; nothing for one that does not exist or took no part."""
        start, end = self.spans[number] if number < len(self.spans) else (0, 0)
        return self.text[start:end] if start >= 0 else b""


def _matches(pattern: Any, text: bytes) -> Iterator[_Match]:  # noqa: ANN401 - see above
    """Yield all matches; an empty one right behind another match does not count, as in Go."""
    seen = decoded(text).encode()
    original = _offsets(text) if seen != text else range(len(text) + 1)
    at, before, found = 0, -1, 0
    while at <= len(seen):
        match = pattern.search(seen, at)
        if match is None:
            return
        start, end = match.span()
        if end > start or start != before:
            found += 1
            check_items(found)
            spans = (match.span(group) for group in range(pattern.groups + 1))
            yield _Match(
                text, tuple((original[a], original[b]) if a >= 0 else (a, b) for a, b in spans)
            )
        before = end
        at = end if end > at else at + _width(seen, at)


def _offsets(text: bytes) -> dict[int, int]:
    """Return where characters begin, by where they do with U+FFFD for a byte that is no UTF-8."""
    offsets, at, seen = {0: 0}, 0, 0
    for character in decoded_lossless(text):
        at += len(lossless(character))
        seen += len(decoded(lossless(character)).encode())
        offsets[seen] = at
    return offsets


def _width(text: bytes, at: int) -> int:
    """Return how many bytes the character at an offset has."""
    width = 1
    while at + width < len(text) and text[at + width] & 0xC0 == 0x80:  # noqa: PLR2004 - UTF-8
        width += 1
    return width


def _match(pattern: Any, text: bytes) -> bool:  # noqa: ANN401 - see above
    return next(_matches(pattern, text), None) is not None


def _find(pattern: Any, text: bytes) -> bytes:  # noqa: ANN401 - see above
    match = next(_matches(pattern, text), None)
    return match.group(0) if match else b""


def _find_all(pattern: Any, text: bytes, count: int) -> Strings:  # noqa: ANN401 - see above
    found = Strings()
    for match in _matches(pattern, text):
        if 0 <= count <= len(found):
            break
        found.append(match.group(0))
    return found or NoStrings()


def _split(pattern: Any, text: bytes, count: int) -> Strings:  # noqa: ANN401 - see above
    if count == 0:
        return NoStrings()
    if pattern.pattern and not text:
        return Strings([b""])
    parts, at, end = Strings(), 0, 0
    for match in _matches(pattern, text):
        if 0 < count == len(parts) + 1:
            break
        end, behind = match.spans[0]
        if behind != 0:
            parts.append(text[at:end])
        at = behind
    if end != len(text):
        parts.append(text[at:])
    return parts


def _replace(pattern: Any, text: bytes, template: bytes) -> bytes:  # noqa: ANN401 - see above
    names = {
        name.encode() if isinstance(name, str) else name: n
        for name, n in pattern.groupindex.items()
    }
    return _replaced(pattern, text, lambda match: _expanded(match, template, names))


def _replace_literally(pattern: Any, text: bytes, new: bytes) -> bytes:  # noqa: ANN401 - see above
    return _replaced(pattern, text, lambda _: new)


def _replaced(pattern: Any, text: bytes, new: Callable[[_Match], bytes]) -> bytes:  # noqa: ANN401
    parts: list[bytes] = []
    at = size = 0
    for match in _matches(pattern, text):
        start, end = match.spans[0]
        parts += (text[at:start], new(match))
        size += len(parts[-1]) + len(parts[-2])
        check_text(size)
        at = end
    return b"".join(parts) + text[at:]


def _expanded(match: _Match, template: bytes, names: Mapping[bytes, int]) -> bytes:
    """Put groups in place of `$1`, `${1}` and `${name}`; one that does not exist is empty."""

    def group(reference: re.Match[bytes]) -> bytes:
        name = reference[1] or reference[2]
        if name is None:
            return b"$"
        number = int(name[:9]) if name.isdigit() else names.get(name)
        return b"" if number is None else match.group(number)

    return _REFERENCE.sub(group, template)


def _quoted(text: bytes) -> bytes:
    return b"".join(b"\\" + bytes([b]) if b in _SPECIAL else bytes([b]) for b in text)


def _matches_quietly(expression: bytes, text: bytes) -> bool:
    try:
        return _match(_compiled(expression), text)
    except FunctionFault:
        return False


_FUNCTIONS: dict[str, tuple[str, Callable[..., object]]] = {
    "Find": ("string string", _find),
    "FindAll": ("string string int", _find_all),
    "ReplaceAll": ("string string string", _replace),
    "ReplaceAllLiteral": ("string string string", _replace_literally),
    "Split": ("string string int", _split),
}


def _named(
    signature: str, call: Callable[..., object], compiled: Callable[[bytes], object]
) -> Function:
    return Function(
        signature,
        lambda expression, *rest: call(compiled(expression), *rest),
        steps=_STEPS,
        weight=_WEIGHT,
    )


TABLE: Table = {
    "regexMatch": Function("string string", _matches_quietly),
    "mustRegexMatch": _named("string string", _match, _compiled),
    "regexQuoteMeta": Function("string", _quoted),
    **{f"regex{name}": _named(*parts, _loudly) for name, parts in _FUNCTIONS.items()},
    **{f"mustRegex{name}": _named(*parts, _compiled) for name, parts in _FUNCTIONS.items()},
}
