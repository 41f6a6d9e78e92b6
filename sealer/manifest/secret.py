"""The Secret: what people write, what is sealed, and what a SealedSecret turns into."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sealer.errors import EncodingError
from sealer.manifest.fields import FieldReader
from sealer.scope import is_item_key
from sealer.sensitive import SecretBytes
from sealer.wire import decode_base64

API_VERSION = "v1"
KIND = "Secret"
DEFAULT_TYPE = "Opaque"
SERVICE_ACCOUNT_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - a type, no secret
KNOWN_FIELDS = frozenset(
    ("apiVersion", "kind", "metadata", "data", "stringData", "type", "immutable")
)
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Secret:
    """A Kubernetes Secret.

    Attributes:
        namespace: Empty when the manifest leaves it to whoever applies it.
        name: The object's name.
        data: The items, `stringData` merged in.
        type: Empty when the manifest leaves it to the API server, which fills in `Opaque`.
        immutable: None when not said.
        labels: The labels.
        annotations: The annotations.
        finalizers: The finalizers.
        owner_references: Owner references as JSON values.
    """

    namespace: str
    name: str
    data: Mapping[str, SecretBytes]
    type: str = ""
    immutable: bool | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    annotations: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[Mapping[str, object], ...] = ()

    def to_object(self) -> dict[str, object]:
        """Return the manifest as JSON values, with the plaintext in base64: handle with care."""
        data = {key: base64.b64encode(value.reveal()).decode() for key, value in self.data.items()}
        metadata = {
            "name": self.name,
            "namespace": self.namespace,
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
            "finalizers": list(self.finalizers),
            "ownerReferences": [dict(reference) for reference in self.owner_references],
        }
        manifest: dict[str, object] = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {key: value for key, value in metadata.items() if value},
            "type": self.type,
            "data": data,
        }
        if self.immutable is not None:
            manifest["immutable"] = self.immutable
        return {key: value for key, value in manifest.items() if value not in ("", {})}


def read_secret(manifest: object) -> Secret:
    """Read a Secret as Kubernetes does, except that nothing is guessed.

    `stringData` wins over `data`. A value that YAML does not read as a string is refused, because
    Kubernetes would turn `yes` into `true` and `017` into `15` (compat.md 4.2).

    Raises:
        FieldError: A field cannot be used; its path says which.
        ManyErrors: Several fields cannot be used.
    """
    reader = FieldReader(manifest)
    if reader.raw("kind") != KIND or reader.raw("apiVersion") != API_VERSION:
        reader.refuse("this is no Secret: apiVersion v1, kind Secret", "kind")
        reader.check()
    reader.mapping("metadata")
    secret = Secret(
        namespace=reader.text("metadata", "namespace"),
        name=reader.text("metadata", "name"),
        data=_read_data(reader),
        type=reader.text("type"),
        immutable=reader.flag("immutable"),
        labels=reader.texts("metadata", "labels"),
        annotations=reader.texts("metadata", "annotations"),
    )
    for key in secret.data:
        if not is_item_key(key):
            section = "data" if key in reader.mapping("data") else "stringData"
            reader.refuse(
                f"{key!r} is no item key",
                *(section, key),
                hint="letters, digits, '-', '_' and '.', such as 'tls.key'",
                of_key=True,
            )
    reader.check()
    return secret


def _read_data(reader: FieldReader) -> dict[str, SecretBytes]:
    items = {}
    for key, value in reader.mapping("data").items():
        # An empty value is null in YAML and an empty item to Kubernetes.
        text = "" if value is None else reader.text("data", key)
        try:
            items[key] = SecretBytes(decode_base64(text))
        except EncodingError as error:
            reader.refuse(
                f"data.{key}: {error.message}",
                *("data", key),
                hint="data holds base64; plain text goes under stringData",
            )
    for key, text in reader.texts("stringData").items():
        items[key] = SecretBytes(text.encode())
    return items
