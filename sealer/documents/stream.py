"""A file of manifests, cut into its documents, each parsed on its own.

A line that begins with `---` or `...` ends a YAML document whatever came before it, so the file is
cut there first and one broken document cannot hide another. Where a document is JSON, every
concatenated value counts as a document.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from sealer.documents.json import parse_json
from sealer.documents.limits import MAXIMUM_DOCUMENTS, MAXIMUM_TAG_DIRECTIVES, UnreadableError
from sealer.documents.nodes import Node, Scalar, first_fault
from sealer.documents.template import find_placeholder, template_hint
from sealer.documents.text import SourceText, decode_text
from sealer.documents.yaml import parse_yaml
from sealer.errors import DocumentError, DocumentLimitError, Where

_MARKER = re.compile(r"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)", re.MULTILINE)
# Possessive: the lines of a long comment are not kept for a second try.
_PREFACE = re.compile(r"(?:[ \t]*+(?:[#%][^\n]*+)?+(?:\r?\n|\Z))*+")
_TAB_INDENT = re.compile(r"^ *\t", re.MULTILINE)


class Document(NamedTuple):
    """One document of a stream.

    Attributes:
        number: Its position among the documents that hold anything, counted from 1.
        start: Offset of its first character: its `---` line or the comments before it.
        end: Offset behind its last character.
        root: Its content; None for a document that cannot be read.
        error: What is wrong with it. Where only keys or tags are at fault, `root` is there as well.
        is_json: It is a JSON value.
    """

    number: int
    start: int
    end: int
    root: Node | None
    error: DocumentError | None = None
    is_json: bool = False


class Stream(NamedTuple):
    """A file of documents.

    Attributes:
        source: The characters and their encoding.
        documents: The documents that hold anything, in order. Between and around them there are
            comments, blank lines and empty documents only.
    """

    source: SourceText
    documents: tuple[Document, ...]

    def where(self, node: Node, document: Document) -> Where:
        """Return the place of a node."""
        line, column = self.source.position(node.start)
        return Where(line=line, column=column, document=document.number)

    def text_of(self, document: Document) -> str:
        """Return a document as it is written."""
        return self.source.text[document.start : document.end]


def read_stream(data: bytes) -> Stream:
    """Read a file of YAML or JSON documents.

    Faults of single documents stand in their `error`; nothing is dropped.

    Raises:
        DocumentError: The bytes are not text.
        DocumentLimitError: There are too many documents.
    """
    source = decode_text(data)
    documents: list[Document] = []
    for start, end in _chunks(source.text):
        documents.extend(_parse(source, start, end, len(documents) + 1))
        if len(documents) > MAXIMUM_DOCUMENTS:
            line, column = source.position(end)
            message = f"more than {MAXIMUM_DOCUMENTS} documents"
            raise DocumentLimitError(message, where=Where(line=line, column=column))
    return Stream(source, tuple(documents))


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each YAML document, comments and directives before it included."""
    start = 0
    for marker in _MARKER.finditer(text):
        if marker[0] == "...":
            end = _line_end(text, marker.end())
            yield start, end
            start = end
        elif not _is_preface(text, start, marker.start()):
            yield start, marker.start()
            start = marker.start()
    yield start, len(text)


def _is_preface(text: str, start: int, end: int) -> bool:
    """Tell whether there are only comments, blank lines and directives: the next one's preface."""
    match = _PREFACE.match(text, start, end)
    return match is not None and match.end() == end


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _parse(source: SourceText, start: int, end: int, number: int) -> Iterator[Document]:
    text = source.text
    first = _content_start(text, start, end)
    failure: UnreadableError | None = None
    if text.startswith(("{", "["), first):
        try:
            nodes = list(islice(parse_json(text, first, end), MAXIMUM_DOCUMENTS + 1))
        except UnreadableError as error:
            failure = error
        else:
            yield from _json_documents(source, nodes, start, end, number)
            return
    try:
        root = _parse_yaml(text, start, end)
    except UnreadableError as error:
        cause = failure or error
        place = (start, end, number)
        fault = _error(source, cause.message, cause.offset, place, is_limit=cause.is_limit)
        yield Document(number, start, end, None, fault, is_json=failure is not None)
        return
    if root is not None and not _is_nothing(root):
        yield Document(number, start, end, root, _fault(source, root, start, end, number))


def _parse_yaml(text: str, start: int, end: int) -> Node | None:
    if text.count("%TAG", start, end) > MAXIMUM_TAG_DIRECTIVES:
        message = f"more than {MAXIMUM_TAG_DIRECTIVES} %TAG lines"
        raise UnreadableError(message, start, is_limit=True)
    return parse_yaml(text[start:end], start)


def _is_nothing(root: Node) -> bool:
    """Tell whether a document is empty, which YAML reads as a null of no characters."""
    return isinstance(root, Scalar) and root.start == root.end and not root.style


def _content_start(text: str, start: int, end: int) -> int:
    """Return where the content of a document begins: behind preface and `---`."""
    match = _PREFACE.match(text, start, end)
    at = match.end() if match else start
    if text.startswith("---", at):
        at += 3
        match = _PREFACE.match(text, at, end)
        at = match.end() if match else at
    while at < end and text[at] in " \t\r\n":
        at += 1
    return at


def _json_documents(
    source: SourceText, nodes: list[Node], start: int, end: int, number: int
) -> Iterator[Document]:
    for at, node in enumerate(nodes):
        last = at == len(nodes) - 1
        stop = end if last else nodes[at + 1].start
        fault = _fault(source, node, start, stop, number + at)
        yield Document(number + at, start, stop, node, fault, is_json=True)
        start = stop


def _fault(
    source: SourceText, root: Node, start: int, end: int, number: int
) -> DocumentError | None:
    found = first_fault(root)
    if found is None:
        return None
    node, message = found
    return _error(source, message, node.start, (start, end, number))


def _error(
    source: SourceText,
    message: str,
    offset: int,
    document: tuple[int, int, int],
    *,
    is_limit: bool = False,
) -> DocumentError:
    start, end, number = document
    line, column = source.position(min(offset, end))
    where = Where(line=line, column=column, document=number)
    kind = DocumentLimitError if is_limit else DocumentError
    return kind(message, where=where, hint=_advice(source, start, end))


def _advice(source: SourceText, start: int, end: int) -> str:
    text = source.text
    at = find_placeholder(text, start, end)
    if at >= 0:
        line, _ = source.position(at)
        return f"line {line}: {template_hint(text, at)}"
    if _TAB_INDENT.search(text, start, end):
        return "YAML is indented with spaces, never with tabs"
    return ""
