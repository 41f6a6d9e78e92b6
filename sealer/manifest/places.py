"""Where in a file an object or one of its fields stands, so that a fault is told with its line."""

from collections.abc import Iterator
from contextlib import contextmanager

from sealer.documents import Mapping, Node, Scalar, Stream
from sealer.documents.nodes import nearest
from sealer.documents.template import find_placeholder, template_hint
from sealer.errors import IdentityError, InputError, ManifestError, ManyErrors, Where
from sealer.manifest.fields import FieldError, Path
from sealer.manifest.kinds import Found

_METADATA = "metadata"
_ITEM_DEPTH = 2  # the section and the key


def place(stream: Stream, found: Found, path: Path = (), *, of_key: bool = False) -> Where:
    """Return the place of an object, or of the field that a path of keys leads to.

    A position in a list is its number, counted from 0. A field that does not exist has the place
    of the nearest one around it.

    Args:
        stream: The file.
        found: The object.
        path: The keys.
        of_key: The last key itself is meant, and not what stands under it.
    """
    node = nearest(found.node, path)
    if of_key:
        node = _keys(found.node, path)[-1] or node
    where = stream.where(node, found.document)
    return where._replace(
        namespace=_in_metadata(found.node, "namespace"),
        name=_in_metadata(found.node, "name"),
        item=".".join(path),
    )


@contextmanager
def placed(stream: Stream, found: Found) -> Iterator[None]:
    """Fill in the place of every fault that is raised about an object inside the block."""
    try:
        yield
    except InputError as error:
        _fill(error, stream, found)
        raise
    except ManyErrors as error:
        for fault in error.errors:
            if isinstance(fault, InputError):
                _fill(fault, stream, found)
        raise
    except IdentityError as error:
        where = place(stream, found, (_METADATA,))._replace(item="")
        hint = _template_hint(found.node, (_METADATA, "name"))
        hint = hint or _template_hint(found.node, (_METADATA, "namespace")) or error.hint
        raise ManifestError(error.message, where=where, hint=hint) from error


def _fill(error: InputError, stream: Stream, found: Found) -> None:
    where = place(stream, found)
    if isinstance(error, FieldError):
        path = _actual(found.node, error.path)
        where = place(stream, found, path, of_key=error.of_key)
        error.hint = _template_hint(found.node, path) or error.hint
        # `n: 5` is an item `false` to Kubernetes; whoever wrote it looks for `n`.
        keys = zip(path, _keys(found.node, path), strict=True)
        written = tuple(key.text if isinstance(key, Scalar) else name for name, key in keys)
        error.message = error.message.replace(".".join(path), ".".join(written))
        error.where = error.where._replace(item=".".join(written))
    error.at(
        line=where.line,
        column=where.column,
        document=where.document,
        namespace=where.namespace,
        name=where.name,
    )


def _actual(node: Mapping, path: Path) -> Path:
    """Return the path of an item where it stands: what is read as `data` may be `stringData`."""
    if len(path) == _ITEM_DEPTH and path[0] == "data":
        other = ("stringData", path[1])
        if _keys(node, path)[-1] is None and _keys(node, other)[-1] is not None:
            return other
    return path


def _keys(node: Node | None, path: Path) -> list[Node | None]:
    """Return the nodes of the keys of a path; None for those that are not there."""
    keys: list[Node | None] = []
    for name in path:
        mapping = node if isinstance(node, Mapping) else None
        keys.append(mapping.key_node(name) if mapping else None)
        node = mapping.get(name) if mapping else None
    return keys


def _template_hint(root: Mapping, path: Path) -> str:
    """Return what to do where a field's value is a placeholder; empty where it is none."""
    node = nearest(root, path)
    at = find_placeholder(node.text) if isinstance(node, Scalar) else -1
    return template_hint(node.text, at) if isinstance(node, Scalar) and at >= 0 else ""


def _in_metadata(node: Mapping, field: str) -> str:
    metadata = node.get(_METADATA)
    value = metadata.get(field) if isinstance(metadata, Mapping) else None
    return value.text if isinstance(value, Scalar) else ""
