"""From the bytes of a file to findings: its documents, their objects, every detector.

What does not parse is read line by line instead; what passes a limit is never taken for clean.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sealer.detect.finding import Finding, Scan, Undecided
from sealer.detect.objects import find_objects, text_of
from sealer.detect.prefilter import may_hold_secret
from sealer.detect.rules import severity_in
from sealer.detect.secrets import DETECTORS
from sealer.detect.sighting import Doubt, Embedded, Sight, Sighting
from sealer.detect.sops import read_stanza
from sealer.detect.values import Context
from sealer.documents import Document, Scalar, Stream, read_stream
from sealer.documents.text import SourceText
from sealer.errors import DocumentError, DocumentLimitError

_DEEPEST_EMBEDDING = 3
_MOST_FINDINGS = 10_000


class _Seen(NamedTuple):
    """Something that was seen in a document, with the document's number."""

    document: int
    sight: Sighting | Doubt


def examine(path: str, data: bytes) -> Scan:
    """Return the findings of one file; `sealer.detect.scan` explains."""
    try:
        stream, seen = _first_look(data, 0)
    except DocumentLimitError as error:
        return Scan(undecided=(Undecided(path, error.where.line, 1, error.message),))
    seen.sort(key=lambda each: each.sight.offset)
    doubts = [each for each in seen if isinstance(each.sight, Doubt)]
    undecided = [_undecided(path, stream.source, each.sight) for each in doubts]
    findings = [
        _finding(path, stream.source, each.document, each.sight)
        for each in seen
        if isinstance(each.sight, Sighting)
    ]
    if len(findings) > _MOST_FINDINGS:
        rest = findings[_MOST_FINDINGS]
        reason = f"more than {_MOST_FINDINGS} findings; those from here on are not listed"
        undecided.append(Undecided(path, rest.line, rest.column, reason))
    return Scan(tuple(findings[:_MOST_FINDINGS]), tuple(undecided))


def _first_look(data: bytes, depth: int) -> tuple[Stream, list[_Seen]]:
    """Return the first reading of a file in which there is anything, and what that is.

    Raises:
        DocumentLimitError: There are too many documents.
    """
    stream, seen = Stream(SourceText(""), ()), []
    for stream in _readings(data):
        seen = list(_look(stream, depth))
        if seen:
            break
    return stream, seen


def _readings(data: bytes) -> Iterator[Stream]:
    """Yield the file as its encoding says, and as text with damage passed over if it has any.

    What is no text in a file does not make the rest of it harmless.
    """
    try:
        stream = read_stream(data)
    except DocumentLimitError:
        raise
    except DocumentError:
        pass
    else:
        yield stream
        if stream.source.encoding == "utf-8" and "\0" not in stream.source.text:
            return
    yield read_stream(_repaired(data))


def _repaired(data: bytes) -> bytes:
    """Return a text without NUL bytes and with a mark in place of each undecodable byte."""
    text = data.replace(b"\0", b"").decode(errors="replace")
    return text.lstrip("\ufffd").encode()


def _look(stream: Stream, depth: int) -> Iterator[_Seen]:
    """Yield what is in a file, each place once per rule."""
    known: set[tuple[str, int]] = set()
    for document in stream.documents:
        for sight in _look_at(stream, document):
            mark = (sight.reason, sight.offset) if isinstance(sight, Doubt) else _mark(sight)
            if mark in known:
                continue
            known.add(mark)
            if isinstance(sight, Embedded):
                yield from (_Seen(document.number, inner) for inner in _look_inside(sight, depth))
            else:
                yield _Seen(document.number, sight)


def _mark(sight: Sighting | Embedded) -> tuple[str, int]:
    found = sight.found if isinstance(sight, Embedded) else sight
    return found.rule.id, found.offset


def _look_at(stream: Stream, document: Document) -> Iterator[Sight]:
    if isinstance(document.error, DocumentLimitError):
        yield Doubt(document.start, document.error.message)
    if document.root is None:
        yield from _look_at_text(stream.source.text, document)
        return
    if isinstance(document.root, Scalar):  # any text is one, with a Secret in it too
        yield from _look_at_text(stream.source.text, document)
    context = Context(stream.source.text, read_stanza(document.root))
    for found in find_objects(document):
        for detector in DETECTORS:
            yield from detector(found, context)


def _look_at_text(text: str, document: Document) -> Iterator[Sight]:
    """Ask those that read what no parser reads; rarely needed, so that they are imported late."""
    from sealer.detect.blocks import secrets_in_blocks  # noqa: PLC0415 - see above
    from sealer.detect.flows import secrets_in_flows  # noqa: PLC0415 - see above

    yield from secrets_in_blocks(text, document.start, document.end)
    yield from secrets_in_flows(text, document.start, document.end)


def _look_inside(embedded: Embedded, depth: int) -> Iterator[Sighting | Doubt]:
    """Yield the sighting of a string that holds a readable Secret, or the doubt about it."""
    data = text_of(embedded.node).encode(errors="surrogatepass")
    if not may_hold_secret(data):
        return
    offset = embedded.found.offset
    if depth >= _DEEPEST_EMBEDDING:
        yield Doubt(offset, f"manifests nested in strings more than {_DEEPEST_EMBEDDING} deep")
        return
    try:
        _, inside = _first_look(data, depth + 1)
    except DocumentLimitError as error:
        yield Doubt(offset, error.message)
        return
    if any(isinstance(each.sight, Sighting) for each in inside):
        yield embedded.found._replace(length=len(data))
    for each in inside:
        if isinstance(each.sight, Doubt):
            yield Doubt(offset, each.sight.reason)


def _finding(path: str, source: SourceText, document: int, sighting: Sighting) -> Finding:
    line, column = source.position(sighting.offset)
    return Finding(
        path=path,
        line=line,
        column=column,
        document=document,
        namespace=sighting.namespace,
        name=sighting.name,
        key=sighting.key,
        rule=sighting.rule.id,
        severity=severity_in(path, sighting.rule),
        length=sighting.length,
    )


def _undecided(path: str, source: SourceText, doubt: Sighting | Doubt) -> Undecided:
    line, column = source.position(doubt.offset)
    reason = doubt.reason if isinstance(doubt, Doubt) else ""
    return Undecided(path, line, column, reason)
