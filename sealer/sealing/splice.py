"""Objects in a file of manifests are replaced; everything around them stays byte for byte.

The new text is put together from the old one and read again before anyone sees it: if it says
anything but what was meant, the file cannot be edited safely and is refused.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from sealer.documents import Document, Node, Stream, read_stream
from sealer.documents.compare import check_unchanged
from sealer.documents.emit import emit_json, emit_yaml
from sealer.documents.patch import Patch, newline_of, patched
from sealer.errors import DocumentError, ManifestError, UnsafeEditError
from sealer.manifest import Found
from sealer.manifest.places import place

_MARKER = re.compile(r"^(?:---|\.\.\.)(?=\s|\Z)", re.MULTILINE)
_SAME_LINE_COMMENT = re.compile(r"(?:[ \t]+#[^\r\n]*)?")
_MOVE_OUT = "write it as a document of its own"


class Form(Enum):
    """How replaced objects are written."""

    YAML = "yaml"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Replacement:
    """An object of a file and what is to stand in its place.

    Attributes:
        found: The object.
        manifest: The new object as JSON values.
    """

    found: Found
    manifest: Mapping[str, object]


def replace_objects(
    stream: Stream,
    replacements: Sequence[Replacement],
    form: Form = Form.YAML,
    *,
    cuts: Iterable[tuple[int, int]] = (),
) -> bytes:
    """Return the file with objects replaced.

    A document that becomes YAML begins with `---`. An item of a list is written where the old one
    stood, in block or flow style. Comments inside a replaced object go, comments around it stay.

    Args:
        stream: The file.
        replacements: What to replace.
        form: How to write whole documents. As JSON, the file may hold nothing else than JSON.
        cuts: Spans to take out besides.

    Raises:
        ManifestError: The file holds YAML that cannot be passed through into JSON.
        UnsafeEditError: It cannot be edited without changing more than was asked for.
    """
    _refuse_aliases(stream, replacements)
    edits = _json_edits if form is Form.JSON else _yaml_edits
    patches = [*edits(stream, _by_document(replacements)), *(Patch(*cut) for cut in cuts)]
    data = stream.source.encode(patched(stream.source.text, patches))
    new = {id(replacement.found.node): replacement.manifest for replacement in replacements}
    check_unchanged(stream, read_stream(data), new)
    return data


_ByDocument = Mapping[int, list[Replacement]]


def _by_document(replacements: Sequence[Replacement]) -> _ByDocument:
    groups: dict[int, list[Replacement]] = {}
    for replacement in replacements:
        groups.setdefault(replacement.found.document.number, []).append(replacement)
    return groups


def _refuse_aliases(stream: Stream, replacements: Sequence[Replacement]) -> None:
    seen: set[int] = set()
    for replacement in replacements:
        found = replacement.found
        if id(found.node) in seen:
            message = "the object stands in its list twice, through an alias: unsafe to edit"
            raise UnsafeEditError(message, where=place(stream, found), hint=_MOVE_OUT)
        seen.add(id(found.node))


def _yaml_edits(stream: Stream, groups: _ByDocument) -> Iterator[Patch]:
    text = stream.source.text
    following = {one.number: other for one, other in pairwise(stream.documents)}
    for document in stream.documents:
        for replacement in groups.get(document.number, ()):
            if not replacement.found.is_whole_document:
                yield _item_edit(text, replacement)
                continue
            end = _content_end(text, document, replacement.found.node)
            closing = ""
            after = following.get(document.number)
            # JSON values need nothing between them; after YAML, the next one does.
            if after and after.is_json and not _MARKER.search(text, end, _root(after).start):
                end, closing = document.end, "" if after.number in groups else "---\n"
            yield _document_edit(text, replacement, end, closing)


def _document_edit(text: str, replacement: Replacement, end: int, closing: str) -> Patch:
    found = replacement.found
    lead = text[found.document.start : found.node.start].rstrip(" \t")
    start = found.document.start + len(lead)
    opening = "" if _MARKER.search(lead) else "---\n"
    if start and text[start - 1] != "\n":
        opening = "\n" + opening
    return Patch(start, end, _lines(text, opening + emit_yaml(replacement.manifest) + closing))


def _content_end(text: str, document: Document, node: Node) -> int:
    """Return the offset behind the last line of a document's content."""
    if text[node.end - 1] == "\n":  # a block scalar ends with its line
        return node.end
    end = text.find("\n", node.end, document.end)
    return document.end if end < 0 else end + 1


def _item_edit(text: str, replacement: Replacement) -> Patch:
    node, manifest = replacement.found.node, replacement.manifest
    line_start = text.rfind("\n", 0, node.start) + 1
    if node.flow:
        is_json = replacement.found.document.is_json
        is_spread = is_json and "\n" in text[node.start : node.end]
        indent = _indent(text[line_start : node.start]) if is_spread else None
        return Patch(node.start, node.end, _lines(text, _flow_text(manifest, indent)))
    end = node.start + len(text[node.start : node.end].rstrip())
    comment = _SAME_LINE_COMMENT.match(text, end)
    new = emit_yaml(manifest, indent=node.start - line_start)
    return Patch(node.start, comment.end() if comment else end, _lines(text, new.rstrip("\n")))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _flow_text(manifest: Mapping[str, object], indent: int | None) -> str:
    """Return an item in brackets: spread over indented lines, or on one line."""
    if indent is None:
        return json.dumps(manifest, ensure_ascii=False)
    return emit_json(manifest, indent=indent).rstrip("\n")


def _json_edits(stream: Stream, groups: _ByDocument) -> Iterator[Patch]:
    """Yield the edits that leave JSON values and blanks, and nothing else, in the file."""
    text = stream.source.text
    at, is_new = 0, False
    for document in stream.documents:
        root = _root(document)
        whole = next(
            (r for r in groups.get(document.number, ()) if r.found.is_whole_document), None
        )
        if whole is None and not document.is_json:
            where = stream.where(root, document)
            message = "the document is written in YAML and cannot be passed through into JSON"
            raise ManifestError(message, where=where, hint="write YAML: -o yaml")
        yield from _gap_edit(text, at, root.start, is_needed=is_new or whole is not None)
        if whole is not None:
            yield Patch(root.start, root.end, _lines(text, emit_json(whole.manifest).rstrip("\n")))
        else:
            yield from (_item_edit(text, item) for item in groups.get(document.number, ()))
        at, is_new = root.end, whole is not None
    yield from _gap_edit(text, at, len(text), is_needed=is_new)


def _gap_edit(text: str, start: int, end: int, *, is_needed: bool) -> Iterator[Patch]:
    gap = text[start:end]
    if gap.strip() or (is_needed and not gap):
        yield Patch(start, end, _lines(text, "\n") if start else "")


def _lines(text: str, new: str) -> str:
    """Return new lines with the line ends of the file."""
    return new.replace("\n", newline_of(text))


def _root(document: Document) -> Node:
    if document.root is None:
        raise document.error or DocumentError("the document cannot be read")
    return document.root
