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
        place: Where in the file it stands: the document's number, and what leads to an item of a
            list, such as `2` or `1/items/0`.
    """

    api_version: str
    kind: str
    node: Mapping
    document: Document
    place: str = ""

    @property
    def is_whole_document(self) -> bool:
        """Whether the object is the document, and not an item of a list."""
        return self.node is self.document.root


def find_objects(document: Document) -> Iterator[Found]:
    """Yield every object of a document: itself, or the items of a list (lists of lists too)."""
    if document.root is not None:
        yield from _find(document.root, document, ("", ""), str(document.number))


def _find(node: Node, document: Document, default: tuple[str, str], place: str) -> Iterator[Found]:
    if isinstance(node, Sequence):  # a bare list of manifests, as some tools write it
        for number, item in enumerate(node.items):
            yield from _find(item, document, default, f"{place}/{number}")
        return
    if not isinstance(node, Mapping):
        return
    api_version = _text(node, "apiVersion") or default[0]
    kind = _text(node, "kind") or default[1]
    items = node.get("items")
    if kind in _LISTS and isinstance(items, Sequence):
        for number, item in enumerate(items.items):
            yield from _find(item, document, _LISTS[kind] or ("", ""), f"{place}/items/{number}")
    else:
        yield Found(api_version, kind, node, document, place)


def _text(node: Mapping, key: str) -> str:
    value = node.get(key)
    return value.text if isinstance(value, Scalar) else ""
