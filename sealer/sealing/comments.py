"""Comments of YAML documents, found exactly, and those that tell a value that is to be secret."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from sealer.documents import Node, Scalar, Stream
from sealer.documents.nodes import walk
from sealer.sealing.copies import holds_copy
from sealer.sensitive import SecretBytes

Span = tuple[int, int]


def leaking_comments(stream: Stream, values: Mapping[int, Sequence[SecretBytes]]) -> Iterator[Span]:
    """Yield the comments in, before and after documents that hold a copy of one of their values.

    Args:
        stream: The file.
        values: The values by the number of the document that holds them.
    """
    start = 0
    for document in stream.documents:
        own = values.get(document.number)
        if own:
            text = stream.source.text
            for span in comments(text, start, document.end, document.root):
                if holds_copy(text[slice(*span)], own):
                    yield span
        start = document.root.end if document.root else document.end


def comments(text: str, start: int, end: int, root: Node | None) -> Iterator[Span]:
    """Yield start and end of every comment between two offsets, line end not included.

    A `#` inside a value is none.

    Args:
        text: The file.
        start: Where to begin.
        end: Where to stop.
        root: The content that stands there; None where there is none.
    """
    scalars = _scalar_spans(root)
    starts = [span[0] for span in scalars]
    at = text.find("#", start, end)
    while at >= 0:
        before = bisect_right(starts, at) - 1
        if before >= 0 and scalars[before][1] > at:
            following = scalars[before][1]
        elif at == 0 or text[at - 1] in " \t\r\n":
            following = _line_end(text, at, end)
            yield at, following
        else:
            following = at + 1
        at = text.find("#", following, end)


def without_trace(text: str, comment: Span) -> Span:
    """Return what to cut so that a comment leaves no empty line and no blanks behind."""
    start, end = comment
    line_start = text.rfind("\n", 0, start) + 1
    code = text[line_start:start].rstrip(" \t")
    if code:
        return line_start + len(code), end
    after = text.find("\n", end)
    return line_start, len(text) if after < 0 else after + 1


def _scalar_spans(root: Node | None) -> list[Span]:
    if root is None:
        return []
    return sorted(
        (node.start, node.end)
        for node in walk(root)
        if isinstance(node, Scalar) and node.end > node.start
    )


def _line_end(text: str, at: int, end: int) -> int:
    stop = text.find("\n", at, end)
    stop = end if stop < 0 else stop
    return stop - 1 if text[stop - 1] == "\r" else stop
