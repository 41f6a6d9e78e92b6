"""Scalars, sequences and mappings that know where they stand in the text."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Fields
from functools import lru_cache
from itertools import chain

from sealer.documents.scalars import Plain, key_text, resolve

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]


class Scalar:
    """A single value.

    Attributes:
        start: Offset of its first character in the file's text.
        end: Offset behind its last character.
        text: The value as text, YAML's or JSON's escapes resolved.
        style: `'`, `"`, `|` or `>`; the empty string for a plain scalar.
        tag: An explicit YAML tag, or None.
        size: Always 1: scalars count once against the limits.
    """

    __slots__ = ("end", "size", "start", "style", "tag", "text")

    def __init__(
        self, start: int, end: int, text: str, style: str = "", tag: str | None = None
    ) -> None:
        self.start = start
        self.end = end
        self.text = text
        self.style = style
        self.tag = tag
        self.size = 1

    @property
    def value(self) -> Plain:
        """What the scalar means to Kubernetes.

        Raises:
            ValueError: The text does not fit its explicit tag.
        """
        return resolve(self.text, self.tag, plain=not self.style)


class Sequence:
    """A list.

    Attributes:
        start: Offset of its first character.
        end: Offset behind its last item, or behind the closing bracket.
        items: The items; an alias gives the very node it points to.
        flow: Written with brackets.
        size: The number of nodes in it, aliases expanded.
        height: The number of levels in it, aliases expanded.
    """

    __slots__ = ("end", "flow", "height", "items", "size", "start")

    def __init__(
        self, start: int, end: int = 0, items: "list[Node] | None" = None, *, flow: bool = False
    ) -> None:
        self.start = start
        self.end = end
        self.items = [] if items is None else items
        self.flow = flow
        self.size = 1
        self.height = 1


class Mapping:
    """A mapping.

    Attributes:
        start: Offset of its first character.
        end: Offset behind its last value, or behind the closing brace.
        pairs: Keys and values as written, duplicates and merge keys (`<<`) included.
        flow: Written with braces.
        size: The number of nodes in it, aliases expanded.
        height: The number of levels in it, aliases expanded.
    """

    __slots__ = ("_fields", "end", "flow", "height", "pairs", "size", "start")

    def __init__(self, start: int, end: int = 0, *, flow: bool = False) -> None:
        self.start = start
        self.end = end
        self.pairs: list[tuple[Node, Node]] = []
        self.flow = flow
        self.size = 1
        self.height = 1
        self._fields: dict[str, Node] | None = None

    def fields(self) -> Fields[str, "Node"]:
        """Return the values by key as Kubernetes reads them. Not to be asked while it is built.

        Entries count in the order written, merged ones (`<<`) too; of a list of merged mappings
        the first one wins. Where that differs from YAML's own rule `first_fault` refuses.

        Raises:
            ValueError: A key is no scalar, null, or does not fit its tag.
        """
        if self._fields is not None:
            return self._fields
        fields: dict[str, Node] = {}
        for key, value in self.pairs:
            if is_merge_key(key):
                for source in reversed(_merge_sources(value)):
                    fields |= source.fields()
            else:
                fields[name_of(key)] = value
        self._fields = fields
        return fields

    def key_node(self, name: str) -> "Node | None":
        """Return the node of a key that this mapping itself has, the last one of that name."""
        return next((key for key, _ in reversed(self.pairs) if _is_named(key, name)), None)

    def get(self, name: str) -> "Node | None":
        """Return the value of a key, or None when it is missing or the keys cannot be read."""
        try:
            return self.fields().get(name)
        except ValueError:
            return None


Node = Scalar | Sequence | Mapping


def is_merge_key(key: Node) -> bool:
    """Tell whether a key is YAML's `<<`, which takes another mapping's entries in."""
    return isinstance(key, Scalar) and key.text == "<<" and not key.style and key.tag is None


def name_of(key: Node) -> str:
    """Return a key as Kubernetes names it.

    Raises:
        ValueError: The key is no scalar, null, or does not fit its tag.
    """
    if not isinstance(key, Scalar):
        raise ValueError("a key must be a string")  # noqa: TRY004 - bad input, not a bug
    return _name(key.text, key.tag, not key.style)


@lru_cache(maxsize=4096)  # manifests have the same few keys over and over
def _name(text: str, tag: str | None, plain: bool) -> str:  # noqa: FBT001 - the key of a cache
    return key_text(resolve(text, tag, plain=plain))


def first_fault(root: Node) -> tuple[Node, str] | None:
    """Return the first node that readers refuse or disagree about, and what is wrong with it.

    These are keys that are no strings or stand twice in one mapping, merge keys without a mapping,
    and values that do not fit their tag. No message quotes a value.
    """
    faults = map(_fault, _worth_checking(root))
    return min((fault for fault in faults if fault), key=lambda fault: fault[0].start, default=None)


def _worth_checking(root: Node) -> Iterator[Node]:
    """Yield every list, mapping and tagged scalar once; a scalar without a tag is never wrong."""
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, Scalar):
            continue
        parts = node.items if isinstance(node, Sequence) else chain.from_iterable(node.pairs)
        stack.extend(part for part in parts if type(part) is not Scalar or part.tag is not None)


def _fault(node: Node) -> tuple[Node, str] | None:
    return _mapping_fault(node) if isinstance(node, Mapping) else _scalar_fault(node)


def _mapping_fault(mapping: Mapping) -> tuple[Node, str] | None:
    seen: set[str] = set()
    has_merged = False
    for key, value in mapping.pairs:
        try:
            if is_merge_key(key):
                _check_merge(value, seen, has_merged=has_merged)
                has_merged = True
                continue
            name = name_of(key)
        except ValueError as error:
            return key, str(error)
        if name in seen:
            return key, f"the key {name!r} stands twice in one mapping"
        seen.add(name)
    return None


def _check_merge(value: Node, before: set[str], *, has_merged: bool) -> None:
    """Refuse a merge whose result depends on the reader.

    For YAML what stands in the mapping itself wins, for Kubernetes what comes later.

    Raises:
        ValueError: The merge brings a key that stands before it, or is not the first one.
    """
    if has_merged:
        raise ValueError("the key '<<' stands twice in one mapping")
    if any(not before.isdisjoint(source.fields()) for source in _merge_sources(value)):
        raise ValueError(
            "<< brings a key that stands before it, and readers disagree; put << first"
        )


def _scalar_fault(node: Node) -> tuple[Node, str] | None:
    if isinstance(node, Scalar) and node.tag is not None:
        try:
            node.value  # noqa: B018 - it raises
        except ValueError as error:
            return node, str(error)
    return None


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it once, an aliased node too, in the order written."""
    seen: set[int] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, Sequence):
            stack += reversed(current.items)
        elif isinstance(current, Mapping):
            stack += reversed([*chain.from_iterable(current.pairs)])


def nearest(node: Node, path: Iterable[str]) -> Node:
    """Return the scalar that keys lead to; of anything larger, its key, which is read first.

    A position in a list is its number, counted from 0. Where the path ends early, it is the
    nearest node around what is missing.
    """
    found = node
    for key in path:
        value = _child(node, key)
        if value is None:
            break
        name = node.key_node(key) if isinstance(node, Mapping) else None
        found = value if isinstance(value, Scalar) or name is None else name
        node = value
    return found


def _child(node: Node, key: str) -> Node | None:
    if isinstance(node, Mapping):
        return node.get(key)
    if isinstance(node, Sequence) and key.isdecimal() and int(key) < len(node.items):
        return node.items[int(key)]
    return None


def plain(node: Node) -> Value:
    """Return the value as Kubernetes reads it, in Python's own types.

    Raises:
        ValueError: A key or a tagged scalar has no such value.
    """
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {name: plain(value) for name, value in node.fields().items()}


def _merge_sources(node: Node) -> list[Mapping]:
    sources = node.items if isinstance(node, Sequence) else [node]
    if not all(isinstance(source, Mapping) for source in sources):
        raise ValueError("a merge key (<<) takes a mapping or a list of mappings")
    return [source for source in sources if isinstance(source, Mapping)]


def _is_named(key: Node, name: str) -> bool:
    try:
        return not is_merge_key(key) and name_of(key) == name
    except ValueError:
        return False
