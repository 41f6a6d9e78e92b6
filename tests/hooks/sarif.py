"""The rules of the published schema of SARIF 2.1.0, for the objects that the hook writes.

Objects of the schema are closed: a property that is not listed there is a fault. Not listed here
is also what the schema has and the hook does not write.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[Any], bool]

_URI_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-F]{2})+")


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_index(value: object) -> bool:
    return isinstance(value, int) and value >= -1


def _is_uri(value: object) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme != ""


def _is_uri_reference(value: object) -> bool:
    return isinstance(value, str) and _URI_CHARACTERS.fullmatch(value) is not None


def _are_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


_LEVEL = _one_of("none", "note", "warning", "error")
# Property: a check, the name of an object, or the name of an object in a list of those.
_OBJECTS: dict[str, dict[str, Check | str | list[str]]] = {
    "log": {"$schema": _is_uri, "version": _one_of("2.1.0"), "runs": ["run"]},
    "run": {
        "tool": "tool",
        "invocations": ["invocation"],
        "columnKind": _one_of("utf16CodeUnits", "unicodeCodePoints"),
        "results": ["result"],
    },
    "tool": {"driver": "driver"},
    "driver": {"name": _is_text, "version": _is_text, "rules": ["rule"]},
    "rule": {
        "id": _is_text,
        "name": _is_text,
        "shortDescription": "text",
        "fullDescription": "text",
        "help": "text",
        "defaultConfiguration": "configuration",
        "properties": lambda bag: all(isinstance(tag, str) for tag in bag["tags"]),
    },
    "text": {"text": _is_text},
    "configuration": {"level": _LEVEL},
    "invocation": {
        "executionSuccessful": lambda value: isinstance(value, bool),
        "exitCode": lambda value: isinstance(value, int),
        "toolExecutionNotifications": ["notification"],
    },
    "notification": {"level": _LEVEL, "message": "text", "locations": ["location"]},
    "result": {
        "ruleId": _is_text,
        "ruleIndex": _is_index,
        "level": _LEVEL,
        "message": "text",
        "locations": ["location"],
        "partialFingerprints": _are_texts,
        "suppressions": ["suppression"],
    },
    "location": {"physicalLocation": "place"},
    "place": {"artifactLocation": "artifact", "region": "region"},
    "artifact": {"uri": _is_uri_reference},
    "region": dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), _is_count),
    "suppression": {"kind": _one_of("inSource", "external"), "justification": _is_text},
}
_REQUIRED = {
    "log": {"version", "runs"},
    "run": {"tool"},
    "tool": {"driver"},
    "driver": {"name"},
    "rule": {"id"},
    "text": {"text"},
    "invocation": {"executionSuccessful"},
    "notification": {"message"},
    "result": {"message"},
    "suppression": {"kind"},
}


def faults(value: object, kind: str = "log", where: str = "") -> Iterator[str]:
    """Yield each place where an object breaks the schema."""
    if not isinstance(value, dict):
        yield f"{where}: no object"
        return
    fields = _OBJECTS[kind]
    yield from (f"{where}/{name}: missing" for name in _REQUIRED.get(kind, set()) - value.keys())
    for name, part in value.items():
        path, rule = f"{where}/{name}", fields.get(name)
        if rule is None:
            yield f"{path}: unknown"
        elif isinstance(rule, str):
            yield from faults(part, rule, path)
        elif isinstance(rule, list):
            for number, item in enumerate(part):
                yield from faults(item, rule[0], f"{path}/{number}")
        elif not rule(part):
            yield f"{path}: {part!r}"
