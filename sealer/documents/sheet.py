"""One document that is being edited: its text, what it says, and what in it may be touched."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from sealer.documents.entries import Entry, entries
from sealer.documents.nodes import Mapping, Node, Scalar, walk
from sealer.documents.nodes import Sequence as SequenceNode
from sealer.errors import UnsafeEditError


@dataclass(frozen=True)
class Sheet:
    """A document and the text that it stands in.

    Attributes:
        text: The text; there may be more in it than the document.
        root: What the document says, with offsets in `text`.
        is_json: The document is a JSON value.
        newline: The line end of the file.
    """

    text: str
    root: Node
    is_json: bool
    newline: str

    def entries(self, mapping: Mapping) -> list[Entry]:
        """Return the entries of a mapping in the order written."""
        found = self._entries.get(id(mapping))
        if found is None:
            found = self._entries[id(mapping)] = list(entries(self.text, mapping))
        return found

    def find(self, mapping: Mapping, name: str) -> Entry | None:
        """Return the entry of that name, or None when the mapping has none.

        Raises:
            UnsafeEditError: There are two, or the entry stands elsewhere and is merged in.
        """
        found = self._named(mapping).get(name, [])
        if len(found) > 1:
            raise UnsafeEditError(f"{name} stands twice in one mapping: unsafe to edit")
        if not found and name in mapping.fields():
            raise UnsafeEditError(
                f"{name} comes from another mapping through <<: unsafe to edit",
                hint="change it where it is written, or write it out here",
            )
        return found[0] if found else None

    def index(self, mapping: Mapping, entry: Entry) -> int:
        """Return the position of an entry of a mapping."""
        return bisect_left(self.entries(mapping), entry.start, key=lambda each: each.start)

    def check_own(self, entry: Entry) -> None:
        """Refuse what cannot be changed for this entry alone.

        Raises:
            UnsafeEditError: Key or value is an alias, is used by one, or has an explicit tag.
        """
        if id(entry) in self._own:
            return
        if self._is_shared(entry.key) or self._is_shared(entry.value):
            raise UnsafeEditError(
                f"{entry.name} is shared with another place through an anchor: unsafe to edit",
                hint="write the value out in both places",
            )
        if self._has_tag(entry.key) or self._has_tag(entry.value):
            raise UnsafeEditError(
                f"{entry.name} has an explicit tag: unsafe to edit", hint="take the tag (!) out"
            )
        self._own.add(id(entry))

    def check_removable(self, entry: Entry) -> None:
        """Refuse to take out what is still needed.

        Raises:
            UnsafeEditError: An anchor in it is used elsewhere.
        """
        inside = [entry.key] if entry.value.start < entry.start else [entry.key, *walk(entry.value)]
        if any(self._is_shared(node) for node in inside):
            raise UnsafeEditError(
                f"an anchor in {entry.name} is used elsewhere: unsafe to edit",
                hint="write the value out where its alias stands",
            )

    def _is_shared(self, node: Node) -> bool:
        return self._uses[id(node)] > 1

    def _has_tag(self, node: Node) -> bool:
        if isinstance(node, Scalar):
            return node.tag is not None
        return self.text.startswith("!", node.start)

    @cached_property
    def _entries(self) -> dict[int, list[Entry]]:
        """The entries of mappings that were asked for, by the mapping's `id`."""
        return {}

    def _named(self, mapping: Mapping) -> dict[str, list[Entry]]:
        found = self._names.get(id(mapping))
        if found is None:
            found = self._names[id(mapping)] = {}
            for entry in self.entries(mapping):
                found.setdefault(entry.name, []).append(entry)
        return found

    @cached_property
    def _names(self) -> dict[int, dict[str, list[Entry]]]:
        """The same by their names."""
        return {}

    @cached_property
    def _own(self) -> set[int]:
        """The entries that were found to be their own, by `id`: they live as long as we do."""
        return set()

    @cached_property
    def _uses(self) -> Counter[int]:
        """How often each node is named."""
        named: list[int] = []
        for node in walk(self.root):
            if isinstance(node, SequenceNode):
                named += map(id, node.items)
            elif isinstance(node, Mapping):
                named += map(id, chain.from_iterable(node.pairs))
        return Counter(named)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a path of keys leads to.

    Attributes:
        mapping: The innermost mapping on the way that is there.
        holder: The mapping that this one is a value in, and the entry; None for the first one.
        entry: The entry that the path leads to, or the null that stands for a mapping on the way.
        rest: The keys that are missing: none if the entry is there, else it and those before it.
    """

    mapping: Mapping
    holder: tuple[Mapping, Entry] | None
    entry: Entry | None
    rest: tuple[str, ...]


def locate(sheet: Sheet, mapping: Mapping, path: Sequence[str]) -> Spot:
    """Follow a path of keys.

    Raises:
        UnsafeEditError: Something on the way is no mapping, or is shared with another place.
    """
    holder: tuple[Mapping, Entry] | None = None
    for depth, name in enumerate(path):
        entry = sheet.find(mapping, name)
        rest = tuple(path[depth + 1 :])
        if entry is None:
            return Spot(mapping, holder, None, (name, *rest))
        if not rest:
            return Spot(mapping, holder, entry, ())
        sheet.check_own(entry)
        value = entry.value
        if isinstance(value, Scalar) and value.value is None:
            return Spot(mapping, holder, entry, rest)
        if not isinstance(value, Mapping):
            raise UnsafeEditError(f"{name} is no mapping")
        holder, mapping = (mapping, entry), value
    raise ValueError("a path has at least one key")
