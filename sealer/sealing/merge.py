"""Three versions of a file are merged: SealedSecrets field by field, everything else by lines.

Where a merge of lines is clean and says what both sides meant, it is the answer. Else the fields
are spliced into a text that holds all that the two sides did besides: one side's text, where the
other one changed nothing but fields, or the merge of both with the fields of the common ancestor,
in which no ciphertext can conflict.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sealer.documents import Stream, read_stream
from sealer.documents.edit import Change, Drop, Put, edit
from sealer.documents.nodes import plain
from sealer.documents.text import decode_text
from sealer.errors import InputError, UnsafeEditError
from sealer.manifest import Found
from sealer.sealing.comments import comments
from sealer.sealing.markers import marked
from sealer.sealing.threeway import ITEMS, Fields, Path, Version
from sealer.sealing.versions import SharedObject, by_name, count_names, shared_objects

_MARKER_SIZE = 7


@dataclass(frozen=True, slots=True)
class MergedLines:
    """What a merge of lines makes of three versions.

    Attributes:
        data: The file, with conflict markers where both sides changed the same lines.
        is_clean: There are none.
    """

    data: bytes
    is_clean: bool


LineMerge = Callable[[bytes, bytes, bytes], MergedLines]


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What comes of three versions of a file.

    Attributes:
        data: The file, with conflict markers where it needs a decision.
        is_clean: Nothing needs one.
        conflicts: What needs one, in words; nothing where only lines conflict.
    """

    data: bytes
    is_clean: bool
    conflicts: tuple[str, ...] = ()


def merge(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    by_lines: LineMerge,
    *,
    marker_size: int = _MARKER_SIZE,
) -> MergeResult:
    """Merge two versions of a file that have a common ancestor.

    Args:
        base: The common ancestor.
        ours: Our version, whose layout is kept.
        theirs: The other version.
        by_lines: Merges ancestor, ours and theirs line by line, for all that is no field.
        marker_size: How many characters a conflict marker has.
    """
    try:
        streams = read_stream(base), read_stream(ours), read_stream(theirs)
    except InputError:
        lines = by_lines(base, ours, theirs)
        return MergeResult(lines.data, lines.is_clean)
    return _Merge(*streams, by_lines, marker_size).result()


class _Merge:
    """The merge of three versions that can be read."""

    def __init__(
        self, base: Stream, ours: Stream, theirs: Stream, by_lines: LineMerge, marker_size: int
    ) -> None:
        self._base = base
        self._ours = ours
        self._theirs = theirs
        self._by_lines = by_lines
        self._marker_size = marker_size
        self._objects = list(shared_objects(base, ours, theirs))
        # Two sides that add the same object in two places make a clean merge of lines.
        self._most = count_names(ours) | count_names(theirs)
        self._comments = _kept(*map(_comments, (base, ours, theirs)))
        self._conflicts = tuple(
            f"{' or '.join(sorted(each.names))}: {_words(path)} {reason}"
            for each in self._objects
            for path, reason in each.merged.conflicts.items()
        )

    def result(self) -> MergeResult:
        for text in self._texts():
            try:
                return self._filled(read_stream(text))
            except InputError:
                continue
        lines = self._by_lines(*map(_bytes, (self._base, self._ours, self._theirs)))
        is_clean = lines.is_clean and not self._conflicts and self._is_sound(lines.data, lines.data)
        return MergeResult(lines.data, is_clean, self._conflicts)

    def _texts(self) -> Iterator[bytes]:
        """Yield texts that hold what both sides did besides changing fields, the best first."""
        base, ours, theirs = map(_bytes, (self._base, self._ours, self._theirs))
        if (lines := self._by_lines(base, ours, theirs)).is_clean:
            yield lines.data
        try:
            our_rest = self._neutral(self._ours, [each.ours for each in self._objects])
            their_rest = self._neutral(self._theirs, [each.theirs for each in self._objects])
        except UnsafeEditError:
            return
        if their_rest == base:
            yield ours
        if our_rest == base:
            yield theirs
        for rest in (ours, our_rest):
            lines = self._by_lines(base, rest, their_rest)
            if lines.is_clean:
                yield lines.data
        # The same comments and the same objects: one side changed nothing but the layout.
        if _meaning(their_rest) == _meaning(base):
            yield ours
        if _meaning(our_rest) == _meaning(base):
            yield theirs

    def _neutral(self, side: Stream, places: list[Found]) -> bytes:
        """Return one side's text with the fields of the common ancestor."""
        fields = (Version.of(each.base).fields for each in self._objects)
        return _set_fields(side, list(zip(places, fields, strict=True)))

    def _filled(self, text: Stream) -> MergeResult:
        """Put the merged fields into a text.

        Raises:
            InputError: It cannot hold them, or holds something twice then.
        """
        found = by_name(text)
        places = [_place(found, each) for each in self._objects]
        merged = [each.merged for each in self._objects]
        ours = _set_fields(text, list(zip(places, (each.ours for each in merged), strict=True)))
        theirs = ours
        if self._conflicts:
            fields = (each.theirs for each in merged)
            theirs = _set_fields(text, list(zip(places, fields, strict=True)))
        if not self._is_sound(ours, theirs):
            raise UnsafeEditError("the merged file would not say what both sides meant")
        if not self._conflicts:
            return MergeResult(ours, is_clean=True)
        both = marked(decode_text(ours).text, decode_text(theirs).text, self._marker_size)
        return MergeResult(text.source.encode(both), is_clean=False, conflicts=self._conflicts)

    def _is_sound(self, ours: bytes, theirs: bytes) -> bool:
        """Tell whether a file holds the merged objects, none twice, and has lost no comment.

        Args:
            ours: The file; where there are conflicts, with our side's fields.
            theirs: The file with their side's fields; a comment beside one of these is not lost.
        """
        try:
            stream = read_stream(ours)
            found = by_name(stream)
            places = [_place(found, each) for each in self._objects]
        except InputError:
            return False
        return (
            count_names(stream) <= self._most
            and _comments(stream) | _comments(read_stream(theirs)) >= self._comments
            and all(
                Version.of(place).fields == each.merged.ours
                for place, each in zip(places, self._objects, strict=True)
            )
        )


def _words(path: Path) -> str:
    return f"item {path[-1]}" if path[: len(ITEMS)] == ITEMS else ".".join(path)


def _place(found: dict[str, Found], each: SharedObject) -> Found:
    places = [found[name] for name in each.names if name in found]
    if len(places) != 1:
        raise UnsafeEditError("the merged lines do not hold an object once")
    return places[0]


def _set_fields(stream: Stream, wanted: list[tuple[Found, Fields]]) -> bytes:
    """Return a text with the fields of objects set, added or dropped."""
    changes = [(found.node, _changes(Version.of(found), fields)) for found, fields in wanted]
    changes = [(node, some) for node, some in changes if some]
    return edit(stream, changes) if changes else _bytes(stream)


def _changes(now: Version, wanted: Fields) -> list[Change]:
    puts = [Put(path, text) for path, text in wanted.items() if now.fields.get(path) != text]
    kept = {path[:size] for path in (*wanted, *now.others) for size in range(len(path) + 1)}
    drops = dict.fromkeys(_drop(path, kept) for path in now.fields if path not in wanted)
    return [*puts, *drops]


def _drop(path: Path, kept: set[Path]) -> Drop:
    """Return what takes a field out, with the mappings around it that held nothing else."""
    smallest = len(ITEMS) + 1 if path[: len(ITEMS)] == ITEMS else 1
    sizes = range(smallest, len(path))
    return Drop(next((path[:size] for size in sizes if path[:size] not in kept), path))


def _bytes(stream: Stream) -> bytes:
    return stream.source.encode(stream.source.text)


def _comments(stream: Stream) -> Counter[str]:
    """Return how often each comment stands in a file."""
    text = stream.source.text
    at = 0
    spans: list[tuple[int, int]] = []
    for document in stream.documents:
        spans += comments(text, at, document.end, document.root)
        at = document.end
    return Counter(text[slice(*span)] for span in (*spans, *comments(text, at, len(text), None)))


def _kept(base: Counter[str], ours: Counter[str], theirs: Counter[str]) -> Counter[str]:
    """Return the comments that a merge must hold."""
    kept: Counter[str] = Counter()
    for text in base | ours | theirs:
        before, mine, other = base[text], ours[text], theirs[text]
        kept[text] = other if mine == before else mine if other == before else min(mine, other)
    return kept


def _meaning(data: bytes) -> tuple[Counter[str], list[object]]:
    """Return what a file says, its comments included, without its layout."""
    stream = read_stream(data)
    return _comments(stream), [
        stream.text_of(document)
        if document.root is None or document.error is not None
        else plain(document.root)
        for document in stream.documents
    ]
