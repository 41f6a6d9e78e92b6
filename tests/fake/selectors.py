"""Label and field selectors: which objects a list or a watch is about."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.fake.kinds import Kind
from tests.fake.refusals import bad_request

__all__ = ["Match", "matcher"]

Match = Callable[[Mapping[str, Any]], bool]

_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9_.\-/]*[A-Za-z0-9])?"
_VALUE = rf"(?:{_WORD})?"
_SET = re.compile(rf"({_WORD})\s+(in|notin)\s+\(([^()]*)\)")
_EQUAL = re.compile(rf"({_WORD})\s*(==|=|!=)\s*({_VALUE})")
_EXISTS = re.compile(rf"(!?)\s*({_WORD})")
_SPLIT = re.compile(r",(?![^()]*\))")


def matcher(kind: Kind, namespace: str, labels: str, fields: str) -> Match:
    """Return whether an object is in the namespace (any when empty) and fits both selectors.

    Raises:
        Refusal: A selector cannot be read, or asks for a field that this kind does not offer.
    """
    tests = [_label_test(part.strip()) for part in _SPLIT.split(labels)] if labels else []
    tests += [_field_test(kind, part.strip()) for part in fields.split(",")] if fields else []
    if namespace:
        tests.append(lambda obj: bool(obj["metadata"].get("namespace") == namespace))
    return lambda obj: all(test(obj) for test in tests)


def _labels(obj: Mapping[str, Any]) -> Mapping[str, str]:
    return obj["metadata"].get("labels") or {}


def _label_test(text: str) -> Match:
    if found := _SET.fullmatch(text):
        key, operator, values = found.groups()
        wanted = {value.strip() for value in values.split(",")}
        if operator == "in":
            return lambda obj: _labels(obj).get(key) in wanted
        return lambda obj: _labels(obj).get(key) not in wanted
    if found := _EQUAL.fullmatch(text):
        key, operator, value = found.groups()
        if operator == "!=":
            return lambda obj: _labels(obj).get(key) != value
        return lambda obj: _labels(obj).get(key) == value
    if found := _EXISTS.fullmatch(text):
        absent, key = found.groups()
        return lambda obj: (key in _labels(obj)) != bool(absent)
    raise bad_request(f"unable to parse requirement: {text!r}")


def _field_test(kind: Kind, text: str) -> Match:
    found = re.fullmatch(r"([^=!]+)(==|=|!=)(.*)", text)
    if not found:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{text}'")
    path, operator, value = found.groups()
    if path not in kind.fields:
        raise bad_request(f"field label not supported: {path}")

    def test(obj: Mapping[str, Any]) -> bool:
        part: Any = obj
        for name in path.split("."):
            part = (part or {}).get(name, "")
        return bool((part == value) == (operator != "!="))

    return test
