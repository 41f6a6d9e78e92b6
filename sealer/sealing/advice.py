"""What people should know about a Secret that seals all the same: warnings, never a value."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sealer.documents import Mapping, Scalar, Stream
from sealer.documents.nodes import is_merge_key, name_of
from sealer.errors import Where
from sealer.manifest import Found, SealedSecret, Secret
from sealer.manifest.places import place
from sealer.manifest.secret import KNOWN_FIELDS

SHORT_VALUE = 8
# etcd refuses larger requests; kubectl's client-side apply keeps a copy in an annotation.
MAXIMUM_OBJECT_SIZE = 1536 * 1024
MAXIMUM_ANNOTATION_SIZE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know, in a sentence.

    Attributes:
        message: The sentence.
        where: What it is about.
        hint: What to do about it, or an empty string.
    """

    message: str
    where: Where
    hint: str = ""


def secret_warnings(stream: Stream, found: Found) -> Iterator[Notice]:
    """Yield what gets lost of a Secret, or is read otherwise than it looks."""
    for key in found.node.fields():
        if key not in KNOWN_FIELDS:
            from difflib import get_close_matches  # noqa: PLC0415 - rarely needed, slow to import

            close = get_close_matches(key, KNOWN_FIELDS, 1)
            yield Notice(
                f"a Secret has no field {key}; it is left out",
                place(stream, found, (key,)),
                f"did you mean {close[0]}?" if close else "",
            )
    for section in ("data", "stringData"):
        mapping = found.node.get(section)
        if isinstance(mapping, Mapping):
            yield from _changed_keys(stream, found, mapping, section)


def size_warnings(sealed: SealedSecret, where: Where) -> Iterator[Notice]:
    """Yield what the size of a sealed object will run into."""
    size = len(json.dumps(sealed.to_object()))
    if size > MAXIMUM_OBJECT_SIZE:
        yield Notice(
            f"the sealed object has {size} bytes; a cluster takes about {MAXIMUM_OBJECT_SIZE}",
            where,
            "split it into several Secrets",
        )
    elif size > MAXIMUM_ANNOTATION_SIZE:
        yield Notice(
            f"the sealed object has {size} bytes; `kubectl apply` takes {MAXIMUM_ANNOTATION_SIZE}",
            where,
            "apply it with --server-side",
        )


def length_remarks(secret: Secret, stream: Stream, found: Found) -> Iterator[Notice]:
    """Yield the items that are so short that the length of the ciphertext tells something."""
    for key, value in sorted(secret.data.items()):
        if len(value) < SHORT_VALUE:
            section = "data" if _has_item(found, "data", key) else "stringData"
            yield Notice(
                f"the value has fewer than {SHORT_VALUE} bytes, and sealing shows how many",
                place(stream, found, (section, key)),
            )


def _has_item(found: Found, section: str, key: str) -> bool:
    mapping = found.node.get(section)
    return isinstance(mapping, Mapping) and mapping.get(key) is not None


def _changed_keys(stream: Stream, found: Found, mapping: Mapping, section: str) -> Iterator[Notice]:
    for key, _ in mapping.pairs:
        if isinstance(key, Scalar) and not is_merge_key(key) and name_of(key) != key.text:
            name = name_of(key)
            yield Notice(
                f"the key {key.text} is read as {name}",
                place(stream, found, (section, name)),
                "put it in quotes to keep it as it is written",
            )
