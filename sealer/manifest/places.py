"""Where in a file an object or one of its fields stands, so that a fault is told with its line."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sealer.documents import Mapping, Scalar, Stream
from sealer.documents.nodes import nearest
from sealer.errors import IdentityError, InputError, ManifestError, ManyErrors, Where
from sealer.manifest.fields import FieldError, Path
from sealer.manifest.kinds import Found

_METADATA = "metadata"


def place(stream: Stream, found: Found, path: Path = ()) -> Where:
    """Return the place of an object, or of the field that a path of keys leads to.

    A position in a list is its number, counted from 0. A field that does not exist has the place
    of the nearest one around it.
    """
    where = stream.where(nearest(found.node, path), found.document)
    return replace(
        where,
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
        where = replace(place(stream, found, (_METADATA,)), item="")
        raise ManifestError(error.message, where=where, hint=error.hint) from error


def _fill(error: InputError, stream: Stream, found: Found) -> None:
    where = place(stream, found, error.path if isinstance(error, FieldError) else ())
    error.at(
        line=where.line,
        column=where.column,
        document=where.document,
        namespace=where.namespace,
        name=where.name,
    )


def _in_metadata(node: Mapping, field: str) -> str:
    metadata = node.get(_METADATA)
    value = metadata.get(field) if isinstance(metadata, Mapping) else None
    return value.text if isinstance(value, Scalar) else ""
