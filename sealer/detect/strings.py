"""Strings in any document that may be manifests themselves: a ConfigMap's value, a chart's."""

from collections.abc import Iterator

from sealer.detect.layers import is_wrapped
from sealer.detect.objects import Path, entries, identity, key_of, pointer_to, shown_key, text_of
from sealer.detect.rules import EMBEDDED_SECRET
from sealer.detect.sighting import Embedded, Sighting
from sealer.documents import Document, Mapping, Node, Scalar, Sequence

# `kind: Secret`, `data`, and what must stand between them.
_SHORTEST = 20
# What a definition of objects says in words is shown to people, and never applied.
_DEFINITION = "customresourcedefinition"


def manifests_in_strings(document: Document) -> Iterator[Embedded]:
    """Yield every string of a document that is long enough to be a manifest, once.

    A document that is one string itself counts where that is base64: as a text it has been read.
    """
    for node, path, (namespace, name) in _strings(document.root):
        if len(node.text) < _SHORTEST or (node is document.root and not is_wrapped(node.text)):
            continue
        key = next((part for part in _parts(path) if isinstance(part, str)), "")
        found = Sighting(
            EMBEDDED_SECRET,
            node.start,
            shown_key(key),
            0,
            namespace,
            name,
            pointer_to(path),
            node.end,
        )
        yield Embedded(found, node)


def _strings(root: Node | None) -> Iterator[tuple[Scalar, Path, tuple[str, str]]]:
    """Yield strings with the keys that lead to them, and whose they are: namespace and name."""
    seen: set[int] = set()
    pending: list[tuple[Node, Path, tuple[str, str]]] = [(root, None, ("", ""))] if root else []
    while pending:
        node, path, owner = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scalar):
            yield node, path, owner
        elif isinstance(node, Sequence):
            pending.extend((item, (n, path), owner) for n, item in enumerate(node.items))
        elif not _is_definition(node):
            owner = identity(node) if _has_metadata(node) else owner
            for key, value in node.pairs:
                pending.append((value, (key_of(key), path), owner))
                if not isinstance(key, Scalar):
                    pending.append((key, path, owner))


def _parts(path: Path) -> Iterator[str | int]:
    while path is not None:
        part, path = path
        yield part


def _has_metadata(node: Mapping) -> bool:
    return any(
        isinstance(value, Mapping) and key_of(key) == "metadata" for key, value in node.pairs
    )


def _is_definition(node: Mapping) -> bool:
    return any(
        key_of(key) == "kind" and text_of(value).lower() == _DEFINITION
        for key, value in entries(node)
        if isinstance(value, Scalar)
    )
