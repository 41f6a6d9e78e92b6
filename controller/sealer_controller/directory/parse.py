"""Find the SealedSecrets in the bytes of one source file; what cannot be used is told, not dropped.

Pure: bytes in, objects and problems out.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sealer.documents import Document, Stream, read_stream
from sealer.documents.nodes import Value, plain
from sealer.errors import (
    DocumentLimitError,
    InputError,
    ManifestError,
    ManyErrors,
    SealerError,
)
from sealer.manifest import Found, SealedSecret, find_objects, read_sealed_secret
from sealer.manifest.fields import FieldReader
from sealer.manifest.places import place
from sealer.manifest.schema import schema_faults, unknown_fields
from sealer.manifest.sealedsecret import GROUP, KIND
from sealer.scope import check_name, check_namespace
from sealer_controller.directory.status import Problem
from sealer_controller.objects import Key

__all__ = ["Content", "SourceObject", "parse"]


@dataclass(frozen=True, slots=True)
class SourceObject:
    """A SealedSecret as it stands in a file.

    Attributes:
        sealed: The object; without items where it cannot be used.
        source: The file, relative to the source folder.
        digest: SHA-256 of the whole object.
        spec_digest: SHA-256 of its spec.
        fault: Why it cannot be used.
    """

    sealed: SealedSecret
    source: str
    digest: str
    spec_digest: str
    fault: SealerError | None = None

    @property
    def key(self) -> Key:
        """Its namespace and name."""
        return Key(self.sealed.namespace, self.sealed.name)


@dataclass(slots=True)
class Content:
    """What one file holds.

    Attributes:
        objects: Its SealedSecrets, in order.
        problems: What somebody has to look at.
        is_complete: Whether nothing else can be in it.
    """

    objects: list[SourceObject] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_complete: bool = True

    def refuse(self, source: str, error: SealerError) -> None:
        """Note that a part of the file cannot be read, and so may hold anything."""
        self.tell(source, error)
        self.is_complete = False

    def tell(self, source: str, error: SealerError, *, is_harmless: bool = False) -> None:
        """Note something that somebody has to look at, or had better look at."""
        where = str(error.at(path=source).where) if isinstance(error, InputError) else source
        hint = f"; {error.hint}" if error.hint else ""
        self.problems.append(Problem(where, error.message + hint, is_harmless=is_harmless))

    def tell_of_others(self, source: str, error: SealerError) -> None:
        """Note that a part of a file is no YAML; it holds none of our objects."""
        if not isinstance(error, DocumentLimitError):  # it may be well-formed
            self.tell(source, error, is_harmless=True)


def parse(data: bytes, source: str, *, is_known: bool = False) -> Content:
    """Return what a file holds.

    A folder of manifests also holds files that only look like YAML, such as Helm templates. One
    that cannot be read and does not even mention SealedSecrets is told of, and does no harm.

    Args:
        data: The file.
        source: Its path, relative to the source folder.
        is_known: Whether it held a SealedSecret before, so that it may hold one still.
    """
    content = Content()
    # NUL bytes stand between the letters in UTF-16.
    is_ours = is_known or KIND.encode() in data.replace(b"\0", b"")
    tell = content.refuse if is_ours else content.tell_of_others
    try:
        stream = read_stream(data)
    except InputError as error:
        tell(source, error)
        return content
    for document in stream.documents:
        if document.error is None:
            _collect(content, stream, document, source)
        elif is_ours or document.root is None:  # keys that stand twice in others are theirs
            tell(source, document.error)
    return content


def _collect(content: Content, stream: Stream, document: Document, source: str) -> None:
    for found in find_objects(document):
        if not _is_meant(found):
            continue
        try:
            content.objects.append(_read(found, source))
        except SealerError as error:
            where = stream.where(found.node, document)
            placed = ManifestError(error.message, where=where, hint=error.hint)
            content.refuse(source, placed)
            continue
        for unknown in unknown_fields(found.node):
            where = place(stream, found, unknown.path, of_key=True)
            ignored = ManifestError(
                f"{unknown.message}: it is ignored", where=where, hint=unknown.hint
            )
            content.tell(source, ignored, is_harmless=True)


def _is_meant(found: Found) -> bool:
    """Tell our kind from one of the same name in another group; one without a group is ours."""
    group, slash, _ = found.api_version.partition("/")
    return found.kind == KIND and (group == GROUP or not slash)


def _read(found: Found, source: str) -> SourceObject:
    """Read a SealedSecret.

    Raises:
        SealerError: It is not even known which object it is.
    """
    manifest: dict[str, Value] = {"apiVersion": found.api_version, "kind": found.kind}
    manifest |= {name: plain(node) for name, node in found.node.fields().items()}
    namespace, name = _identity(manifest)
    fault: SealerError | None = None
    try:
        sealed = _checked(manifest)
    except ManifestError as error:
        fault = error
        # They tell whether it is selected.
        labels = FieldReader(manifest).texts("metadata", "labels")
        sealed = SealedSecret(namespace, name, {}, labels=labels)
    return SourceObject(sealed, source, _digest(manifest), _digest(manifest.get("spec")), fault)


def _checked(manifest: dict[str, Value]) -> SealedSecret:
    """Read a SealedSecret that an API server would take.

    Items that are no texts are left to whoever opens the others, so that all of them are told of
    together.

    Raises:
        ManifestError: It names all that is wrong.
    """
    missing = schema_faults(manifest)
    if not missing:
        with suppress(SealerError):
            return read_sealed_secret(manifest, lenient=True)
    faults = (*missing, *_strictly(manifest))
    raise ManifestError(
        "; ".join(dict.fromkeys(each.message for each in faults)),
        hint="; ".join(dict.fromkeys(each.hint for each in faults if each.hint)),
    )


def _strictly(manifest: dict[str, Value]) -> Sequence[SealerError]:
    """Return every field that cannot be used."""
    try:
        read_sealed_secret(manifest)
    except ManyErrors as error:
        return error.errors
    except SealerError as error:
        return (error,)
    return ()


def _identity(manifest: dict[str, Value]) -> tuple[str, str]:
    metadata = manifest.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    namespace, name = named.get("namespace"), named.get("name")
    if not namespace:
        raise ManifestError(
            "a SealedSecret without a namespace",
            hint="write metadata.namespace: outside a cluster nobody fills it in",
        )
    if not isinstance(namespace, str) or not isinstance(name, str):
        raise ManifestError("a SealedSecret needs metadata.namespace and metadata.name, as texts")
    check_namespace(namespace)
    check_name(name)
    return namespace, name


def _digest(value: Value) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
