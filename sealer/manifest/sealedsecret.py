"""The SealedSecret: what is committed, and what the controller turns into a Secret.

Source: compat.md 2.1. What we do not know of an object is kept out of the way, never written back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sealer.manifest.fields import FieldReader, type_name
from sealer.scope import ANNOTATION_PREFIX, Identity, Scope

API_VERSION = "bitnami.com/v1alpha1"
KIND = "SealedSecret"
GROUP = "bitnami.com"
PLURAL = "sealedsecrets"
SKIP_OWNER_ANNOTATION = ANNOTATION_PREFIX + "skip-set-owner-references"
TEMPLATE_ONLY_ANNOTATION = "sealer.dev/template-only"
# What the controller puts on the Secrets that it makes (controller.md 2, rules 1 and 2).
MANAGED_LABEL = "sealer.dev/managed"
DIGEST_ANNOTATION = "sealer.dev/digest"
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Template:
    """The shape of the Secret to produce.

    Attributes:
        type: The Secret's type; empty for the API server's default.
        immutable: None when not said.
        labels: Labels of the Secret.
        annotations: Annotations of the Secret.
        finalizers: Finalizers of the Secret.
        owner_references: Used only where the skip annotation keeps ours away.
        name: What the template says; the object's own name wins.
        namespace: What the template says; the object's own namespace wins.
        data: Go templates by item key.
    """

    type: str = ""
    immutable: bool | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    annotations: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[Mapping[str, object], ...] = ()
    name: str = ""
    namespace: str = ""
    data: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def skips_owner(self) -> bool:
        """Whether the Secret is to have no owner reference to its SealedSecret."""
        return self.annotations.get(SKIP_OWNER_ANNOTATION) == "true"


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A SealedSecret.

    Attributes:
        namespace: May be empty for a cluster-wide object.
        name: The object's name.
        encrypted_data: Sealed values by item key, as text.
        template: The shape of the Secret to produce.
        labels: The object's own labels; they do not reach the Secret.
        annotations: The object's own annotations; they decide the scope.
        legacy_data: `spec.data` of the V1 format as text; None when absent (compat.md 1.7).
        odd_items: What the items are, in words, that should be texts and were read as empty ones.
    """

    namespace: str
    name: str
    encrypted_data: Mapping[str, str]
    template: Template = field(default_factory=Template)
    labels: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    annotations: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    legacy_data: str | None = None
    odd_items: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def identity(self) -> Identity:
        """What the object's values have to be sealed for."""
        return Identity(Scope.of(self.annotations), self.namespace, self.name)

    @property
    def template_only(self) -> frozenset[str]:
        """The items that are for templates alone: the Secret does not get those that one uses."""
        names = self.annotations.get(TEMPLATE_ONLY_ANNOTATION, "").split(",")
        return frozenset(filter(None, map(str.strip, names)))

    def to_object(self) -> dict[str, object]:
        """Return the manifest as JSON values, in the original's order and without nulls."""
        template = _without_empty(
            {
                "metadata": _without_empty(
                    {
                        "name": self.template.name,
                        "namespace": self.template.namespace,
                        "labels": dict(self.template.labels),
                        "annotations": dict(self.template.annotations),
                        "finalizers": list(self.template.finalizers),
                    }
                ),
                "type": self.template.type,
                "immutable": self.template.immutable,
                "data": dict(self.template.data),
            }
        )
        metadata: dict[str, object] = {
            "name": self.name,
            "namespace": self.namespace,
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
        }
        return {
            "kind": KIND,
            "apiVersion": API_VERSION,
            "metadata": _without_empty(metadata),
            "spec": {"template": template, "encryptedData": dict(self.encrypted_data)},
        }


def read_sealed_secret(manifest: object, *, lenient: bool = False) -> SealedSecret:
    """Read a SealedSecret.

    Args:
        manifest: The object as JSON values.
        lenient: Read `encryptedData` as the original does: what is odd counts as an empty value,
            so that one bad object never stops the others (compat.md 1.8). For the controller.

    Raises:
        FieldError: A field cannot be used; its path says which.
        ManyErrors: Several fields cannot be used.
    """
    reader = FieldReader(manifest)
    if reader.raw("kind") != KIND or reader.raw("apiVersion") != API_VERSION:
        reader.refuse(f"this is no SealedSecret: apiVersion {API_VERSION}, kind {KIND}", "kind")
        reader.check()
    template = ("spec", "template")
    for path in (("metadata",), ("spec",), template, (*template, "metadata")):
        reader.mapping(*path)
    encrypted, odd = _items(reader, lenient=lenient)
    sealed = SealedSecret(
        namespace=reader.text("metadata", "namespace"),
        name=reader.text("metadata", "name"),
        encrypted_data=encrypted,
        template=_read_template(reader),
        labels=reader.texts("metadata", "labels"),
        annotations=reader.texts("metadata", "annotations"),
        legacy_data=None if reader.raw("spec", "data") is None else reader.text("spec", "data"),
        odd_items=odd,
    )
    reader.check()
    return sealed


def _items(reader: FieldReader, *, lenient: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Return the sealed values, and what those are that are no texts."""
    path = ("spec", "encryptedData")
    if not lenient:
        return reader.texts(*path), {}
    value = reader.raw(*path)
    if not isinstance(value, Mapping):
        return {}, {}
    odd = {key: type_name(each) for key, each in value.items() if not isinstance(each, str)}
    return {key: "" if key in odd else each for key, each in value.items()}, odd


def _read_template(reader: FieldReader) -> Template:
    path = ("spec", "template")
    metadata = (*path, "metadata")
    finalizers = reader.raw(*metadata, "finalizers")
    owners = reader.raw(*metadata, "ownerReferences")
    return Template(
        type=reader.text(*path, "type"),
        immutable=reader.flag(*path, "immutable"),
        labels=reader.texts(*metadata, "labels"),
        annotations=reader.texts(*metadata, "annotations"),
        finalizers=tuple(name for name in _list(finalizers) if isinstance(name, str)),
        owner_references=tuple(owner for owner in _list(owners) if isinstance(owner, Mapping)),
        name=reader.text(*metadata, "name"),
        namespace=reader.text(*metadata, "namespace"),
        data=reader.texts(*path, "data"),
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _without_empty(values: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if value not in ("", {}, [], None)}
