"""What kustomize makes Secrets of: literals in a kustomization, and files that it names.

Source: `secretGenerator` of the kustomization, and the same as an object of its own, as the
built-in plug-in `SecretGenerator` takes it. Files are looked up in the revision that is examined;
one that is not there, or stands behind an address, is not brought in by it.
"""

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from sealer.detect.certificates import is_public
from sealer.detect.encrypted import is_encrypted
from sealer.detect.envfiles import readable_entries
from sealer.detect.objects import Path, entries, identity, key_of, pointer_to, shown_key, shown_name
from sealer.detect.objects import text_of as said
from sealer.detect.rules import GENERATOR_FILE, GENERATOR_LITERAL, PUBLIC_CERTIFICATE, Rule
from sealer.detect.sighting import Doubt, Sighting
from sealer.detect.values import Context, readable_length
from sealer.documents import Document, Mapping, Node, Scalar, Sequence
from sealer.documents.text import decode_text
from sealer.errors import DocumentError

_FIELD, _KIND = "secretGenerator", "SecretGenerator"
_QUOTES = ("'", '"')
# What a Secret can hold; what is larger is no honest list of variables.
_LARGEST_SECRET = 1024 * 1024


class _Generator(NamedTuple):
    """What makes one Secret."""

    node: Mapping
    path: Path
    namespace: str
    name: str

    def sources(self, *names: str) -> Iterator[tuple[Node, Path]]:
        """Yield what stands in the lists of these names; `env` is one text, and as good as any."""
        for key, value in entries(self.node):
            name = key_of(key)
            if name in names:
                path: Path = (name, self.path)
                is_list = isinstance(value, Sequence)
                items = value.items if isinstance(value, Sequence) else [value]
                yield from ((item, (n, path) if is_list else path) for n, item in enumerate(items))

    def sighting(self, rule: Rule, node: Node, path: Path, key: str, length: int) -> Sighting:
        """Return a sighting in this generator."""
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


def generated_values(document: Document, context: Context) -> Iterator[Sighting | Doubt]:
    """Report each literal that becomes a value of a Secret, and each readable file that does."""
    files = _Files(context)
    for generator in _generators(document.root):
        for node, path in generator.sources("literals"):
            yield from _literal(generator, node, path, context)
        for node, path in generator.sources("files"):
            key, equals, name = said(node).partition("=")
            name = name if equals else said(node)
            shown = key if equals else posixpath.basename(name)
            yield from files.judge(generator, node, path, name, shown)
        for node, path in generator.sources("envs", "env"):
            yield from files.judge(generator, node, path, said(node), "", is_variables=True)


def _generators(root: Node | None) -> Iterator[_Generator]:
    """Yield the generators of a document, those in lists too."""
    seen: set[int] = set()
    pending: list[tuple[Node | None, Path]] = [(root, None)]
    while pending:
        node, path = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending.extend((item, (n, path)) for n, item in enumerate(node.items))
        elif isinstance(node, Mapping):
            yield from _of_mapping(node, path)
            items = ((key_of(key), value) for key, value in entries(node))
            pending.extend((value, (key, path)) for key, value in items if key == "items")


def _of_mapping(root: Mapping, where: Path) -> Iterator[_Generator]:
    namespace = ""
    for key, value in entries(root):
        if key_of(key) == "kind" and said(value) == _KIND:
            yield _Generator(root, where, *identity(root))
        elif key_of(key) == "namespace":
            namespace = shown_name(key_of(value))
    for key, value in entries(root):
        if key_of(key) == _FIELD and isinstance(value, Sequence):
            for n, item in enumerate(value.items):
                if isinstance(item, Mapping):
                    fields = {key_of(name): key_of(part) for name, part in entries(item)}
                    own = shown_name(fields.get("namespace", "")) or namespace
                    path: Path = (n, (_FIELD, where))
                    yield _Generator(item, path, own, shown_name(fields.get("name", "")))


def split_literal(written: str) -> tuple[str, str]:
    """Return key and value of a literal; of one without a key, or that is base64, no key.

    Kustomize takes away the quotes around a value.
    """
    key, _, value = written.partition("=")
    if not value.strip("="):  # also the end of base64, whose beginning is no name
        return ("", written) if value or "=" not in written else (key, "")
    is_quoted = value[:1] in _QUOTES and value[-1:] == value[:1]
    return key, value[1:-1] if is_quoted else value


def _literal(generator: _Generator, node: Node, path: Path, context: Context) -> Iterator[Sighting]:
    """Report `key=value` if the value can be read; what has no key is a value all the same."""
    length = context.readable_length(node, path, is_base64=False)
    if length is None:
        return
    key = ""
    if isinstance(node, Scalar):
        key, value = split_literal(said(node))
        placeholders = context.settings.placeholders
        length = readable_length(value, is_base64=False, placeholders=placeholders)
    if length is not None:
        yield generator.sighting(GENERATOR_LITERAL, node, path, key, length)


class _Files:
    """The files that a kustomization names; each is judged once, and not without end.

    Args:
        context: What they are judged by.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._memory = context.memory

    def judge(
        self,
        generator: _Generator,
        node: Node,
        path: Path,
        name: str,
        key: str,
        *,
        is_variables: bool = False,
    ) -> Iterator[Sighting | Doubt]:
        """Report a file that is there and can be read, at the place that names it.

        Args:
            generator: What makes a Secret of it.
            node: The place.
            path: What leads to the place.
            name: The file, relative to the kustomization.
            key: The item that it becomes.
            is_variables: There is an item on each of its lines.
        """
        is_nothing = self._context.readable_length(node, path, is_base64=False) is None
        if is_nothing or not name.strip() or "://" in name:
            return
        asked = (name, is_variables)
        known = self._memory.files
        if asked not in known:
            known[asked] = self._look(name, is_variables=is_variables)
        if not self._memory.named.take(0):
            yield Doubt(node.start, "the files that this kustomization names are too large")
        elif found := known[asked]:
            rule, length = found
            yield generator.sighting(rule, node, path, key, length)

    def _look(self, name: str, *, is_variables: bool) -> tuple[Rule, int] | None:
        """Return what is wrong with a file, and its length; None where nothing is."""
        look_up = self._context.settings.lookup
        if look_up is None or not self._memory.named.take(0):
            return None
        folder = posixpath.dirname(self._context.path)
        data = look_up(posixpath.normpath(posixpath.join(folder, name)))
        if data is None:
            return None
        self._memory.named.take(len(data))
        if is_encrypted(data, self._memory) or not self._is_readable(
            _text(data), is_variables=is_variables
        ):
            return None
        return (PUBLIC_CERTIFICATE if is_public(_text(data)) else GENERATOR_FILE), len(data)

    def _is_readable(self, text: str, *, is_variables: bool) -> bool:
        placeholders = self._context.settings.placeholders
        if is_variables and len(text) <= _LARGEST_SECRET:
            return any(readable_entries(text, placeholders, self._memory))
        return readable_length(text, is_base64=False, placeholders=placeholders) is not None


def _text(data: bytes) -> str:
    try:
        return decode_text(data).text
    except DocumentError:
        return data.decode(errors="replace")
