"""A file that was edited is read again: does it say what was meant, and nothing else?"""

from collections.abc import Mapping as AbstractMapping

from sealer.documents.nodes import Mapping, Node, Scalar, Sequence, plain, walk
from sealer.documents.stream import Document, Stream
from sealer.errors import UnsafeEditError, Where

NewObjects = AbstractMapping[int, AbstractMapping[str, object]]


class AnyLines:
    """A string that is equal to every other one that differs from it in line ends only."""

    def __init__(self, text: str) -> None:
        self._text = _one_line(text)

    def __eq__(self, other: object) -> bool:
        """Compare with a string, without line ends."""
        return isinstance(other, str) and _one_line(other) == self._text

    __hash__ = None  # type: ignore[assignment] # as data model: equal to strings that hash otherwise


def _one_line(text: str) -> str:
    return text.replace("\n", "").replace("\r", "")


def check_unchanged(before: Stream, after: Stream, new: NewObjects) -> None:
    """Refuse an edit that changed anything but the objects that were to be replaced.

    Args:
        before: The file as it was.
        after: The file as it would be.
        new: What is to stand in the place of a node of `before`, by the node's `id`.

    Raises:
        UnsafeEditError: Something else changed too, or an object is not the one it should be.
    """
    for old, now in zip(before.documents, after.documents, strict=False):
        if now.error is not None or not _is_meant(before, old, after, now, new):
            raise _unsafe(before.where(old.root, old) if old.root else Where(document=old.number))
    if len(before.documents) != len(after.documents):
        raise _unsafe(Where())


def _is_meant(before: Stream, old: Document, after: Stream, now: Document, new: NewObjects) -> bool:
    if old.root is None or now.root is None:
        return False
    if any(id(node) in new for node in walk(old.root)):
        return _matches(old.root, now.root, new)
    return _content(before, old.root) == _content(after, now.root)


def _unsafe(where: Where) -> UnsafeEditError:
    return UnsafeEditError(
        "an object cannot be changed without changing what is around it: unsafe to edit",
        where=where,
        hint="write the object as a document of its own",
    )


def _content(stream: Stream, root: Node) -> str:
    return stream.source.text[root.start : root.end]


def _matches(old: Node, now: Node, new: NewObjects) -> bool:
    """Tell whether a node says the same as before, or what is to stand in its place."""
    manifest = new.get(id(old))
    if manifest is not None:
        return plain(now) == manifest
    match old, now:
        case Scalar(), Scalar():
            return (old.text, old.tag, old.style) == (now.text, now.tag, now.style)
        case Sequence(), Sequence():
            return len(old.items) == len(now.items) and all(
                _matches(*pair, new) for pair in zip(old.items, now.items, strict=True)
            )
        case Mapping(), Mapping():
            return len(old.pairs) == len(now.pairs) and all(
                _matches(key, other_key, new) and _matches(value, other_value, new)
                for (key, value), (other_key, other_value) in zip(old.pairs, now.pairs, strict=True)
            )
        case _:
            return False
