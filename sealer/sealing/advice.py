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
from sealer.sensitive import SecretBytes

SHORT_VALUE = 8
# etcd refuses larger requests; kubectl's client-side apply keeps a copy in an annotation.
MAXIMUM_OBJECT_SIZE = 1536 * 1024
MAXIMUM_ANNOTATION_SIZE = 256 * 1024
# How any placeholder begins that the detector knows.
_PLACEHOLDER_STARTS = (b"{{", b"${", b"$(", b"<path:", b"ref+", b"vault:", b"op://")


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
                place(stream, found, (key,), of_key=True),
                f"did you mean {close[0]}?" if close else "",
            )
    for section in ("data", "stringData"):
        mapping = found.node.get(section)
        if isinstance(mapping, Mapping):
            yield from _changed_keys(stream, found, mapping, section)


def placeholder_warnings(secret: Secret, stream: Stream, found: Found) -> Iterator[Notice]:
    """Yield the items whose value only says where the real one comes from."""
    for key, value in secret.data.items():
        if value.reveal().startswith(_PLACEHOLDER_STARTS) and _is_placeholder(value):
            yield Notice(
                "the value is a placeholder, and is sealed as it is written",
                place(stream, found, (_section_of(found, key), key)),
                "put the value in its place first: render the template, expand the variables",
            )


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
            yield Notice(
                f"the value has fewer than {SHORT_VALUE} bytes, and sealing shows how many",
                place(stream, found, (_section_of(found, key), key)),
            )


def _section_of(found: Found, key: str) -> str:
    """Return where an item stands; `stringData` wins where it stands in both."""
    mapping = found.node.get("stringData")
    has_text = isinstance(mapping, Mapping) and mapping.get(key) is not None
    return "stringData" if has_text else "data"


def _is_placeholder(value: SecretBytes) -> bool:
    from sealer.detect.placeholders import is_placeholder  # noqa: PLC0415 - rarely needed

    return is_placeholder(value.reveal().decode(errors="replace"))


def _changed_keys(stream: Stream, found: Found, mapping: Mapping, section: str) -> Iterator[Notice]:
    for key, _ in mapping.pairs:
        if isinstance(key, Scalar) and not is_merge_key(key) and name_of(key) != key.text:
            name = name_of(key)
            yield Notice(
                f"the key {key.text} is read as {name}",
                place(stream, found, (section, name), of_key=True),
                "put it in quotes to keep it as it is written",
            )
