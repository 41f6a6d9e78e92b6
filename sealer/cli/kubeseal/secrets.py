"""Secrets, read as loosely as the original reads them, but never into another text.

Names of fields may be in any case and unknown ones are left out, as Go reads JSON. A bare YAML
scalar counts as text where its text stays what it is (`5432`, `true`) and is refused where Go would
write another one (`yes`, `017`, `1.0`: compat.md 4.2). Names of items and the demands of a type
are the API server's business; `warnings_about` tells of them.
"""

from collections.abc import Iterator, Mapping
from typing import NoReturn

from sealer.documents import Mapping as MappingNode
from sealer.documents import Node, Scalar, Stream
from sealer.documents import Sequence as SequenceNode
from sealer.documents.scalars import key_text
from sealer.errors import EncodingError, ManifestError
from sealer.faults import Faults
from sealer.manifest import Found, Secret
from sealer.manifest.fields import FieldError
from sealer.manifest.places import place
from sealer.manifest.secret import API_VERSION, KIND, KNOWN_FIELDS
from sealer.scope import is_item_key
from sealer.sealing.advice import Notice, secret_warnings
from sealer.sealing.checks import check_secret_type
from sealer.sensitive import SecretBytes
from sealer.wire import decode_base64

_FIELDS = {name.lower(): name for name in KNOWN_FIELDS}
_METADATA = {
    name.lower(): name for name in ("name", "namespace", "labels", "annotations", "finalizers")
}
_DECODING = "error unmarshaling JSON: while decoding JSON: "
_STRING, _BYTES = "string", "[]uint8"


def check_kind(found: Found) -> None:
    """Refuse what is no Secret; what says nothing of its kind counts as one, as for the original.

    Raises:
        FieldError: The object is of another kind.
    """
    fields = _Reader().fields(found.node, _FIELDS)
    said = {name: fields.get(name) for name in ("kind", "apiVersion")}
    text = {name: node.text if isinstance(node, Scalar) else "" for name, node in said.items()}
    kind, version = text["kind"] or found.kind or KIND, text["apiVersion"] or API_VERSION
    if kind != KIND or version != API_VERSION:
        what = kind if version == API_VERSION else f"{kind} of {version}"
        raise FieldError(
            f"a {what} is no Secret and cannot be sealed",
            ("kind",),
            hint="take it out; `sealer seal` passes other kinds through",
        )


def read_loosely(found: Found) -> Secret:
    """Read a Secret.

    Raises:
        FieldError: A field cannot be used; its path says which.
        ManyErrors: Several fields cannot be used.
    """
    return _Reader().secret(found.node)


def warnings_about(secret: Secret, stream: Stream, found: Found) -> Iterator[Notice]:
    """Yield what gets lost of a Secret, and what the API server would refuse about it."""
    for notice in secret_warnings(stream, found):
        if notice.where.item.lower() not in _FIELDS:
            yield notice
    for key in secret.data:
        if not is_item_key(key):
            where = place(stream, found)._replace(item=key)
            yield Notice(f"{key!r} is no item key; the cluster will refuse it", where)
    try:
        check_secret_type(secret)
    except ManifestError as error:
        yield Notice(f"the cluster will refuse it: {error.message}", place(stream, found))


class _Reader:
    """Reads the fields of one object and collects what is wrong with them."""

    def __init__(self) -> None:
        self._faults = Faults()

    def secret(self, node: MappingNode) -> Secret:
        fields = self.fields(node, _FIELDS)
        metadata = self.mapping(fields.get("metadata"), "metadata", kind="v1.ObjectMeta")
        meta = self.fields(metadata, _METADATA, "metadata") if metadata else {}
        secret = Secret(
            namespace=self.name(meta.get("namespace"), "metadata", "namespace"),
            name=self.name(meta.get("name"), "metadata", "name"),
            data=self.data(fields.get("data")) | self.string_data(fields.get("stringData")),
            type=self.name(fields.get("type"), "type"),
            immutable=self.flag(fields.get("immutable"), "immutable"),
            labels=self.texts(meta.get("labels"), "metadata", "labels"),
            annotations=self.texts(meta.get("annotations"), "metadata", "annotations"),
            finalizers=self.items(meta.get("finalizers"), "metadata", "finalizers"),
        )
        self._faults.check()
        return secret

    def fields(self, node: MappingNode, known: Mapping[str, str], *path: str) -> dict[str, Node]:
        """Return the values by the proper names of their fields."""
        result: dict[str, Node] = {}
        for key, value in node.fields().items():
            name = known.get(key.lower(), key)
            if name in result:
                with self._faults.collected():
                    raise FieldError(f"the field {name} stands there twice", (*path, key))
            result[name] = value
        return result

    def mapping(self, node: Node | None, *path: str, kind: str) -> MappingNode | None:
        if isinstance(node, MappingNode):
            return node
        if node is not None and not _is_null(node):
            with self._faults.collected():
                _refuse_type(node, path, kind)
        return None

    def name(self, node: Node | None, *path: str) -> str:
        """Return a single text; null means that there is none."""
        return "" if node is None or _is_null(node) else self.text(node, *path)

    def text(self, node: Node, *path: str) -> str:
        with self._faults.collected():
            if not isinstance(node, Scalar):
                _refuse_type(node, path, _STRING)
            value = node.value
            if isinstance(value, str):
                return value
            if ("" if value is None else key_text(value)) != node.text:
                raise FieldError(
                    f"{'.'.join(path)}: the bare text is no string to YAML, and would change",
                    path,
                    hint="put it in quotes",
                )
            return node.text
        return ""

    def texts(self, node: Node | None, *path: str) -> dict[str, str]:
        mapping = self.mapping(node, *path, kind="map[string]string")
        fields = mapping.fields() if mapping else {}
        return {key: self.text(value, *path, key) for key, value in fields.items()}

    def string_data(self, node: Node | None) -> dict[str, SecretBytes]:
        texts = self.texts(node, "stringData")
        return {key: SecretBytes(text.encode()) for key, text in texts.items()}

    def data(self, node: Node | None) -> dict[str, SecretBytes]:
        mapping = self.mapping(node, "data", kind="map[string][]uint8")
        items = {}
        for key, value in mapping.fields().items() if mapping else ():
            with self._faults.collected():
                items[key] = SecretBytes(_decoded(value, ("data", key)))
        return items

    def flag(self, node: Node | None, *path: str) -> bool | None:
        if node is None or _is_null(node):
            return None
        with self._faults.collected():
            value = node.value if isinstance(node, Scalar) else None
            if isinstance(value, bool):
                return value
            _refuse_type(node, path, "bool")
        return None

    def items(self, node: Node | None, *path: str) -> tuple[str, ...]:
        if isinstance(node, SequenceNode):
            return tuple(self.text(item, *path) for item in node.items)
        if node is not None and not _is_null(node):
            with self._faults.collected():
                _refuse_type(node, path, "[]string")
        return ()


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _decoded(node: Node, path: tuple[str, ...]) -> bytes:
    value = node.value if isinstance(node, Scalar) else node
    if value is None:
        return b""
    if not isinstance(value, str):
        _refuse_type(node, path, _BYTES)
    try:
        return decode_base64(value)
    except EncodingError as error:
        hint = "data holds base64; plain text goes under stringData"
        raise FieldError(_DECODING + error.message, path, hint=hint) from None


def _refuse_type(node: Node, path: tuple[str, ...], wanted: str) -> NoReturn:
    """Refuse a value in the words of Go's decoder, which name the field and never the value."""
    if isinstance(node, Scalar):
        value = node.value
        found = "bool" if isinstance(value, bool) else "string" if type(value) is str else "number"
    else:
        found = "object" if isinstance(node, MappingNode) else "array"
    in_metadata = path[0] == "metadata" and len(path) > 1
    field = f"ObjectMeta.metadata.{path[1]}" if in_metadata else f"Secret.{path[0]}"
    raise FieldError(
        f"{_DECODING}json: cannot unmarshal {found} into Go struct field {field} of type {wanted}",
        path,
    )
