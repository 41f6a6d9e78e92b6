"""Values in a file are put, dropped and renamed by splicing: all else stays byte for byte.

The new text is put together from the old one and read again before anyone sees it, unless no more
has happened than that bare words took the place of bare words. What cannot be changed without
touching something else is refused and never written anew.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sealer.documents.changes import (
    Change,
    Drop,
    Path,
    Put,
    Rename,
    apply_to_meaning,
    independent,
)
from sealer.documents.compare import check_unchanged
from sealer.documents.nodes import Mapping, Node, Scalar, nearest, plain
from sealer.documents.nodes import Sequence as SequenceNode
from sealer.documents.patch import Patch, newline_of, patched
from sealer.documents.plan import plan
from sealer.documents.quoting import is_surely_text
from sealer.documents.sheet import Sheet
from sealer.documents.stream import Document, Stream, read_stream
from sealer.errors import DocumentError, UnsafeEditError

__all__ = ["Change", "Drop", "Path", "Put", "Rename", "edit"]


def edit(stream: Stream, changes: Sequence[tuple[Mapping, Sequence[Change]]]) -> bytes:
    """Return a file with changes made in some of its mappings.

    The result means what the changes mean one after the other. Comments stay where they are, but
    for one behind a value that goes.

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
    meant: dict[int, dict[str, object]] = {}
    for mapping, wanted in changes:
        document = _document_of(stream, mapping)
        editor = editors.get(document.number)
        if editor is None:
            editor = editors[document.number] = _Editor(stream, document)
        meaning = meant[id(mapping)] = meant.get(id(mapping)) or _values(mapping)
        editor.take(mapping, wanted)
        for change in wanted:
            apply_to_meaning(meaning, change)
    text = patched(stream.source.text, [editor.finished() for editor in editors.values()])
    data = stream.source.encode(text)
    is_readable = all(document.error is None for document in stream.documents)
    if not (is_readable and all(editor.has_swapped_words for editor in editors.values())):
        check_unchanged(stream, read_stream(data), meant)
    return data


@dataclass(frozen=True, slots=True)
class _State:
    """A document after some changes.

    Attributes:
        sheet: The document as it was read last.
        span: Where it stands in the text of the sheet.
        patches: What was changed since: scalars that were replaced.
        replaced: Those scalars, by the node's `id`.
    """

    sheet: Sheet
    span: tuple[int, int]
    patches: tuple[Patch, ...] = ()
    replaced: frozenset[int] = frozenset()

    def text(self) -> str:
        """Return the document's text with all changes."""
        return patched(self.sheet.text, self.patches, *self.span)

    def read_again(self) -> "_State":
        """Return the same with its text read.

        Raises:
            UnsafeEditError: It cannot be read.
        """
        text = self.text()
        documents = read_stream(text.encode()).documents
        if len(documents) != 1 or documents[0].error is not None or documents[0].root is None:
            raise UnsafeEditError("the document cannot be read after the change: unsafe to edit")
        return _State(replace(self.sheet, text=text, root=documents[0].root), (0, len(text)))

    def changed(self, steps: Sequence[int], changes: Sequence[Change]) -> "_State":
        """Return the document after changes that are independent of each other.

        Raises:
            UnsafeEditError: One cannot be made, or not together with the others.
        """
        state, left = self, changes
        while left:
            step = plan(state.sheet, _mapping_at(state.sheet.root, steps), left)
            if state.patches and (not step.replaced or step.replaced & state.replaced):
                state = state.read_again()
                continue
            patches = (*state.patches, *step.patches)
            state = replace(state, patches=patches, replaced=state.replaced | step.replaced)
            if not step.replaced:
                state = state.read_again()
            left = step.left
        return state


class _Editor:
    """Changes one document.

    Scalars are replaced together; before and after any other step the document is read again, so
    that each is made on the text as it is then.
    """

    def __init__(self, stream: Stream, document: Document) -> None:
        if document.error is not None or document.root is None:
            raise document.error or DocumentError("the document is empty")
        text = stream.source.text
        self._stream, self._document = stream, document
        self._steps = _steps_to_mappings(document.root)
        self._place = (document.start, document.end)
        self._sheet = Sheet(text, document.root, document.is_json, newline_of(text))
        self._state = _State(self._sheet, self._place)

    def take(self, mapping: Mapping, changes: Sequence[Change]) -> None:
        """Make changes in a mapping of the document as it was in the beginning."""
        for run in independent(changes):
            self._make(mapping, run)

    @property
    def has_swapped_words(self) -> bool:
        """Whether only bare words were put in the place of bare words, as sealed values mostly are.

        No reader can take such a document for another one: a word ends where it ended before, and
        means itself.
        """
        state = self._state
        return state.sheet is self._sheet and all(
            _is_word(patch.text) and _is_word(state.sheet.text[patch.start : patch.end])
            for patch in state.patches
        )

    def finished(self) -> Patch:
        """Return what puts the document in the place of the old one."""
        return Patch(*self._place, self._state.text())

    def _make(self, mapping: Mapping, changes: Sequence[Change]) -> None:
        """Make changes together; where that cannot be done, the first half before the second."""
        try:
            self._state = self._state.changed(self._steps[id(mapping)], changes)
        except UnsafeEditError as error:
            if len(changes) == 1:
                raise _placed(error, self._stream, self._document, mapping, changes[0]) from None
            middle = len(changes) // 2
            self._make(mapping, changes[:middle])
            self._make(mapping, changes[middle:])


def _is_word(text: str) -> bool:
    return is_surely_text(text) and " " not in text


def _values(mapping: Mapping) -> dict[str, object]:
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
