"""Label selectors, as `kubectl -l` takes them: `app=db,tier in (a,b),!old`.

In a cluster the API server evaluates them; they are read here so that a mistake is told at the
start, and so that they work on folders too. Source: Kubernetes' labels.Parse.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Selector", "check_label_key", "check_label_value", "parse_selector"]

_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_DNS = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_KEY = re.compile(rf"(?P<prefix>{_DNS}(\.{_DNS})*/)?{_NAME}")
_VALUE = re.compile(rf"({_NAME})?")
_LONGEST_PREFIX = 253
_KEY_TEXT = r"[^\s,=!()]+"
_TERM = re.compile(
    rf"(?P<absent>!\s*(?P<missing>{_KEY_TEXT}))"
    rf"|(?P<key>{_KEY_TEXT})"
    r"(\s+(?P<operator>in|notin)\s*\((?P<several>[^()]*)\)|\s*(?P<sign>==?|!=)\s*(?P<one>[^\s,()=!]*))?"
)


def check_label_key(text: str) -> None:
    """Refuse what is no key of a label or annotation.

    Raises:
        ValueError: It says what a key looks like.
    """
    found = _KEY.fullmatch(text)
    if found is None or len(found["prefix"] or "") > _LONGEST_PREFIX + 1:
        raise ValueError(f"{text!r} is no label key, such as app or example.com/app")


def check_label_value(text: str) -> None:
    """Refuse what is no value of a label.

    Raises:
        ValueError: It says what a value looks like.
    """
    if _VALUE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no label value: at most 63 letters, digits, '-', '_', '.'")


@dataclass(frozen=True, slots=True)
class _Term:
    """One requirement.

    Attributes:
        key: The label.
        values: The values that it is about; None when only its presence counts.
        is_wanted: Whether the label must be so, or must not.
    """

    key: str
    values: frozenset[str] | None
    is_wanted: bool

    def matches(self, labels: Mapping[str, str]) -> bool:
        if self.values is None:
            return (self.key in labels) is self.is_wanted
        return (labels.get(self.key) in self.values) is self.is_wanted


@dataclass(frozen=True, slots=True)
class Selector:
    """A label selector: every requirement must hold; one without any selects everything.

    Attributes:
        text: The selector as it was written.
    """

    text: str = ""
    _terms: tuple[_Term, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether an object with these labels is selected."""
        return all(term.matches(labels) for term in self._terms)

    def __str__(self) -> str:
        """Return the selector as it was written."""
        return self.text


def parse_selector(text: str) -> Selector:
    """Return the selector that a text stands for.

    Raises:
        ValueError: It is none; the message says where.
    """
    return Selector(text, tuple(_terms(text)))


def _terms(text: str) -> Iterator[_Term]:
    at = _blanks(text, 0)
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            raise ValueError(f"{text!r} is no label selector: a label is expected at {at}")
        yield _term(found)
        at = _blanks(text, found.end())
        if at < len(text):
            if text[at] != ",":
                raise ValueError(f"{text!r} is no label selector: a comma is expected at {at}")
            at = _blanks(text, at + 1)
            if at == len(text):
                raise ValueError(f"{text!r} is no label selector: it ends with a comma")


def _term(found: re.Match[str]) -> _Term:
    key = found["missing"] or found["key"]
    check_label_key(key)
    if found["absent"]:
        return _Term(key, None, is_wanted=False)
    if found["operator"]:
        values = frozenset(value.strip() for value in found["several"].split(","))
        is_wanted = found["operator"] == "in"
    elif found["sign"]:
        values = frozenset((found["one"],))
        is_wanted = found["sign"] != "!="
    else:
        return _Term(key, None, is_wanted=True)
    for value in values:
        check_label_value(value)
    return _Term(key, values, is_wanted)


def _blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
