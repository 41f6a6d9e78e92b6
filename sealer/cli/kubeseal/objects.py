"""The documents of an input: every one of them is what is wanted, or the reason why not is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sealer.cli.report import about
from sealer.documents import Document, Mapping, Scalar, Stream, read_stream
from sealer.errors import DocumentError, InputError, ManifestError, ManyErrors, Where
from sealer.faults import Faults
from sealer.manifest import Found, find_objects, sealedsecret
from sealer.manifest.fields import FieldError
from sealer.manifest.places import place, placed

_UTF8 = "utf-8"


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of an input.

    Attributes:
        name: What to call the input.
        stream: The input.
        found: The objects, in order; at least one.
    """

    name: str
    stream: Stream
    found: tuple[Found, ...]

    def place(self, found: Found) -> Where:
        """Return where an object stands."""
        return place(self.stream, found)._replace(path=self.name)

    @property
    def data(self) -> bytes:
        """The input as it was read."""
        return self.stream.source.encode(self.stream.source.text)

    @contextmanager
    def placed(self, found: Found) -> Iterator[None]:
        """Fill in the place of every fault that is raised about an object inside the block."""
        with about(self.name), placed(self.stream, found):
            yield


def read_objects(
    data: bytes, check: Callable[[Found], None], nothing: str, *, name: str
) -> Objects:
    """Return the objects of an input; documents that hold nothing are left out.

    Args:
        data: The input.
        name: What to call it.
        check: Refuses an object of another kind.
        nothing: What to say where nothing can be read; the reasons come after it.

    Raises:
        InputError: A document cannot be read, or is something else.
        ManyErrors: There are several faults, or nothing at all.
    """
    with about(name):
        try:
            stream = read_stream(data)
            _check_encoding(stream)
        except DocumentError as error:
            raise ManyErrors((InputError(nothing), error)) from None
        return Objects(name, stream, tuple(_read_all(stream, check, nothing)))


def check_sealed_secret(found: Found) -> None:
    """Refuse what is no SealedSecret.

    Raises:
        FieldError: The object is of another kind.
    """
    if (found.api_version, found.kind) != (sealedsecret.API_VERSION, sealedsecret.KIND):
        version = f"of {found.api_version}" if found.api_version else "without an apiVersion"
        what = f"{found.kind} {version}" if found.kind else "document without a kind"
        wanted = f"apiVersion: {sealedsecret.API_VERSION}, kind: {sealedsecret.KIND}"
        raise FieldError(f"a {what} is no SealedSecret", ("kind",), hint=f"one has {wanted}")


def _read_all(stream: Stream, check: Callable[[Found], None], nothing: str) -> list[Found]:
    found: list[Found] = []
    faults = Faults()
    for document in stream.documents:
        with faults.collected():
            found += _read(stream, document, check)
    if not found and all(isinstance(fault, DocumentError) for fault in faults.errors):
        raise ManyErrors((InputError(nothing), *faults.errors))
    faults.check()
    return found


def _check_encoding(stream: Stream) -> None:
    if stream.source.encoding != _UTF8:
        raise DocumentError(
            f"the input is {stream.source.encoding.upper()}", hint="save it as UTF-8"
        )


def _read(stream: Stream, document: Document, check: Callable[[Found], None]) -> list[Found]:
    root = document.root
    if document.error is not None or root is None:
        raise document.error or DocumentError("the document is empty")
    if isinstance(root, Scalar) and root.value is None:
        return []
    objects = list(find_objects(document))
    if not objects and not isinstance(root, Mapping):
        where = stream.where(root, document)
        raise ManifestError("the document is no Kubernetes object", where=where)
    kept: list[Found] = []
    faults = Faults()
    for found in objects:
        if found.node.pairs:
            with faults.collected(), placed(stream, found):
                check(found)
                kept.append(found)
    faults.check()
    return kept
