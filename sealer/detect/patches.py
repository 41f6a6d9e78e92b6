"""Detector: JSON patches (RFC 6902) that write readable values into a Secret.

A patch is a list of operations and does not say what it is for; a kustomization does. Where none
is known, only what no patch for something else would say counts.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sealer.detect.objects import (
    SEALED_SECRET,
    SECRET,
    Path,
    entries,
    key_of,
    pointer_to,
    shown_key,
    text_of,
)
from sealer.detect.rules import READABLE_PATCH
from sealer.detect.sighting import Sighting
from sealer.detect.targets import target_of_file
from sealer.detect.values import Context, decoded
from sealer.documents import Document, Mapping, Node, Scalar, Sequence

# Where values stand in a Secret and in a SealedSecret, and whether Kubernetes decodes them.
_SECTIONS = {
    "/data": (SECRET, True),
    "/stringdata": (SECRET, False),
    "/spec/encrypteddata": (SEALED_SECRET, True),
    "/spec/template/data": (SEALED_SECRET, False),
}
# No other object has them.
_UNMISTAKABLE = ("/stringdata", "/spec/encrypteddata")
_TEXT = re.compile(r"[ -~\t\r\n]+")
_SHORTEST_ENCODED = 8


class _Write(NamedTuple):
    """An operation that writes where a Secret or a SealedSecret has values.

    Attributes:
        section: Where, a key of `_SECTIONS`.
        key: The item; empty for the whole section.
        value: What it writes.
        path: What leads to the value.
    """

    section: str
    key: str
    value: Node
    path: Path


def json_patches(document: Document, context: Context) -> Iterator[Sighting]:
    """Report each readable value that a JSON patch writes into a Secret or SealedSecret."""
    writes = [*_writes(document.root)]
    if not writes:
        return
    target = context.target or target_of_file(context.path, context.settings, context.memory)
    for write in writes:
        kind, is_base64 = _SECTIONS[write.section]
        if target not in (kind, ""):
            continue
        is_sure = target == kind or write.section in _UNMISTAKABLE
        for node, path, key in _values(write):
            length = context.readable_length(node, path, is_base64=is_base64)
            if length is not None and (is_sure or _is_encoded(node)):
                pointer = pointer_to(path)
                yield Sighting(
                    READABLE_PATCH,
                    node.start,
                    shown_key(key),
                    length,
                    pointer=pointer,
                    end=node.end,
                )


def _writes(root: Node | None) -> Iterator[_Write]:
    if not isinstance(root, Sequence):
        return
    for number, operation in enumerate(root.items):
        if isinstance(operation, Mapping):
            fields = {key_of(key).lower(): value for key, value in entries(operation)}
            if {"op", "path", "value"} <= fields.keys():
                path: Path = ("value", (number, None))
                yield from _written(text_of(fields["path"]), fields["value"], path)


def _written(pointer: str, value: Node, path: Path) -> Iterator[_Write]:
    """Yield what an operation writes in each section that it leads into, or to.

    Args:
        pointer: Where it writes; the empty pointer is the whole object.
        value: What it writes.
        path: What leads to the value.
    """
    lower = pointer.lower()
    for section in _SECTIONS:
        if lower == section:
            yield _Write(section, "", value, path)
        elif lower.startswith(f"{section}/"):
            key = pointer[len(section) + 1 :].replace("~1", "/").replace("~0", "~")
            yield _Write(section, key, value, path)
        elif section.startswith(f"{lower}/") and not _is_object(value):
            names = section[len(lower) + 1 :].split("/")
            yield from (_Write(section, "", *found) for found in _fields(value, path, names))


def _is_object(value: Node) -> bool:
    """Tell whether a value says what it is, so that it is judged as any other object."""
    return isinstance(value, Mapping) and any(key_of(key) == "kind" for key, _ in entries(value))


def _fields(value: Node, path: Path, names: list[str]) -> Iterator[tuple[Node, Path]]:
    """Yield what names lead to, given in lower case, and its path."""
    found = [(value, path)]
    for name in names:
        found = [
            (part, (key_of(key), where))
            for node, where in found
            if isinstance(node, Mapping)
            for key, part in entries(node)
            if key_of(key).lower() == name
        ]
    yield from found


def _values(write: _Write) -> Iterator[tuple[Node, Path, str]]:
    """Yield what an operation writes: one value, or those of a whole section."""
    if write.key or not isinstance(write.value, Mapping):
        yield write.value, write.path, write.key
        return
    for name, part in entries(write.value):
        yield part, (key_of(name), write.path), key_of(name)


def _is_encoded(node: Node) -> bool:
    """Tell whether a value is text in base64, as it must be in a Secret and is nowhere else."""
    if not isinstance(node, Scalar) or len(node.text.strip()) < _SHORTEST_ENCODED:
        return False
    data = decoded(text_of(node))
    return data is not None and _TEXT.fullmatch(data.decode("ascii", "replace")) is not None
