"""Strings in any document that may be manifests themselves: a ConfigMap's value, a chart's."""

from collections.abc import Iterator
from typing import NamedTuple

from sealer.detect.definitions import is_definition
from sealer.detect.layers import is_wrapped
from sealer.detect.objects import Path, identity, key_of, pointer_to, shown_key
from sealer.detect.rules import EMBEDDED_SECRET, READABLE_PATCH, Rule
from sealer.detect.sighting import Embedded, Sighting
from sealer.detect.targets import kind_of_target
from sealer.documents import Document, Mapping, Node, Scalar, Sequence

# `kind: Secret`, `data`, and what must stand between them.
_SHORTEST = 20
# Fields of a kustomization, and of what takes them over: Flux and Argo CD.
_PATCHES = ("patch", "patchesStrategicMerge")


class _Place(NamedTuple):
    """A node, and what is known of it from those around it.

    Attributes:
        node: The node.
        path: What leads to it.
        owner: Namespace and name of the object that it belongs to.
        rule: What is wrong with a string there that is a manifest.
        target: The kind that the string is a patch for, in lower case; empty where unknown.
    """

    node: Node
    path: Path = None
    owner: tuple[str, str] = ("", "")
    rule: Rule = EMBEDDED_SECRET
    target: str = ""


def manifests_in_strings(document: Document) -> Iterator[Embedded]:
    """Yield every string of a document that is long enough to be a manifest or a patch, once.

    A document that is one string itself counts where that is base64: as a text it has been read.
    """
    for place, node in _strings(document.root):
        if len(node.text) < _SHORTEST or (node is document.root and not is_wrapped(node.text)):
            continue
        key = next((part for part in _parts(place.path) if isinstance(part, str)), "")
        found = Sighting(
            place.rule,
            node.start,
            shown_key(key),
            0,
            *place.owner,
            pointer=pointer_to(place.path),
            end=node.end,
        )
        yield Embedded(found, node, place.target)


def _strings(root: Node | None) -> Iterator[tuple[_Place, Scalar]]:
    seen: set[int] = set()
    pending = [_Place(root)] if root else []
    while pending:
        place = pending.pop()
        node = place.node
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scalar):
            yield place, node
        elif isinstance(node, Sequence):
            items = enumerate(node.items)
            pending.extend(place._replace(node=item, path=(n, place.path)) for n, item in items)
        elif not is_definition(node):
            pending.extend(_entries(place, node))


def _entries(place: _Place, mapping: Mapping) -> Iterator[_Place]:
    """Yield the values of a mapping, and what its fields say about them."""
    fields = {key_of(key): value for key, value in mapping.pairs}
    is_object = isinstance(fields.get("metadata"), Mapping)
    owner = identity(mapping) if is_object else place.owner
    for key, value in mapping.pairs:
        name = key_of(key)
        is_patch = name in _PATCHES
        yield _Place(
            value,
            (name, place.path),
            owner,
            READABLE_PATCH if is_patch else EMBEDDED_SECRET,
            kind_of_target(fields.get("target")) if is_patch else "",
        )
        if not isinstance(key, Scalar) or "\n" in key.text:
            yield place._replace(node=key, owner=owner)


def _parts(path: Path) -> Iterator[str | int]:
    while path is not None:
        part, path = path
        yield part
