"""What a file of manifests holds: the objects that are looked for, other kinds, and faults."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from sealer.documents import Document, Mapping, Node, Stream, read_stream
from sealer.documents.nodes import plain
from sealer.errors import DocumentError, ManifestError, SealerError
from sealer.faults import Faults
from sealer.manifest import Found, find_objects
from sealer.manifest.places import place, placed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The kind of object that is looked for."""

    api_version: str
    kind: str

    def is_meant_by(self, found: Found) -> bool:
        """Tell whether an object is of this kind, or would be if it were spelt right."""
        group = self.api_version.rpartition("/")[0]
        is_of_group = found.api_version.rpartition("/")[0] == group
        return is_of_group and found.kind.lower() == self.kind.lower()

    def is_named_in(self, text: str) -> bool:
        """Tell whether a text that cannot be parsed seems to hold such an object."""
        return re.search(rf"kind[\"']?\s*:\s*[\"']?{self.kind}(?:List)?\b", text) is not None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file holds.

    Attributes:
        stream: The file.
        wanted: The objects that were looked for, in order.
        others: The kinds of all other objects, in order.
        faults: What is wrong with the rest of the file.
    """

    stream: Stream
    wanted: tuple[Found, ...] = ()
    others: tuple[str, ...] = ()
    faults: tuple[SealerError, ...] = ()

    @property
    def is_manifest(self) -> bool:
        """Whether the file holds any Kubernetes object."""
        return bool(self.wanted or self.others)

    def read(self, reader: Callable[[Found], T]) -> list[T]:
        """Return what a function makes of each object that was looked for.

        Raises:
            InputError: An object cannot be used, or something else in the file.
            ManyErrors: There are several faults.
        """
        faults = Faults()
        results: list[T] = []
        for fault in self.faults:
            faults.add(fault)
        for found in self.wanted:
            with faults.collected(), placed(self.stream, found):
                results.append(reader(found))
        faults.check()
        return results


def manifest_of(found: Found) -> dict[str, object]:
    """Return an object as JSON values; items of a `SecretList` need not say what they are."""
    fields = {name: plain(node) for name, node in found.node.fields().items()}
    return {"apiVersion": found.api_version, "kind": found.kind, **fields}


def survey(
    data: bytes, wanted: Wanted, *, lenient: bool = False, only: Collection[str] = ()
) -> Survey:
    """Look for objects of a kind in a file.

    Args:
        data: The file.
        wanted: What to look for.
        lenient: The file was found in a folder and not named by anyone. It may be anything, so
            faults count only where it holds what is wanted, or seems to.
        only: The places to look at, as `Found` has them, or of lists that hold what to look at;
            nothing means all of the file. What is wrong with objects elsewhere does not count.

    Raises:
        DocumentError: The file cannot be read at all. Faults of single documents are returned.
        ManifestError: Nothing that is wanted stands at one of the places.
    """
    try:
        stream = read_stream(data)
    except DocumentError:
        if lenient and not wanted.is_named_in(data.replace(b"\0", b"").decode("latin-1")):
            return Survey(read_stream(b""))
        raise
    surveyor = _Surveyor(stream, wanted, only)
    for document in stream.documents:
        places = [place for place in only if _is_within(place, str(document.number))]
        if places or not only or document.error is not None:
            surveyor.take(document)
    if not stream.documents:
        surveyor.faults.add(DocumentError("the input is empty", hint="it holds no document"))
    surveyor.check_places()
    counts = not lenient or surveyor.is_suspicious
    faults = tuple(surveyor.faults.errors) if counts else ()
    return Survey(stream, tuple(surveyor.found), tuple(surveyor.others), faults)


class _Surveyor:
    """Looks at one document after the other."""

    def __init__(self, stream: Stream, wanted: Wanted, only: Collection[str]) -> None:
        self.found: list[Found] = []
        self.others: list[str] = []
        self.faults = Faults()
        self.is_suspicious = False  # something wanted is there, or may be
        self._stream = stream
        self._wanted = wanted
        self._only = only

    def check_places(self) -> None:
        """Refuse a place at which nothing is that is wanted, and nothing that is at fault.

        Raises:
            ManifestError: There is one.
        """
        for only in self._only if not self.faults.errors else ():
            if not any(_is_within(found.place, only) for found in self.found):
                message = f"there is no {self._wanted.kind} at {only!r}"
                hint = "a place is a document's number, or that of an item: 2, or 1/items/0"
                raise ManifestError(message, hint=hint)

    def take(self, document: Document) -> None:
        if document.error is not None:
            self._take_faulty(document, document.error)
            return
        objects = list(find_objects(document))
        for found in objects:
            if self._only and not any(_is_within(found.place, only) for only in self._only):
                self.others.append(found.kind)
                continue
            with self.faults.collected():
                self._take(found)
        if not objects and document.root is not None:
            self._take_bare(document, document.root)

    def _take_faulty(self, document: Document, error: DocumentError) -> None:
        self.faults.add(error)
        kinds = [found.kind for found in find_objects(document) if found.kind]
        self.others += kinds
        if self._wanted.kind in kinds or self._wanted.is_named_in(self._stream.text_of(document)):
            self.is_suspicious = True

    def _take(self, found: Found) -> None:
        wanted = self._wanted
        if not found.api_version or not found.kind:
            self._refuse_incomplete(found)
        elif not wanted.is_meant_by(found):
            self.others.append(found.kind)
        else:
            self.is_suspicious = True
            self._check_spelling(found)
            self.found.append(found)

    def _check_spelling(self, found: Found) -> None:
        """Refuse what the hook takes for a Secret and Kubernetes does not."""
        wanted = self._wanted
        if found.kind != wanted.kind:
            where = place(self._stream, found, ("kind",))
            raise ManifestError(f"kind {found.kind!r} is written {wanted.kind}", where=where)
        if found.api_version != wanted.api_version:
            where = place(self._stream, found, ("apiVersion",))
            message = f"there is no {wanted.kind} of apiVersion {found.api_version!r}"
            raise ManifestError(
                message, where=where, hint=f"write apiVersion: {wanted.api_version}"
            )

    def _refuse_incomplete(self, found: Found) -> NoReturn:
        wanted = self._wanted
        if found.kind == wanted.kind:
            self.is_suspicious = True
        raise ManifestError(
            f"the document has no {'apiVersion' if found.kind else 'kind'}",
            where=place(self._stream, found),
            hint=f"a {wanted.kind} has apiVersion: {wanted.api_version} and kind: {wanted.kind}",
        )

    def _take_bare(self, document: Document, root: Node) -> None:
        """Take in a document without objects: an empty `List` passes, all else is no manifest."""
        if isinstance(root, Mapping) and root.get("kind") is not None:
            self.others.append("List")
        else:
            where = self._stream.where(root, document)
            self.faults.add(ManifestError("the document is no Kubernetes object", where=where))


def _is_within(place: str, around: str) -> bool:
    """Tell whether a place of a file is another one, or stands in it."""
    return place == around or place.startswith(f"{around}/")
