"""The Kubernetes objects of a document, wherever they stand in it.

An object is a mapping with a `kind`: the document itself, an item of a `List` or of a bare list, a
manifest inside another tool's field. Every occurrence of a key counts, merged and overridden ones
too, because readers disagree about which one wins and git keeps them all.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sealer.detect.rules import Rule
from sealer.detect.sighting import Sighting
from sealer.documents import Document, Mapping, Node, Scalar, Sequence

SECRET = "secret"  # noqa: S105 - a kind in lower case
SEALED_SECRET = "sealedsecret"  # noqa: S105 - as above
SOPS_SECRET = "sopssecret"  # noqa: S105 - as above
_LISTS = {"secretlist": SECRET, "sealedsecretlist": SEALED_SECRET}
CORE_GROUPS = ("", "core")
# The kinds that detectors are asked about, and the API groups that make them what is meant.
_GROUPS = {
    SECRET: CORE_GROUPS,
    SEALED_SECRET: (*CORE_GROUPS, "bitnami.com"),
    SOPS_SECRET: ("isindir.github.com", "craftypath.github.io"),
}

# A resource of Pulumi's YAML, which has the fields of the Secret under `properties`.
_OF_PULUMI = "kubernetes:core/v1:Secret"
_FIELDS_OF_PATCH = {"stringData", "data", "metadata", "type", "immutable", "$patch", "apiVersion"}

_NAME = re.compile(r"[-.a-z0-9]{1,253}")
# Item keys and annotation names; anything else could be part of a value that was read askew.
_LONGEST = 317
_KEY = re.compile(rf"[-._/a-zA-Z0-9]{{1,{_LONGEST}}}")

# What leads to a node, innermost first: (key or number in a list, what leads there).
Path = tuple[str | int, "Path"] | None
# By name in lower case: each occurrence of the field, with the name as it is written.
Fields = dict[str, list[tuple[str, Node]]]


class KubeObject(NamedTuple):
    """An object of a kind that detectors ask for, as it stands in a document.

    Attributes:
        kind: Its kind in lower case, a key of `_GROUPS`.
        node: Where it stands.
        path: The keys that lead to it.
        namespace: Its namespace; safe to print.
        name: Its name; safe to print.
        known: The fields of its mappings, as far as they were asked for: each is asked many times.
    """

    kind: str
    node: Mapping
    path: Path
    namespace: str
    name: str
    known: dict[int, Fields]

    def sections(self, *names: str) -> list[tuple[Node, Path]]:
        """Return every value that a path of field names leads to, and its path.

        Names are compared without case: `stringdata` is no field, and holds a value all the same.
        A list on the way counts with each of its items.
        """
        found: list[tuple[Node, Path]] = [(self.node, self.path)]
        for name in names:
            found = [
                (value, (key, path))
                for node, path in _with_items(found)
                if isinstance(node, Mapping)
                for key, value in self._named(node).get(name.lower(), ())
            ]
        return found

    def _named(self, node: Mapping) -> Fields:
        """Return the fields of a mapping by their names in lower case."""
        fields = self.known.get(id(node))
        if fields is None:
            fields = self.known[id(node)] = {}
            for key, value in entries(node):
                name = key_of(key)
                fields.setdefault(name.lower(), []).append((name, value))
        return fields

    def sighting(
        self, rule: Rule, node: Node, path: Path, key: str = "", length: int = 0
    ) -> Sighting:
        """Return a sighting in this object."""
        return Sighting(
            rule,
            node.start,
            shown_key(key),
            length,
            self.namespace,
            self.name,
            pointer_to(path),
            node.end,
        )


def find_objects(document: Document, kind_of_root: str = "") -> Iterator[KubeObject]:
    """Yield every object of a known kind in a document, each mapping once per kind.

    The template of a SealedSecret is a part of it, and no Secret, though it may say that it is one.

    Args:
        document: The document.
        kind_of_root: The kind that its root is meant to have, whatever it says; in lower case.
    """
    seen: set[tuple[int, str]] = set()
    templates: set[int] = set()
    pending: list[tuple[Node, Path, str]] = []
    if document.root is not None:
        pending.append((document.root, None, _kind_of_root(document.root, kind_of_root)))
    while pending:
        node, path, default_kind = pending.pop()
        if isinstance(node, Scalar) or (id(node), default_kind) in seen:
            continue
        seen.add((id(node), default_kind))
        if isinstance(node, Sequence):
            numbered = [(item, (n, path), default_kind) for n, item in enumerate(node.items)]
            pending.extend(reversed(numbered))
            continue
        kinds = _kinds(node) | {default_kind}
        for kind, groups in _GROUPS.items():
            if kind in kinds and _is_of_group(node, groups) and id(node) not in templates:
                found = KubeObject(kind, node, path, *identity(node), {})
                yield found
                if kind == SEALED_SECRET:
                    templates |= {id(part) for part, _ in found.sections("spec", "template")}
        item_kind = next((_LISTS[kind] for kind in kinds if kind in _LISTS), "")
        pending.extend(_children(node, path, item_kind))


def entries(mapping: Mapping) -> Iterable[tuple[Node, Node]]:
    """Return the keys and values of a mapping, those of merged mappings (`<<`) too."""
    if not any(isinstance(key, Scalar) and key.text == "<<" for key, _ in mapping.pairs):
        return mapping.pairs
    return _merged_entries(mapping)


def _merged_entries(mapping: Mapping) -> Iterator[tuple[Node, Node]]:
    pending = [mapping]
    while pending:
        for key, value in pending.pop().pairs:
            sources = value.items if isinstance(value, Sequence) else [value]
            merged = [source for source in sources if isinstance(source, Mapping)]
            if isinstance(key, Scalar) and key.text == "<<" and merged:
                pending.extend(merged)
            else:
                yield key, value


def identity(node: Mapping) -> tuple[str, str]:
    """Return an object's namespace and name, safe to print.

    Of several the last one counts, as most readers take it.
    """
    metadata = [
        value
        for key, value in entries(node)
        if isinstance(value, Mapping) and key_of(key) == "metadata"
    ]
    fields = {key_of(key): value for part in metadata for key, value in entries(part)}
    namespace, name, prefix = (
        key_of(fields[field]) if field in fields else ""
        for field in ("namespace", "name", "generateName")
    )
    return shown_name(namespace), shown_name(name or prefix)


def text_of(node: Node) -> str:
    """Return what a scalar says, `!!binary` decoded; the empty string for a collection."""
    if not isinstance(node, Scalar):
        return ""
    if node.tag is None:
        return node.text
    try:
        value = node.value
    except ValueError:
        return node.text
    return value if isinstance(value, str) else node.text


def key_of(node: Node) -> str:
    """Return a key or name as `text_of` does, or `?` for one that is too long to be any.

    An alias brings a long text to many places at no cost, so it is not read at each of them.
    """
    return text_of(node) if not isinstance(node, Scalar) or len(node.text) <= _LONGEST else "?"


def shown_name(text: str) -> str:
    """Return a name or namespace if it can be one, else `?`: a message never quotes other text."""
    return text if _NAME.fullmatch(text) else "?" if text else ""


def shown_key(text: str) -> str:
    """Return an item key or annotation name if it can be one, else `?`."""
    return text if _KEY.fullmatch(text) else "?" if text else ""


def pointer_to(path: Path) -> str:
    """Return a path as a JSON pointer (RFC 6901); a key that cannot be one is shown as `?`."""
    parts = []
    while path is not None:
        key, path = path
        shown = shown_key(key) if isinstance(key, str) else str(key)
        parts.append(shown.replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{part}" for part in reversed(parts))


def names_in(path: Path) -> list[str]:
    """Return the keys of a path, the outermost first; numbers in lists are left out."""
    names = []
    while path is not None:
        key, path = path
        if isinstance(key, str):
            names.append(key)
    return names[::-1]


def is_of_group(api_version: str, groups: tuple[str, ...]) -> bool:
    """Tell whether an apiVersion belongs to one of the groups, or leaves it open."""
    group, _, _ = api_version.strip().rpartition("/")
    is_template = "{" in api_version or "$" in api_version
    return group in groups or is_template


def _kind_of_root(root: Node, meant: str) -> str:
    """Return the kind that a root has without saying so: `stringData` stands in Secrets only."""
    if not isinstance(root, Mapping):
        return ""
    names = {key_of(key) for key, _ in entries(root)}
    is_patch = "stringData" in names and names <= _FIELDS_OF_PATCH
    return meant or (SECRET if is_patch else "")


def _with_items(found: list[tuple[Node, Path]]) -> Iterator[tuple[Node, Path]]:
    for node, path in found:
        yield node, path
        if isinstance(node, Sequence):
            yield from ((item, (n, path)) for n, item in enumerate(node.items))


def _children(node: Mapping, path: Path, item_kind: str) -> Iterator[tuple[Node, Path, str]]:
    for key, value in reversed(node.pairs):
        if not isinstance(value, Scalar):
            name = key_of(key)
            kind = item_kind if name == "items" else ""
            if name == "properties" and _OF_PULUMI in _texts(node, "type"):
                kind = SECRET
            yield value, (name, path), kind
        if not isinstance(key, Scalar):
            yield key, path, ""


def _kinds(node: Mapping) -> set[str]:
    kinds: set[str] = set()
    for text in _texts(node, "kind"):
        if "{" in text:
            from sealer.detect.kinds import kinds_in  # noqa: PLC0415 - rarely needed

            kinds |= kinds_in(text)
        else:
            kinds.add(text.strip().lower())
    return kinds


def _is_of_group(node: Mapping, groups: tuple[str, ...]) -> bool:
    versions = _texts(node, "apiversion")
    return not versions or any(is_of_group(version, groups) for version in versions)


def _texts(node: Mapping, name: str) -> list[str]:
    return [
        key_of(value) if isinstance(value, Scalar) else _action(value)
        for key, value in entries(node)
        if not isinstance(value, Sequence) and key_of(key).lower() == name
    ]


def _action(value: Mapping) -> str:
    """Return a bare `{{ action }}`, which YAML takes for a mapping that is the key of another."""
    node: Node = value
    for _ in range(2):
        if not isinstance(node, Mapping) or not node.flow or len(node.pairs) != 1:
            return ""
        node = node.pairs[0][0]
    if not isinstance(node, Scalar):
        return ""
    said = key_of(node)
    return f"{{{{ {node.style}{said}{node.style} }}}}"
