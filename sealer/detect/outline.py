"""Text that does not parse, as a tree: what its indentation says about what belongs together.

Only what the detectors of parsed documents ask for is in it: mappings, lists, and values. Where
lines leave open what they belong to, they begin a tree of their own.
"""

from sealer.detect.lines import Line, is_block_header, literal, read_lines
from sealer.documents import Mapping, Node, Scalar, Sequence, read_stream
from sealer.documents.nodes import walk
from sealer.errors import DocumentError

_DEEPEST = 60
# So many values in brackets are parsed; the others are texts.
_MOST_PARSED = 1000


def outlines(text: str, start: int, end: int) -> list[Node]:
    """Return the trees between two offsets, in order."""
    tree = _Tree(text, end)
    for line in read_lines(text, start, end):
        tree.add(line)
    tree.close_value()
    return tree.roots


class _Tree:
    """Takes one line after the other.

    Args:
        text: The whole text.
        end: Where the part of it ends that is read.

    Attributes:
        roots: What has been read so far.
    """

    def __init__(self, text: str, end: int) -> None:
        self.roots: list[Node] = []
        self._text = text
        self._end = end
        self._open: list[tuple[int, Mapping]] = []
        self._parsed = 0
        # The last value, the column of its key, and the lines that continue it.
        self._value: tuple[Scalar, int] | None = None
        self._more: list[Line] = []

    def add(self, line: Line) -> None:
        """Take a line: a key and its value, an item, or what continues a value."""
        if self._continues(line):
            self._more.append(line)
            return
        self.close_value()
        while self._open and (
            line.is_fence
            or self._open[-1][0] > line.indent
            or (line.is_item and self._open[-1][0] == line.indent)
        ):
            self._open.pop()
        if line.is_fence or len(self._open) >= _DEEPEST:
            return
        if line.key is None:
            if line.is_item:
                self._attach(self._read(line, line.text), is_item=True)
            return
        if not self._open or self._open[-1][0] != line.indent:
            mapping = Mapping(line.offset, line.offset)
            self._attach(mapping, is_item=line.is_item)
            self._open.append((line.indent, mapping))
        key = Scalar(line.offset, line.offset + len(line.key), line.key)
        self._open[-1][1].pairs.append((key, self._read(line, line.value)))

    def close_value(self) -> None:
        """Fill in the lines that continue the last value."""
        if self._value is None or not self._more:
            return
        scalar, last = self._value[0], self._more[-1]
        scalar.end = min(last.offset + len(last.text), self._end)
        if scalar.style == "|":
            scalar.text = self._content(scalar)
        else:
            begun = [scalar.text] if scalar.text else []
            scalar.text = "\n".join((*begun, *(line.text for line in self._more)))
        self._more = []

    def _continues(self, line: Line) -> bool:
        if self._value is None or line.is_fence:
            return False
        scalar, column = self._value
        if scalar.style == "|":
            return line.indent > column
        is_bracket = line.text[:1] in ("}", "]")
        return line.key is None and not line.is_item and not is_bracket

    def _content(self, scalar: Scalar) -> str:
        """Return what a block scalar says, without the indentation of its first line."""
        first = self._text.find("\n", scalar.start) + 1
        written = self._text[first : scalar.end].split("\n")
        margin = self._more[0].offset - self._text.rfind("\n", 0, self._more[0].offset) - 1
        if self._more[0].is_item:
            line = self._text[self._more[0].offset - margin :]
            margin = len(line) - len(line.lstrip(" \t"))
        return "\n".join(
            each[min(margin, len(each) - len(each.lstrip(" \t"))) :] for each in written
        )

    def _read(self, line: Line, written: str) -> Node:
        """Return a value as it stands behind a colon or a dash."""
        limit = self._text.find("\n", line.offset)
        at = self._text.find(written, line.offset, limit if limit >= 0 else len(self._text))
        start = at if written and at >= 0 else line.offset
        if written[:1] in ("{", "[") and not written.startswith("{{"):
            node = self._parse(written, start)
            if node is not None:
                self._value = None
                return node
        is_block = is_block_header(written)
        style = "|" if is_block else written[:1] if written[:1] in ("'", '"') else ""
        said = "" if is_block else literal(written)
        scalar = Scalar(start, start + len(written), said, style)
        self._value = (scalar, line.indent)
        return scalar

    def _parse(self, written: str, start: int) -> Node | None:
        """Return what stands in brackets, at its places in the text."""
        self._parsed += 1
        if self._parsed > _MOST_PARSED:
            return None
        try:
            documents = read_stream(written.encode(errors="replace")).documents
        except DocumentError:
            return None
        root = documents[0].root if len(documents) == 1 else None
        if root is not None:
            for node in walk(root):
                node.start += start
                node.end += start
        return root

    def _attach(self, node: Node, *, is_item: bool) -> None:
        """Put a node where it belongs: under the last key, in its list, or beside all else."""
        _, before = self._open[-1][1].pairs[-1] if self._open else (None, None)
        is_full = isinstance(before, Scalar) and before.text and before.style != "|"
        if not self._open or (is_item and is_full):
            last = self.roots[-1] if self.roots else None
            if is_item and isinstance(last, Sequence):
                last.items.append(node)
            else:
                self.roots.append(Sequence(node.start, items=[node]) if is_item else node)
            return
        pairs = self._open[-1][1].pairs
        key, value = pairs[-1]
        if is_item and isinstance(value, Sequence):
            value.items.append(node)
            return
        if isinstance(value, Scalar) and not value.text:
            pairs.pop()
        pairs.append((key, Sequence(node.start, items=[node]) if is_item else node))
