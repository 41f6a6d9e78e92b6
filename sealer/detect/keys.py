"""Private keys in any text: PEM and its relatives, age identities, and base64 of either.

What counts is the material, not the words around it: a label without a body, or with a body of
dots, is an example. A passphrase on a key changes nothing, since nobody knows how good it is.
"""

import base64
import re
from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.rules import AGE_IDENTITY, PRIVATE_KEY, Rule
from sealer.detect.sighting import Sighting

# The smallest key, Ed25519 as PuTTY writes it, has 48 characters of base64.
_LEAST_MATERIAL = 40
_LONGEST_BLOCK = 100_000
_PEM, _AGE = "PRIVATE KEY", "AGE-SECRET-KEY-"

# All patterns are linear: what is repeated is possessive, or cannot begin as what follows it. What
# looks like a header may begin the next key, so that only some are read: no key has more.
_BEGIN = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"|---- BEGIN SSH2 (?:ENCRYPTED )?PRIVATE KEY ----"
    r"|Private-Lines: ?[0-9]{1,4}"  # PuTTY
)
_END = re.compile(r"-{4,5} ?END [A-Z0-9 ]{1,60}-{4,5}")
# Between lines of a key: line ends, also as escapes; quotes, `+` and `.` of program text; dashes
# of a list; comments.
_BETWEEN = (
    r"(?:\r?\n[ \t]*+(?://|-[ \t])[ \t]*+|\\++[nrt]|[\"'`][ \t]*+[+.][ \t]*+|&#(?:10|xA);"
    r"|[\s\"'`,\\#*;|>])*+"
)
_HEADER = rf"(?:[A-Za-z][A-Za-z0-9-]{{0,40}}: [^\r\n\\\"]{{0,300}}+{_BETWEEN}){{0,10}}+"
_MATERIAL = re.compile(
    rf"{_BETWEEN}{_HEADER}(?P<body>(?:[A-Za-z0-9+/]{{16,}}+{_BETWEEN})*+[A-Za-z0-9+/]*+={{0,3}})"
)
_NOT_BASE64 = re.compile(r"\\+[nrt]|[^A-Za-z0-9+/]")
_IDENTITY = re.compile(r"AGE-SECRET-KEY-(?:PQ-)?1(?P<body>[0-9A-Z]{40,})")
_MASK = {"x"}


def _encoded(word: str) -> tuple[str, ...]:
    """Return what base64 makes of a word, for each of the three places in which it can begin.

    The characters that depend on what stands around it are left out, so that each form begins and
    ends with a whole group.
    """
    starts = (0, 2, 1)
    parts = (word[start : start + (len(word) - start) // 3 * 3] for start in starts)
    return tuple(base64.b64encode(part.encode()).decode() for part in parts)


_FORMS = {
    form: (word, word[: (0, 2, 1)[n]])
    for word in (_PEM, _AGE)
    for n, form in enumerate(_encoded(word))
}
_ENCODED = re.compile("|".join(_FORMS))
_GROUPS = re.compile(r"(?:[A-Za-z0-9+/]++|\\++[nrt]|\s++)*+")
_LEADING = re.compile(r"[A-Za-z0-9+/]*+\Z")
# How much is read to see what it is; the first look settles it for nearly everything.
_GLANCE, _READ, _LONGEST_LINE = 24, 1200, 200
_RIGHT = re.compile(r"PRIVATE KEY(?: BLOCK)?-----|AGE-SECRET-KEY-(?:PQ-)?1")


def keys_in_text(page: Page) -> Iterator[Sighting]:
    """Report each private key and age identity of a text, in clear or in base64."""
    yield from _private_keys(page)
    for match in _IDENTITY.finditer(page.text, page.start, page.end):
        if _is_material(match["body"]):
            yield _sighting(AGE_IDENTITY, match.start(), match.end())
    yield from _encoded_keys(page)


def _private_keys(page: Page) -> Iterator[Sighting]:
    done = page.start
    for begin in _BEGIN.finditer(page.text, page.start, page.end):
        if begin.start() < done:
            continue
        limit = min(page.end, begin.end() + _LONGEST_BLOCK)
        body = _MATERIAL.match(page.text, begin.end(), limit)
        if body is not None and _is_material(body["body"]):
            end = _END.match(page.text, body.end(), limit)
            done = end.end() if end else body.end()
            yield _sighting(PRIVATE_KEY, begin.start(), done)


def _encoded_keys(page: Page) -> Iterator[Sighting]:
    text, done = page.text, page.start
    for match in _ENCODED.finditer(text, page.start, page.end):
        if match.start() < done:
            continue
        rule = _rule_of(match[0], text, match.start(), page.end)
        if rule is not None:
            groups = _GROUPS.match(text, match.start(), min(page.end, match.end() + _LONGEST_BLOCK))
            done = groups.end() if groups else match.end()
            yield _sighting(rule, _start_of(text, match.start()), done)


def _rule_of(form: str, text: str, start: int, end: int) -> Rule | None:
    """Return what is wrong with base64 that begins with one of the forms, if anything is."""
    word, missing = _FORMS[form]
    if not _RIGHT.match(missing + _decoded(text, start, min(end, start + _GLANCE))):
        return None
    decoded = missing + _decoded(text, start, min(end, start + _READ))
    if word == _AGE:
        identity = _IDENTITY.match(decoded)
        return AGE_IDENTITY if identity and _is_material(identity["body"]) else None
    body = _MATERIAL.match(decoded, decoded.index("-----") + len("-----"))
    return PRIVATE_KEY if body is not None and _is_material(body["body"]) else None


def _decoded(text: str, start: int, end: int) -> str:
    groups = _GROUPS.match(text, start, end)
    kept = _NOT_BASE64.sub("", groups[0]) if groups else ""
    return base64.b64decode(kept[: len(kept) // 4 * 4]).decode(errors="replace")


def _start_of(text: str, inside: int) -> int:
    """Return where the run of base64 begins that a place stands in, as far as it is on the line."""
    first = max(0, inside - _LONGEST_LINE)
    leading = _LEADING.search(text[first:inside])
    return inside - len(leading[0]) if leading else inside


def _is_material(body: str) -> bool:
    """Tell whether it can be a key: long enough, and no row of crosses."""
    material = _NOT_BASE64.sub("", body)
    return len(material) >= _LEAST_MATERIAL and set(material.lower()) != _MASK


def _sighting(rule: Rule, start: int, end: int) -> Sighting:
    return Sighting(rule, start, "", end - start, end=end)
