"""What an API server refuses of a SealedSecret, and what it drops without a word.

Files are told the same before they are used where no API server looks at them. Source: the schema
in `deploy/crd.yaml`; a test sees that the two agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sealer.documents import Mapping
from sealer.manifest.fields import FieldError, FieldReader, Path

__all__ = ["KNOWN_FIELDS", "UnknownField", "schema_faults", "unknown_fields"]

_SPEC = ("spec",)
_ITEMS = (*_SPEC, "encryptedData")
_TEMPLATE = (*_SPEC, "template")
_FINALIZERS = (*_TEMPLATE, "metadata", "finalizers")
KNOWN_FIELDS: dict[Path, frozenset[str]] = {
    (): frozenset(("apiVersion", "kind", "metadata", "spec", "status")),
    _SPEC: frozenset(("encryptedData", "template", "data")),
    _TEMPLATE: frozenset(("metadata", "type", "immutable", "data")),
}


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A field that no SealedSecret has.

    Attributes:
        path: The keys that lead to it.
        message: What is wrong.
        hint: Which field may have been meant; empty where none is alike.
    """

    path: Path
    message: str
    hint: str


def unknown_fields(root: Mapping) -> Iterator[UnknownField]:
    """Yield the fields of an object that the API server drops without a word."""
    for path, known in KNOWN_FIELDS.items():
        node = root
        for key in path:
            child = node.get(key)
            if not isinstance(child, Mapping):
                break
            node = child
        else:
            for name in node.fields():
                if name not in known:
                    yield _unknown(path, name, known)


def schema_faults(manifest: object) -> list[FieldError]:
    """Return what is missing from an object, or odd in it where reading it is tolerant.

    The value of the format of before 2019 may stand alone, as it did then.

    Args:
        manifest: The object as JSON values.
    """
    reader = FieldReader(manifest)
    if reader.raw(*_SPEC) is None:
        reader.refuse("spec is missing", *_SPEC)
    elif reader.mapping(*_SPEC) is reader.raw(*_SPEC):
        if reader.raw(*_ITEMS) is None and reader.raw(*_SPEC, "data") is None:
            hint = "write encryptedData: {} where nothing is sealed"
            reader.refuse("spec.encryptedData is missing", *_ITEMS, hint=hint)
        reader.mapping(*_ITEMS)
    finalizers = reader.raw(*_FINALIZERS)
    if finalizers is not None and not _are_texts(finalizers):
        reader.refuse(f"{'.'.join(_FINALIZERS)} must be a list of strings", *_FINALIZERS)
    return reader.faults


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _unknown(path: Path, name: str, known: frozenset[str]) -> UnknownField:
    from difflib import get_close_matches  # noqa: PLC0415 - rarely needed, slow to import

    close = get_close_matches(name, sorted(known), 1)
    within = ".".join(path) or "a SealedSecret"
    hint = f"did you mean {close[0]}?" if close else ""
    return UnknownField((*path, name), f"{within} has no field {name}", hint)
