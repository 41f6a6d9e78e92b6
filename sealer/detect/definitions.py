"""Definitions of objects (CRDs): what they say in words is shown to people, and never applied."""

from collections.abc import Iterator

from sealer.detect.objects import entries, key_of, text_of
from sealer.detect.spans import Spans
from sealer.documents import Document, Mapping, Node, Scalar, Stream
from sealer.documents.nodes import walk

_KIND = "CustomResourceDefinition"


def is_definition(node: Mapping) -> bool:
    """Tell whether a mapping is a definition, whichever of its kinds counts."""
    kinds = [
        text_of(value).strip().lower()
        for key, value in entries(node)
        if isinstance(value, Scalar) and key_of(key) == "kind"
    ]
    return bool(kinds) and set(kinds) == {_KIND.lower()}


def definitions(stream: Stream) -> Spans:
    """Return the parts of a file that are definitions, in text that does not parse as well."""
    text = stream.source.text
    if _KIND not in text:
        return Spans(())
    found = (
        node for each in stream.documents for root in _roots(each, text) for node in walk(root)
    )
    return Spans(
        (node.start, max(part.end for part in walk(node)))
        for node in found
        if isinstance(node, Mapping) and is_definition(node)
    )


def strings(stream: Stream) -> Spans:
    """Return where strings stand in the documents that parse: each is looked into by itself.

    What stands without quotes counts as text: `x = `kind: Secret` is a mapping to YAML.
    """
    roots = (each.root for each in stream.documents if not isinstance(each.root, Scalar | None))
    return Spans(
        (node.start, node.end)
        for root in roots
        for node in walk(root)
        if isinstance(node, Scalar) and node.style
    )


def _roots(document: Document, text: str) -> Iterator[Node]:
    if document.root is not None:
        yield document.root
    elif text.find(_KIND, document.start, document.end) >= 0:
        from sealer.detect.outline import outlines  # noqa: PLC0415 - rarely needed

        yield from outlines(text, document.start, document.end)
