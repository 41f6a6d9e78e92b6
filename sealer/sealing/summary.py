"""A file as people can compare it: each sealed value becomes a line that says what is known of it.

    password: sealed (21 bytes, key 3f9aXc…, digest 5d41402abc4b)

The annotation with hints says the same once more, and is told as just that. `git textconv` prints
all this, so that a diff shows which items were sealed anew, and everything else as it is written.
The same bytes always give the same text.
"""

from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping

from sealer.documents import Mapping, Node, Scalar, Stream, read_stream
from sealer.errors import DocumentError, SealedValueError, SealerError
from sealer.manifest import Found, SealedSecret, find_objects, read_sealed_secret
from sealer.sealing.blobs import measure
from sealer.sealing.hints import SEALING_KEYS, digest, read_hints, write_hints
from sealer.sealing.recovery import SEALED_SECRET
from sealer.sealing.survey import manifest_of

_Edit = tuple[int, int, str]
_TOLD_ELSEWHERE = "told with each item"


def readable(data: bytes) -> str:
    """Return a file with every sealed value told in words, and the rest as it is.

    What is no sealed value, and what cannot be parsed, stands as it is written. No input raises.
    """
    try:
        stream = read_stream(data)
    except DocumentError:
        return data.decode("utf-8", "replace")
    edits = {edit[0]: edit for edit in _edits(stream)}  # an alias brings a value to two places
    parts: list[str] = []
    at = 0
    for start, end, text in sorted(edits.values()):
        parts += (stream.source.text[at:start], text)
        at = end
    return "".join((*parts, stream.source.text[at:]))


def describe(text: str, key: str = "") -> str:
    """Return what is known of a sealed value in words.

    Args:
        text: The sealed value.
        key: Short fingerprint of the key that sealed it; empty when unknown.

    Raises:
        SealedValueError: It can be no sealed value.
    """
    length = measure(text).length
    facts = [f"{length} byte{'' if length == 1 else 's'}", f"digest {digest(text)}"]
    if key:
        facts.insert(1, f"key {key}")
    return f"sealed ({', '.join(facts)})"


def _edits(stream: Stream) -> Iterator[_Edit]:
    for document in stream.documents:
        if document.error is None:
            for found in find_objects(document):
                if SEALED_SECRET.is_meant_by(found):
                    yield from _edits_of(stream, found)


def _edits_of(stream: Stream, found: Found) -> Iterator[_Edit]:
    sealed = _read(found)
    keys = read_hints(sealed) if sealed else {}
    hints = _hints_node(found)
    if sealed and hints and _tells_nothing_more(sealed, keys):
        yield hints.start, hints.end, _written(stream, hints, _TOLD_ELSEWHERE)
    spec = found.node.get("spec")
    for item, value in _values(spec):
        try:
            text = describe(value.text, keys.get(item, ""))
        except SealedValueError:
            continue
        yield value.start, value.end, _written(stream, value, text)


def _hints_node(found: Found) -> Scalar | None:
    metadata = found.node.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    hints = annotations.get(SEALING_KEYS) if isinstance(annotations, Mapping) else None
    return hints if isinstance(hints, Scalar) else None


def _tells_nothing_more(sealed: SealedSecret, keys: AbstractMapping[str, str]) -> bool:
    """Tell whether the annotation with hints holds what stands with the items, and no more."""
    told = {item: (sealed.encrypted_data[item], key) for item, key in keys.items()}
    return sealed.annotations[SEALING_KEYS] == write_hints(told)


def _values(spec: Node | None) -> Iterator[tuple[str, Scalar]]:
    """Yield the items of a SealedSecret, and the one value of the V1 format without a key."""
    if not isinstance(spec, Mapping):
        return
    items = spec.get("encryptedData")
    for item, value in items.fields().items() if isinstance(items, Mapping) else ():
        if isinstance(value, Scalar):
            yield item, value
    legacy = spec.get("data")
    if isinstance(legacy, Scalar):
        yield "", legacy


def _read(found: Found) -> SealedSecret | None:
    try:
        return read_sealed_secret(manifest_of(found))
    except SealerError:
        return None


def _written(stream: Stream, value: Scalar, text: str) -> str:
    """Return a text as it stands in the value's place: a block ends with its last line."""
    if value.style == '"':
        text = f'"{text}"'
    ending = stream.source.text[value.start : value.end]
    line_end = "\r\n" if ending.endswith("\r\n") else "\n" if ending.endswith("\n") else ""
    return text + line_end
