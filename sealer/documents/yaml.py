"""One YAML document to nodes, built from parser events.

Composing with PyYAML would recurse once per level in C and end the process on deep input, and it
would expand nothing but follow anything. Events come one by one, so depth, size and aliases are
bounded before anything is built.
"""

from collections.abc import Iterator

import yaml

from sealer.documents.limits import MAXIMUM_DEPTH, MAXIMUM_NODES, UnreadableError
from sealer.documents.nodes import Mapping, Node, Scalar, Sequence

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str, base: int = 0) -> Node | None:
    """Return the root of the one document that `text` holds, or None if there is none.

    Args:
        text: One document, with its `---` line and comments where it has them.
        base: Offset of `text` in the file; added to every offset.

    Raises:
        UnreadableError: The text is no YAML, is more than one document, or passes a limit.
    """
    builder = _Builder(base)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        offset = base + (mark.index if mark is not None else 0)
        raise UnreadableError(error.problem or "malformed YAML", offset) from None
    except yaml.reader.ReaderError as error:
        raise UnreadableError(
            "a control character is not allowed here", base + error.position
        ) from None
    return builder.root


def _events(text: str) -> Iterator[yaml.Event]:
    loader = _LOADER(text)
    next_event = loader.get_event
    try:
        while (event := next_event()) is not None:
            yield event
    finally:
        loader.dispose()


class _Frame:
    """A collection that is still open, its anchor, and the mapping key that waits for a value."""

    __slots__ = ("anchor", "key", "node")

    def __init__(self, node: Mapping | Sequence, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: Node | None = None


class _Builder:
    """Puts nodes together as events arrive; `root` is the result."""

    def __init__(self, base: int) -> None:
        self.root: Node | None = None
        self._base = base
        self._frames: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._end = base  # behind the last thing read that is not a blank or a comment

    def take(self, event: yaml.Event) -> None:
        start = self._base + (event.start_mark.index if event.start_mark else 0)
        end = self._base + (event.end_mark.index if event.end_mark else 0)
        match event:
            case yaml.ScalarEvent():
                self._end = end
                scalar = Scalar(start, end, event.value, event.style or "", event.tag)
                self._attach(scalar, event.anchor)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close(end)
            case yaml.MappingStartEvent():
                self._open(Mapping(start, flow=bool(event.flow_style)), event.anchor)
            case yaml.SequenceStartEvent():
                self._open(Sequence(start, flow=bool(event.flow_style)), event.anchor)
            case yaml.AliasEvent():
                self._end = end
                self._attach(self._target(event.anchor or "", start), None)
            case yaml.DocumentStartEvent() if self.root is not None:
                raise UnreadableError("a second document begins without ---", start)
            case _:
                pass

    def _target(self, anchor: str, start: int) -> Node:
        try:
            return self._anchors[anchor]
        except KeyError:
            message = "an alias has no anchor before it, or stands inside it"
            raise UnreadableError(message, start) from None

    def _open(self, node: Mapping | Sequence, anchor: str | None) -> None:
        if len(self._frames) >= MAXIMUM_DEPTH:
            message = f"nested more than {MAXIMUM_DEPTH} levels deep"
            raise UnreadableError(message, node.start, is_limit=True)
        if anchor is not None:
            # Known only when closed: an alias inside its own anchor would make a cycle.
            self._anchors.pop(anchor, None)
        self._frames.append(_Frame(node, anchor))

    def _close(self, end: int) -> None:
        frame = self._frames.pop()
        if frame.node.flow:
            self._end = end
        # A block collection's own end mark lies behind the blank lines and comments after it.
        frame.node.end = self._end
        self._attach(frame.node, frame.anchor)

    def _attach(self, node: Node, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._frames:
            self.root = node
            return
        frame = self._frames[-1]
        parent = frame.node
        parent.size += node.size
        if parent.size > MAXIMUM_NODES:
            message = f"more than {MAXIMUM_NODES} nodes, aliases expanded"
            raise UnreadableError(message, parent.start, is_limit=True)
        if not isinstance(node, Scalar):
            parent.height = max(parent.height, node.height + 1)
            if parent.height > MAXIMUM_DEPTH:
                message = f"nested more than {MAXIMUM_DEPTH} levels deep, aliases expanded"
                raise UnreadableError(message, parent.start, is_limit=True)
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif frame.key is None:
            frame.key = node
        else:
            parent.pairs.append((frame.key, node))
            frame.key = None
