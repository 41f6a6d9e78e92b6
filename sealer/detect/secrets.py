"""Detectors: what stands readable in a Secret or SealedSecret that was parsed."""

from collections.abc import Iterator

from sealer.detect.objects import SEALED_SECRET, SECRET, KubeObject, Path, entries, key_of
from sealer.detect.rules import (
    READABLE_COPY,
    READABLE_VALUE,
    SEALING_KEY,
    UNSEALED_VALUE,
    Rule,
)
from sealer.detect.sighting import Embedded, Sight, Sighting
from sealer.detect.values import Context
from sealer.documents import Mapping, Node, Scalar

# The same as in `sealer.keysecret`, which takes cryptography along.
SEALING_KEY_LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"


def readable_values(found: KubeObject, context: Context) -> Iterator[Sight]:
    """Report each value under `data` and `stringData` that can be read.

    A SealedSecret has no such fields; where somebody changed the kind and nothing else, it does.
    """
    if found.kind not in (SECRET, SEALED_SECRET):
        return
    rule = SEALING_KEY if _is_sealing_key(found) else READABLE_VALUE
    body = ("data",) if _is_generator(found) else ()
    for field in ("data", "stringData"):
        for section, path in found.sections(*body, field):
            yield from _readable(found, context, rule, section, path, is_base64=field == "data")


def unsealed_values(found: KubeObject, context: Context) -> Iterator[Sight]:
    """Report each value of a SealedSecret that is no sealed value; `spec.data` is the old form."""
    if found.kind == SEALED_SECRET:
        for field in ("encryptedData", "data"):
            for section, path in found.sections("spec", field):
                yield from _readable(found, context, UNSEALED_VALUE, section, path, is_base64=True)


def copies_in_annotations(found: KubeObject, _: Context) -> Iterator[Sight]:
    """Report annotations that hold a manifest with readable values: `last-applied` and the like."""
    for names in (
        ("metadata", "annotations"),
        ("spec", "template", "metadata", "annotations"),
    ):
        for section, path in found.sections(*names):
            if isinstance(section, Mapping):
                for key, value in entries(section):
                    if isinstance(value, Scalar):
                        name = key_of(key)
                        sighting = found.sighting(READABLE_COPY, value, (name, path), name)
                        yield Embedded(sighting, value)


def _readable(
    found: KubeObject, context: Context, rule: Rule, section: Node, path: Path, *, is_base64: bool
) -> Iterator[Sighting]:
    whole = context.readable_length(section, path, is_base64=is_base64)
    if whole is None:  # also the mapping that is no mapping: `data: {{ toYaml .Values.x }}`
        return
    if not isinstance(section, Mapping):
        yield found.sighting(rule, section, path, "", whole)
        return
    for key, value in entries(section):
        name = key_of(key)
        length = context.readable_length(value, (name, path), is_base64=is_base64)
        if length is not None:
            yield found.sighting(rule, value, (name, path), name, length)


def _is_generator(found: KubeObject) -> bool:
    """Tell whether this names a Secret to make, and holds its manifest under `data`.

    Kyverno's `generate` rules do: the name stands beside the kind, and `data` has fields of its
    own.
    """
    if found.sections("metadata") or not found.sections("name"):
        return False
    fields = ("metadata", "data", "stringData")
    return any(
        isinstance(value, Mapping) for name in fields for value, _ in found.sections("data", name)
    )


def _is_sealing_key(found: KubeObject) -> bool:
    return found.kind == SECRET and any(
        key_of(key) == SEALING_KEY_LABEL
        for labels, _ in found.sections("metadata", "labels")
        if isinstance(labels, Mapping)
        for key, _value in entries(labels)
    )
