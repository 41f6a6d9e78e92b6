"""What kustomize makes Secrets of: literals in a kustomization, and files that it names.

Source: `secretGenerator` of the kustomization, and the same as an object of its own, as the
built-in plug-in `SecretGenerator` takes it. Files are looked up in the revision that is examined;
one that is not there, or stands behind an address, is not brought in by it.
"""

import posixpath
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sealer.detect.certificates import is_public
from sealer.detect.encrypted import is_encrypted
from sealer.detect.envfiles import readable_entries
from sealer.detect.objects import Path, entries, identity, key_of, pointer_to, shown_key, shown_name
from sealer.detect.objects import text_of as said
from sealer.detect.rules import GENERATOR_FILE, GENERATOR_LITERAL, PUBLIC_CERTIFICATE, Rule
from sealer.detect.sighting import Sighting
from sealer.detect.values import Context, readable_length
from sealer.documents import Document, Mapping, Node, Scalar, Sequence
from sealer.documents.text import decode_text
from sealer.errors import DocumentError

_FIELD, _KIND = "secretGenerator", "SecretGenerator"
_QUOTES = ("'", '"')


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


def generated_values(document: Document, context: Context) -> Iterator[Sighting]:
    """Report each literal that becomes a value of a Secret, and each readable file that does."""
    for generator in _generators(document.root):
        for node, path in generator.sources("literals"):
            yield from _literal(generator, node, path, context)
        for node, path in generator.sources("files"):
            yield from _named_file(generator, node, path, context, _file_length)
        for node, path in generator.sources("envs", "env"):
            yield from _named_file(generator, node, path, context, _variables_length)


def _generators(root: Node | None) -> Iterator[_Generator]:
    if not isinstance(root, Mapping):
        return
    namespace = ""
    for key, value in entries(root):
        if key_of(key) == "kind" and said(value) == _KIND:
            yield _Generator(root, None, *identity(root))
        elif key_of(key) == "namespace":
            namespace = shown_name(key_of(value))
    for key, value in entries(root):
        if key_of(key) == _FIELD and isinstance(value, Sequence):
            for n, item in enumerate(value.items):
                if isinstance(item, Mapping):
                    fields = {key_of(name): key_of(part) for name, part in entries(item)}
                    own = shown_name(fields.get("namespace", "")) or namespace
                    path: Path = (n, (_FIELD, None))
                    yield _Generator(item, path, own, shown_name(fields.get("name", "")))


def _literal(generator: _Generator, node: Node, path: Path, context: Context) -> Iterator[Sighting]:
    """Report `key=value` if the value can be read; what has no key is a value all the same."""
    whole = context.readable_length(node, path, is_base64=False)
    if whole is None:
        return
    key, equals, value = said(node).partition("=") if isinstance(node, Scalar) else ("", "", "")
    value = value[1:-1] if value[:1] in _QUOTES and value[-1:] == value[:1] else value
    placeholders = context.settings.placeholders
    length = readable_length(value, is_base64=False, placeholders=placeholders)
    if not equals:
        yield generator.sighting(GENERATOR_LITERAL, node, path, "", whole)
    elif length is not None:
        yield generator.sighting(GENERATOR_LITERAL, node, path, key, length)


_Measure = Callable[[bytes, Context], int | None]


def _named_file(
    generator: _Generator, node: Node, path: Path, context: Context, measure: _Measure
) -> Iterator[Sighting]:
    """Report a file that is there and can be read, at the place that names it."""
    key, equals, name = said(node).partition("=")
    if not equals or measure is _variables_length:
        key, name = "", said(node)
    look_up = context.settings.lookup
    is_nothing = context.readable_length(node, path, is_base64=False) is None
    if is_nothing or not name.strip() or "://" in name or look_up is None:
        return
    data = look_up(posixpath.normpath(posixpath.join(posixpath.dirname(context.path), name)))
    length = measure(data, context) if data is not None else None
    if data is None or length is None:
        return
    rule = PUBLIC_CERTIFICATE if is_public(_text(data)) else GENERATOR_FILE
    is_variables = measure is _variables_length
    shown = "" if is_variables else key or posixpath.basename(name)
    yield generator.sighting(rule, node, path, shown, length)


def _file_length(data: bytes, context: Context) -> int | None:
    """Return how much can be read of a file that becomes one value; None for nothing."""
    if is_encrypted(data):
        return None
    placeholders = context.settings.placeholders
    is_readable = readable_length(_text(data), is_base64=False, placeholders=placeholders)
    return None if is_readable is None else len(data)


def _variables_length(data: bytes, context: Context) -> int | None:
    """Return how much can be read of a file with a variable on each line; None for nothing."""
    if is_encrypted(data):
        return None
    found = list(readable_entries(_text(data), context.settings.placeholders))
    return sum(len(each.value.encode(errors="replace")) for each in found) if found else None


def _text(data: bytes) -> str:
    try:
        return decode_text(data).text
    except DocumentError:
        return data.decode(errors="replace")
