r"""Objects as the original writes them, byte for byte but for the ciphertext (compat.md 4.2).

JSON has the order of Go's structs, YAML that of its library: keys sorted with numbers by their size
(`k2` before `k10`), `"` where a bare scalar would mean something else, `'` where it could not stand
bare, `|` for lines.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cmp_to_key
from itertools import takewhile
from typing import Any

import yaml

from sealer.documents.scalars import resolve

_Shape = Mapping[str, Any]  # fields in their order, and the shapes of their values


def _fields(*names: str, **shapes: _Shape) -> _Shape:
    return {name: shapes.get(name, {}) for name in names}


_METADATA = _fields(
    *("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation"),
    *("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"),
    *("labels", "annotations", "ownerReferences", "finalizers", "managedFields"),
)
_SPEC = _fields(
    *("template", "data", "encryptedData"),
    template=_fields("metadata", "type", "immutable", "data", metadata=_METADATA),
)
_OBJECT = _fields(
    *("kind", "apiVersion", "metadata", "spec", "status", "immutable", "data", "type"),
    metadata=_METADATA,
    spec=_SPEC,
    status=_fields("observedGeneration", "conditions"),
)
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", re.ASCII)
_TIME = r"\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?"
_TIMESTAMP = re.compile(
    rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})(?:[Tt]{_TIME}(?:Z|[-+]\d\d:\d\d)| {_TIME})?", re.ASCII
)
_EMITTER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_NO_FOLDING = 2**30
_OTHER_BREAKS = frozenset("\x85\u2028\u2029")
_AS_IT_IS = (True, True)


def json_text(manifest: Mapping[str, object]) -> str:
    """Return an object as JSON with one line end behind it."""
    text = json.dumps(_ordered(manifest, _OBJECT), indent=2, ensure_ascii=False)
    return text.translate(_ESCAPES) + "\n"


def yaml_text(manifest: Mapping[str, object]) -> str:
    """Return an object as a YAML document that begins with `---`."""
    events = (
        yaml.StreamStartEvent(),
        yaml.DocumentStartEvent(explicit=False),
        *_events(manifest),
        yaml.DocumentEndEvent(explicit=False),
        yaml.StreamEndEvent(),
    )
    text: str = yaml.emit(events, Dumper=_EMITTER, allow_unicode=True, width=_NO_FOLDING)
    # A block that keeps its last line ends makes the emitter close the document.
    return "---\n" + text.removesuffix("...\n")


def _ordered(value: object, shape: _Shape) -> object:
    if isinstance(value, Mapping):
        known = [key for key in shape if key in value]
        others = sorted(value.keys() - shape.keys())
        return {key: _ordered(value[key], shape.get(key, {})) for key in (*known, *others)}
    if isinstance(value, list | tuple):
        return [_ordered(item, {}) for item in value]
    return value


def _events(value: object) -> Iterator[yaml.Event]:
    if isinstance(value, Mapping):
        yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=not value)
        # Some keys (2a, 10, 21) go round in a circle there: sorting before makes one order of it.
        for key in sorted(sorted(value), key=cmp_to_key(_compare)):
            yield _scalar(key)
            yield from _events(value[key])
        yield yaml.MappingEndEvent()
    elif isinstance(value, list | tuple):
        yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not value)
        for item in value:
            yield from _events(item)
        yield yaml.SequenceEndEvent()
    elif isinstance(value, str):
        yield _scalar(value)
    else:
        yield yaml.ScalarEvent(None, None, _AS_IT_IS, json.dumps(value))


def _scalar(text: str) -> yaml.ScalarEvent:
    # The emitter takes another style where this one cannot hold the text.
    style = "|" if "\n" in text else '"' if _means_more(text) else None
    if not _OTHER_BREAKS.isdisjoint(text):  # which the emitter would indent behind
        style = '"'
    return yaml.ScalarEvent(None, None, _AS_IT_IS, text, style=style)


def _means_more(text: str) -> bool:
    """Tell whether Go's library would read the bare text as anything but a string."""
    if not isinstance(resolve(text, None, plain=True), str) or _BASE_60.fullmatch(text):
        return True
    match = _TIMESTAMP.fullmatch(text)
    try:
        return match is not None and bool(date(int(match[1]), int(match[2]), int(match[3])))
    except ValueError:
        return False


def _compare(one: str, other: str) -> int:
    """Compare keys as Go's library sorts them: signs, numbers by their size, letters."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a == b:
            continue
        if a.isalpha() or b.isalpha():
            return _sign((a.isalpha(), a), (b.isalpha(), b))
        inside = "0" in (a, b) and _ends_in_number(one[:at])
        return _sign((*_number(one[at:], inside), a), (*_number(other[at:], inside), b))
    return len(one) - len(other)


def _ends_in_number(text: str) -> bool:
    """Tell whether a text ends with digits that are not all zeros."""
    return any(digit != "0" for digit in takewhile(str.isdecimal, reversed(text)))


def _number(text: str, inside: bool) -> tuple[int, int]:
    """Return the number that a text begins with, and of how many digits it is."""
    digits = "".join(takewhile(str.isdecimal, text))
    return int(("1" if inside else "0") + digits), len(digits)


def _sign(one: tuple[object, ...], other: tuple[object, ...]) -> int:
    return 0 if one == other else -1 if one < other else 1
