"""Values in a file are put, dropped and renamed by splicing: all else stays byte for byte.

The new text is put together from the old one and read again before anyone sees it. What cannot be
changed without touching something else is refused and never written anew.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sealer.documents.compare import check_unchanged
from sealer.documents.insert import insert_entry
from sealer.documents.nodes import Mapping, Node, Scalar, Value, nearest, plain
from sealer.documents.nodes import Sequence as SequenceNode
from sealer.documents.patch import Patch, newline_of, patched
from sealer.documents.remove import remove_entry
from sealer.documents.rewrite import rewrite_key, rewrite_value
from sealer.documents.sheet import Sheet, Spot, locate
from sealer.documents.stream import Document, Stream, read_stream
from sealer.errors import DocumentError, UnsafeEditError

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Put:
    """Add a string, or put it in the place of the scalar that is there.

    Attributes:
        path: The keys that lead to it. Mappings that are missing on the way are made.
        value: The string.
    """

    path: Path
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Drop:
    """Take an entry out. A mapping that loses its last one becomes `{}`.

    Attributes:
        path: The keys that lead to it.
    """

    path: Path


@dataclass(frozen=True, slots=True)
class Rename:
    """Give an entry another key, where it stands.

    Attributes:
        path: The keys that lead to it.
        name: Its new last key.
    """

    path: Path
    name: str


Change = Put | Drop | Rename


def edit(stream: Stream, changes: Sequence[tuple[Mapping, Sequence[Change]]]) -> bytes:
    """Return a file with changes made in some of its mappings, one after the other.

    Comments stay where they are, but for one behind a value that goes.

    Args:
        stream: The file.
        changes: Mappings of the file, none inside another, such as the nodes of its objects; and
            what to change in each.

    Raises:
        DocumentError: A mapping stands in a document that cannot be read.
        UnsafeEditError: It cannot be done without touching something else, or what is to be
            dropped or renamed is not there, or what it is to be called is there already.
    """
    editors: dict[int, _Editor] = {}
    meant: dict[int, dict[str, Value]] = {}
    for mapping, wanted in changes:
        document = _document_of(stream, mapping)
        editor = editors.get(document.number)
        if editor is None:
            editor = editors[document.number] = _Editor(stream, document)
        steps = editor.steps_to(mapping)
        meaning = meant[id(mapping)] = meant.get(id(mapping)) or _values(mapping)
        for change in wanted:
            try:
                editor.take(steps, change)
                _change_meaning(meaning, change)
            except UnsafeEditError as error:
                raise _placed(error, stream, document, mapping, change) from None
    text = patched(stream.source.text, [editor.finished() for editor in editors.values()])
    data = stream.source.encode(text)
    check_unchanged(stream, read_stream(data), meant)
    return data


class _Editor:
    """Changes one document.

    Scalars are replaced together; before and after any other change the document is read again,
    so that each is made on the text as it is then.
    """

    def __init__(self, stream: Stream, document: Document) -> None:
        if document.error is not None or document.root is None:
            raise document.error or DocumentError("the document is empty")
        text = stream.source.text
        self._steps = _steps_to_mappings(document.root)
        self._place = (document.start, document.end)
        self._span = self._place
        self._sheet = Sheet(text, document.root, document.is_json, newline_of(text))
        self._patches: list[Patch] = []
        self._touched: set[int] = set()

    def steps_to(self, mapping: Mapping) -> tuple[int, ...]:
        """Return which child to take at each level of the document to come to a mapping."""
        return self._steps[id(mapping)]

    def take(self, steps: Sequence[int], change: Change) -> None:
        """Make a change in the mapping that steps lead to."""
        spot = self._locate(steps, change)
        value = spot.entry.value if spot.entry is not None and not spot.rest else None
        is_replacement = isinstance(change, Put) and value is not None
        if self._patches and (not is_replacement or id(value) in self._touched):
            self._read_again()
            spot = self._locate(steps, change)
        self._patches += _patches(self._sheet, spot, change)
        if is_replacement and spot.entry is not None:
            self._touched.add(id(spot.entry.value))
        else:
            self._read_again()

    def finished(self) -> Patch:
        """Return what puts the document in the place of the old one."""
        return Patch(*self._place, self._text())

    def _locate(self, steps: Sequence[int], change: Change) -> Spot:
        return locate(self._sheet, _mapping_at(self._sheet.root, steps), change.path)

    def _text(self) -> str:
        return patched(self._sheet.text, self._patches, *self._span)

    def _read_again(self) -> None:
        text = self._text()
        documents = read_stream(text.encode()).documents
        if len(documents) != 1 or documents[0].error is not None or documents[0].root is None:
            raise UnsafeEditError("the document cannot be read after the change: unsafe to edit")
        self._sheet = replace(self._sheet, text=text, root=documents[0].root)
        self._span = (0, len(text))
        self._patches = []
        self._touched = set()


def _patches(sheet: Sheet, spot: Spot, change: Change) -> Iterable[Patch]:
    if spot.entry is None or spot.rest:
        if isinstance(change, Put):
            return insert_entry(sheet, spot, change.value)
        raise UnsafeEditError(f"there is no {change.path[-1]}")
    match change:
        case Put(value=text):
            return rewrite_value(sheet, spot.mapping, spot.entry, text)
        case Drop():
            return remove_entry(sheet, spot, spot.entry)
        case Rename(name=name) if name in spot.mapping.fields():
            raise UnsafeEditError(f"{name} is there already")
        case Rename(name=name):
            return [rewrite_key(sheet, spot.entry, name)]


def _change_meaning(values: dict[str, Value], change: Change) -> None:
    """Do to values what was done to the text that they were read from."""
    *way, name = change.path
    for key in way:
        inner = values.get(key)
        if not isinstance(inner, dict):
            inner = values[key] = {}
        values = inner
    match change:
        case Put(value=text):
            values[name] = text
        case Drop():
            del values[name]
        case Rename(name=new):
            values[new] = values.pop(name)


def _values(mapping: Mapping) -> dict[str, Value]:
    return {name: plain(node) for name, node in mapping.fields().items()}


def _document_of(stream: Stream, mapping: Mapping) -> Document:
    at = bisect_right(stream.documents, mapping.start, key=lambda document: document.start)
    return stream.documents[at - 1]


def _steps_to_mappings(root: Node) -> dict[int, tuple[int, ...]]:
    """Return which child to take at each level to come to each mapping, by the node's `id`."""
    found: dict[int, tuple[int, ...]] = {}
    stack: list[tuple[Node, tuple[int, ...]]] = [(root, ())]
    while stack:
        node, steps = stack.pop()
        if not isinstance(node, Scalar) and id(node) not in found:
            found[id(node)] = steps
            stack += ((child, (*steps, at)) for at, child in enumerate(_children(node)))
    return found


def _mapping_at(root: Node, steps: Sequence[int]) -> Mapping:
    node = root
    for step in steps:
        node = _children(node)[step]
    if not isinstance(node, Mapping):
        raise UnsafeEditError("the document reads otherwise after the change: unsafe to edit")
    return node


def _children(node: Node) -> list[Node]:
    if isinstance(node, SequenceNode):
        return node.items
    return [value for _, value in node.pairs] if isinstance(node, Mapping) else []


def _placed(
    error: UnsafeEditError, stream: Stream, document: Document, mapping: Mapping, change: Change
) -> UnsafeEditError:
    where = stream.where(nearest(mapping, change.path), document)
    item = ".".join(change.path)
    error.at(line=where.line, column=where.column, document=where.document, item=item)
    return error
