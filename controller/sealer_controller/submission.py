"""What is sent to be verified or sealed anew: one SealedSecret, as JSON or YAML.

It is read as leniently as the cluster reads it, but for what cannot be told for sure: several
documents, keys that stand there twice, and the like. Source: compat.md 3.4.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sealer.documents import Mapping as Node
from sealer.documents import Stream, read_stream
from sealer.documents.nodes import plain
from sealer.errors import ManifestError
from sealer.manifest import SealedSecret, read_sealed_secret
from sealer.sealing.hints import SEALING_KEYS, updated
from sealer_keys.fingerprint import Fingerprint

__all__ = ["Submission", "is_multi_document", "read_submission"]

# Each node of a document but the first needs one of these, and base64 has none: they are counted
# before anything is read, because a node takes a hundred times the memory of its characters.
_MARKS = b",:-?[{"
_MAXIMUM_MARKS = 100_000
# An alias of YAML may stand for a long text a thousand times.
_MAXIMUM_CHARACTERS = 8 * 1024 * 1024
_CHARACTERS_OF_A_NODE = 8
_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_V1_ITEM = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """An object that was sent.

    Attributes:
        manifest: All of it, as JSON values.
        sealed: What we know of it.
    """

    manifest: Mapping[str, Any]
    sealed: SealedSecret

    def with_values(self, values: Mapping[str, str], key: Fingerprint) -> bytes:
        """Return the object as JSON with other sealed values, and all else as it was sent.

        Its status is left out: it is about the values of before.

        Args:
            values: New sealed texts by item key; the value of the V1 format has the empty one.
            key: Which key sealed them.
        """
        manifest = {name: value for name, value in self.manifest.items() if name != "status"}
        spec = dict(manifest["spec"])
        if _V1_ITEM in values and self.sealed.legacy_data is not None:
            spec["data"] = values[_V1_ITEM]
        elif values:
            spec["encryptedData"] = {**spec["encryptedData"], **values}
        manifest |= {"metadata": self._metadata(values, key), "spec": spec}
        return json.dumps(manifest, separators=(",", ":"), allow_nan=False).encode()

    def _metadata(self, values: Mapping[str, str], key: Fingerprint) -> dict[str, Any]:
        """Return the metadata; the hints which key sealed what are kept right."""
        metadata = dict(self.manifest["metadata"])
        hints = self.sealed.annotations.get(SEALING_KEYS)
        if hints is not None:
            changed = updated(hints, values=values, key=key)
            metadata["annotations"] = {**metadata["annotations"], SEALING_KEYS: changed}
        return metadata


def read_submission(body: bytes) -> Submission:
    """Read what was sent.

    Raises:
        InputError: It is not one SealedSecret.
        ManyErrors: Several of its fields cannot be used.
    """
    if sum(body.count(mark) for mark in _MARKS) > _MAXIMUM_MARKS:
        raise ManifestError("the request has more structure than a SealedSecret needs")
    stream = read_stream(body)
    if len(stream.documents) != 1 or is_multi_document(stream):
        raise ManifestError("the request has to hold one document")
    (document,) = stream.documents
    if document.error is not None:
        raise document.error
    if not isinstance(document.root, Node):
        raise ManifestError("the request holds no object")
    try:
        manifest = plain(document.root)
    except ValueError as error:
        raise ManifestError("the request holds what has no value") from error
    _check_answerable(manifest)
    if not isinstance(manifest, dict):
        raise ManifestError("the request holds no object")
    return Submission(manifest, read_sealed_secret(manifest, lenient=True))


def is_multi_document(stream: Stream) -> bool:
    """Tell whether a stream has several documents, the last of which may be empty.

    A separator counts when something stands before it, as in the original (conformance 94).
    """
    roots = [document.root for document in stream.documents]
    if len(roots) > 1:
        return True
    start = next((root.start for root in roots if root is not None), None)
    if start is None:
        return False
    return any(found.start() > start for found in _SEPARATOR.finditer(stream.source.text))


def _check_answerable(manifest: object) -> None:
    """Refuse what would be far longer as JSON than it is here, and what JSON has no word for."""
    left = _MAXIMUM_CHARACTERS
    waiting = [manifest]
    while waiting:
        value = waiting.pop()
        left -= _CHARACTERS_OF_A_NODE
        if isinstance(value, str):
            left -= len(value)
        elif isinstance(value, dict):
            left -= sum(map(len, value))
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, float) and not math.isfinite(value):
            raise ManifestError("the request holds a number that JSON cannot say")
        if left < 0:
            raise ManifestError("the request is too long once its aliases are resolved")
