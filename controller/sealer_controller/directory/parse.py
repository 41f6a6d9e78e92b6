"""Find the SealedSecrets in the bytes of one source file; what cannot be used is told, not dropped.

Pure: bytes in, objects and problems out.
"""

import hashlib
import json
from dataclasses import dataclass, field

from sealer.documents import Document, Stream, read_stream
from sealer.documents.nodes import Value, plain
from sealer.errors import InputError, ManifestError, ManyErrors, SealerError
from sealer.manifest import Found, SealedSecret, find_objects, read_sealed_secret
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
        where = str(error.at(path=source).where) if isinstance(error, InputError) else source
        hint = f"; {error.hint}" if error.hint else ""
        self.problems.append(Problem(where, error.message + hint))
        self.is_complete = False


def parse(data: bytes, source: str, *, is_known: bool = False) -> Content:
    """Return what a file holds.

    A folder of manifests also holds files that only look like YAML, such as Helm templates. One
    that cannot be read and does not even mention SealedSecrets is passed over.

    Args:
        data: The file.
        source: Its path, relative to the source folder.
        is_known: Whether it held a SealedSecret before, so that it is never passed over.
    """
    content = Content()
    # NUL bytes stand between the letters in UTF-16.
    if not is_known and KIND.encode() not in data.replace(b"\0", b""):
        return content
    try:
        stream = read_stream(data)
    except InputError as error:
        content.refuse(source, error)
        return content
    for document in stream.documents:
        if document.error is not None:
            content.refuse(source, document.error)
        else:
            _collect(content, stream, document, source)
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
        sealed = read_sealed_secret(manifest)
    except SealerError as error:
        fault = _merged(error)
        sealed = SealedSecret(namespace, name, {})
    return SourceObject(sealed, source, _digest(manifest), _digest(manifest.get("spec")), fault)


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


def _merged(error: SealerError) -> SealerError:
    if isinstance(error, ManyErrors):
        return ManifestError("; ".join(each.message for each in error.errors))
    return error


def _digest(value: Value) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
