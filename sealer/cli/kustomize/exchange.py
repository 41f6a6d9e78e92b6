"""What kustomize hands over and takes back.

As a function (KRM functions specification v1), a `ResourceList` comes on standard input and one
goes back. As an exec plugin, the configuration is a file that is named as an argument, the objects
come as a stream of documents, and a stream goes back; that is all that `kubectl kustomize` has.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sealer.documents import Document, Node, Sequence, Stream, read_stream
from sealer.documents import Mapping as MappingNode
from sealer.documents.emit import emit_yaml
from sealer.documents.nodes import plain
from sealer.errors import DocumentError, ManifestError, SealerError
from sealer.manifest import Found, find_objects
from sealer.sealing.splice import Replacement, replace_objects

_LIST_VERSION = "config.kubernetes.io/v1"
_LIST_KIND = "ResourceList"
_CONFIG = "functionConfig"
Manifest = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """What kustomize handed over.

    Attributes:
        config: The configuration of the plugin.
        objects: The objects of the build so far.
        is_function: A `ResourceList` has to go back.
        stream: The file that the objects stand in.
    """

    config: Manifest
    objects: tuple[Found, ...]
    is_function: bool
    stream: Stream = field(repr=False)

    def with_object(self, manifest: Manifest) -> bytes:
        """Return the answer that brings one more object."""
        manifests = [*(plain(found.node) for found in self.objects), manifest]
        return _resource_list(manifests) if self.is_function else _documents(manifests)

    def with_replaced(self, replacements: list[Replacement]) -> bytes:
        """Return the answer in which objects are replaced, and all else is as it came."""
        return replace_objects(self.stream, replacements)


def read_function_request(data: bytes) -> Request:
    """Read a `ResourceList`.

    Raises:
        InputError: It is none, or has no configuration.
    """
    stream = read_stream(data)
    documents = stream.documents
    root = _root(documents[0]) if documents else None
    if not isinstance(root, MappingNode) or _text(root, "kind") != _LIST_KIND or len(documents) > 1:
        raise ManifestError(
            f"standard input holds no {_LIST_KIND}",
            hint="kustomize writes one for a function; as an exec plugin it names a file instead",
        )
    config = root.get(_CONFIG)
    if not isinstance(config, MappingNode):
        raise ManifestError(f"the {_LIST_KIND} has no {_CONFIG}")
    items = tuple(_items(root, documents[0]))
    return Request(_manifest(config), items, is_function=True, stream=stream)


def read_plugin_request(config: bytes, data: bytes) -> Request:
    """Read the configuration and the objects that an exec plugin gets.

    Raises:
        InputError: One of them cannot be read.
    """
    documents = read_stream(config).documents
    root = _root(documents[0]) if len(documents) == 1 else None
    if not isinstance(root, MappingNode):
        raise ManifestError("the configuration is not one object")
    stream = read_stream(data)
    objects = [
        found
        for document in stream.documents
        if _root(document)
        for found in find_objects(document)
    ]
    return Request(_manifest(root), tuple(objects), is_function=False, stream=stream)


def failure(errors: list[SealerError]) -> bytes:
    """Return the `ResourceList` that tells what went wrong."""
    results: list[dict[str, Any]] = []
    for error in errors:
        where = getattr(error, "where", None)
        result: dict[str, Any] = {"message": error.message, "severity": "error"}
        if where is not None and where.path:
            result["file"] = {"path": where.path}
        if where is not None and where.item:
            result["field"] = {"path": where.item}
        results.append(result)
    return _resource_list([], results)


def _resource_list(items: list[Any], results: list[Any] | None = None) -> bytes:
    answer = {"apiVersion": _LIST_VERSION, "kind": _LIST_KIND, "items": items}
    return emit_yaml(answer | ({"results": results} if results else {})).encode()


def _documents(manifests: list[Any]) -> bytes:
    return "".join(f"---\n{emit_yaml(manifest)}" for manifest in manifests).encode()


def _items(root: MappingNode, document: Document) -> Iterator[Found]:
    items = root.get("items")
    for item in items.items if isinstance(items, Sequence) else ():
        if isinstance(item, MappingNode):
            yield Found(_text(item, "apiVersion"), _text(item, "kind"), item, document)


def _root(document: Document) -> Node | None:
    if document.error is not None:
        raise document.error
    if document.root is None:
        raise DocumentError("the document is empty")
    return document.root


def _manifest(node: MappingNode) -> Manifest:
    return {name: plain(value) for name, value in node.fields().items()}


def _text(node: MappingNode, name: str) -> str:
    value = node.get(name)
    text = plain(value) if value is not None else ""
    return text if isinstance(text, str) else ""
