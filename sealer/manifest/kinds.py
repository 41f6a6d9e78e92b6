"""Which documents hold a Secret or a SealedSecret, be it alone or as an item of a `List`."""

from collections.abc import Iterator
from dataclasses import dataclass

from sealer.documents import Document, Mapping, Node, Scalar, Sequence

_LISTS = {
    "List": None,
    "SecretList": ("v1", "Secret"),
    "SealedSecretList": ("bitnami.com/v1alpha1", "SealedSecret"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """An object of a stream.

    Attributes:
        api_version: Its apiVersion; empty when it has none.
        kind: Its kind; empty when it has none.
        node: Where it stands.
        document: The document that holds it.
    """

    api_version: str
    kind: str
    node: Mapping
    document: Document

    @property
    def is_whole_document(self) -> bool:
        """Whether the object is the document, and not an item of a list."""
        return self.node is self.document.root


def find_objects(document: Document) -> Iterator[Found]:
    """Yield every object of a document: itself, or the items of a list (lists of lists too)."""
    if document.root is not None:
        yield from _find(document.root, document, ("", ""))


def _find(node: Node, document: Document, default: tuple[str, str]) -> Iterator[Found]:
    if isinstance(node, Sequence):  # a bare list of manifests, as some tools write it
        for item in node.items:
            yield from _find(item, document, default)
        return
    if not isinstance(node, Mapping):
        return
    api_version = _text(node, "apiVersion") or default[0]
    kind = _text(node, "kind") or default[1]
    items = node.get("items")
    if kind in _LISTS and isinstance(items, Sequence):
        for item in items.items:
            yield from _find(item, document, _LISTS[kind] or ("", ""))
    else:
        yield Found(api_version, kind, node, document)


def _text(node: Mapping, key: str) -> str:
    value = node.get(key)
    return value.text if isinstance(value, Scalar) else ""
