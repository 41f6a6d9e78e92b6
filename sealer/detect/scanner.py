"""From the bytes of a file to findings: its documents, their objects, every detector.

What does not parse is read line by line instead; what passes a limit is never taken for clean.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sealer.detect.detectors import DOCUMENTS, FRAGMENTS, OBJECTS, TEXTS, Page, Reader
from sealer.detect.finding import Finding, Scan, Undecided
from sealer.detect.objects import find_objects, text_of
from sealer.detect.prefilter import may_hold_secret
from sealer.detect.readings import readings
from sealer.detect.rules import SECRET_IN_TEXT, Severity
from sealer.detect.settings import DEFAULT, Settings
from sealer.detect.sighting import Doubt, Embedded, Judged, Passage, Sight, Sighting
from sealer.detect.sops import read_stanza
from sealer.detect.spans import Spans
from sealer.detect.values import Context
from sealer.documents import Document, Scalar, Stream
from sealer.documents.text import SourceText
from sealer.errors import DocumentLimitError

_DEEPEST_EMBEDDING = 3
# A comment in a heredoc in a fence.
_DEEPEST_PASSAGE = 3
_MOST_FINDINGS = 10_000


class _Seen(NamedTuple):
    """Something that was seen in a document, with the document's number."""

    document: int
    sight: Sighting | Doubt


class _Job(NamedTuple):
    """What a look needs to know besides the bytes: whose they are, and how deep they stood."""

    path: str
    settings: Settings
    depth: int = 0


def examine(path: str, data: bytes, settings: Settings | None = None) -> Scan:
    """Return the findings of one file; `sealer.detect.scan` explains."""
    settings = settings or DEFAULT
    try:
        stream, seen = _first_look(data, _Job(path, settings))
    except DocumentLimitError as error:
        return Scan(undecided=(Undecided(path, error.where.line, 1, error.message),))
    seen.sort(key=lambda each: each.sight.offset)
    doubts = [each.sight for each in seen if isinstance(each.sight, Doubt)]
    undecided = [_undecided(path, stream.source, doubt) for doubt in doubts]
    findings = list(_findings(path, stream.source, seen, settings))
    if len(findings) > _MOST_FINDINGS:
        rest = findings[_MOST_FINDINGS]
        reason = f"more than {_MOST_FINDINGS} findings; those from here on are not listed"
        undecided.append(Undecided(path, rest.line, rest.column, reason))
    return Scan(tuple(findings[:_MOST_FINDINGS]), tuple(undecided))


def _first_look(data: bytes, job: _Job) -> tuple[Stream, list[_Seen]]:
    """Return the first reading of a file in which there is anything, and what that is.

    Raises:
        DocumentLimitError: There are too many documents.
    """
    stream, seen = Stream(SourceText(""), ()), []
    for stream in readings(data):
        seen = list(_look(stream, job))
        if seen:
            break
    return stream, seen


def _look(stream: Stream, job: _Job) -> Iterator[_Seen]:
    """Yield what is in a file, each place once per rule."""
    text = stream.source.text
    in_text = [
        sight
        for sight in _ask(TEXTS, Page(job.path, text, 0, len(text), job.settings))
        if not isinstance(sight, Passage) or job.depth < _DEEPEST_PASSAGE
    ]
    judged = Spans(sight for sight in in_text if isinstance(sight, Judged))
    passages = [sight for sight in in_text if isinstance(sight, Passage)]
    read = Spans((passage.start, passage.end) for passage in passages)
    in_documents = [
        each
        for each in _look_at_documents(stream, job)
        if each.sight.offset not in judged
        # The lines of a passage may have been read as the text around it is.
        and not (_is_guess(each.sight) and each.sight.offset in read)
    ]
    yield from in_documents
    values = Spans(_extent(each.sight) for each in in_documents)
    known: set[int] = set()
    for sight in _with_passages(in_text, job):
        if sight.offset not in values and sight.offset not in known:
            known.add(sight.offset)
            yield _Seen(_document_at(stream, sight.offset), sight)


def _with_passages(in_text: Iterable[Sight], job: _Job) -> Iterator[Sighting | Doubt]:
    """Yield what readers of text have seen, and what stands in the passages that they name."""
    for sight in in_text:
        if isinstance(sight, Sighting | Doubt):
            yield sight
        elif isinstance(sight, Passage):
            yield from _look_at_passage(sight, job)


def _look_at_passage(passage: Passage, job: _Job) -> Iterator[Sighting | Doubt]:
    data = passage.text.encode(errors="surrogatepass")
    if not may_hold_secret(data):
        return
    try:
        _, inside = _first_look(data, job._replace(depth=job.depth + 1))
    except DocumentLimitError as error:
        yield Doubt(passage.start, error.message)
        return
    for _, sight in inside:
        offset = passage.place(sight.offset)
        if isinstance(sight, Sighting):
            end = passage.place(sight.end) if sight.end else 0
            yield sight._replace(rule=passage.rule, offset=offset, pointer="", end=end)
        elif job.settings.severity(passage.rule, job.path) is Severity.BLOCK:
            yield Doubt(offset, sight.reason)


def _is_guess(sight: Sighting | Doubt) -> bool:
    return isinstance(sight, Doubt) or sight.rule is SECRET_IN_TEXT


def _look_at_documents(stream: Stream, job: _Job) -> Iterator[_Seen]:
    known: set[tuple[str, int]] = set()
    for document in stream.documents:
        for sight in _look_at(stream, document, job):
            if isinstance(sight, Judged | Passage):
                continue
            mark = _mark(sight)
            if mark in known:
                continue
            known.add(mark)
            if isinstance(sight, Embedded):
                yield from (_Seen(document.number, inner) for inner in _look_inside(sight, job))
            else:
                yield _Seen(document.number, sight)


def _mark(sight: Sighting | Embedded | Doubt) -> tuple[str, int]:
    if isinstance(sight, Doubt):
        return sight.reason, sight.offset
    found = sight.found if isinstance(sight, Embedded) else sight
    return found.rule.id, found.offset


def _extent(sight: Sighting | Doubt) -> tuple[int, int]:
    return sight.offset, sight.end if isinstance(sight, Sighting) else sight.offset


def _document_at(stream: Stream, offset: int) -> int:
    """Return the number of the document in which a place stands; 0 where there is none."""
    at = bisect_right(stream.documents, offset, key=lambda document: document.start) - 1
    return stream.documents[at].number if at >= 0 else 0


def _look_at(stream: Stream, document: Document, job: _Job) -> Iterator[Sight]:
    text = stream.source.text
    fragment = Page(job.path, text, document.start, document.end, job.settings)
    if isinstance(document.error, DocumentLimitError):
        yield Doubt(document.start, document.error.message)
    if document.root is None or isinstance(document.root, Scalar):
        yield from _ask(FRAGMENTS, fragment)  # any text is a scalar, with a Secret in it too
    if document.root is None:
        return
    context = Context(text, read_stanza(document.root), job.path, job.settings)
    for look in DOCUMENTS:
        yield from look(document, context)
    for found in find_objects(document):
        for detect in OBJECTS:
            yield from detect(found, context)


def _ask(readers: Sequence[Reader], page: Page) -> Iterator[Sight]:
    for reader in readers:
        if reader.sign.search(page.text, page.start, page.end):
            yield from reader.read(page)


def _look_inside(embedded: Embedded, job: _Job) -> Iterator[Sighting | Doubt]:
    """Yield the sighting of a string that holds a readable Secret, or the doubt about it."""
    data = text_of(embedded.node).encode(errors="surrogatepass")
    if not may_hold_secret(data):
        return
    offset = embedded.found.offset
    if job.depth >= _DEEPEST_EMBEDDING:
        yield Doubt(offset, f"manifests nested in strings more than {_DEEPEST_EMBEDDING} deep")
        return
    try:
        _, inside = _first_look(data, job._replace(depth=job.depth + 1))
    except DocumentLimitError as error:
        yield Doubt(offset, error.message)
        return
    if any(isinstance(each.sight, Sighting) for each in inside):
        yield embedded.found._replace(length=len(data))
    for each in inside:
        if isinstance(each.sight, Doubt):
            yield Doubt(offset, each.sight.reason)


def _findings(
    path: str, source: SourceText, seen: Sequence[_Seen], settings: Settings
) -> Iterator[Finding]:
    """Yield what the settings do not switch off, the second at a pointer told from the first."""
    count: Counter[tuple[str, str]] = Counter()
    for document, sight in seen:
        if not isinstance(sight, Sighting):
            continue
        severity = settings.severity(sight.rule, path)
        if severity is Severity.OFF:
            continue
        pointer = _pointer(document, sight)
        count[sight.rule.id, pointer] += 1
        number = count[sight.rule.id, pointer]
        line, column = source.position(sight.offset)
        yield Finding(
            path=path,
            line=line,
            column=column,
            document=document,
            namespace=sight.namespace,
            name=sight.name,
            key=sight.key,
            rule=sight.rule.id,
            severity=severity,
            length=sight.length,
            pointer=pointer if number == 1 else f"{pointer}#{number}",
        )


def _pointer(document: int, sighting: Sighting) -> str:
    if sighting.pointer:
        return f"/{document}{sighting.pointer}"
    whose = "~1".join(part for part in (sighting.namespace, sighting.name) if part)
    key = sighting.key.replace("~", "~0").replace("/", "~1")
    return "/".join(("/text", *(part for part in (whose, key) if part)))


def _undecided(path: str, source: SourceText, doubt: Doubt) -> Undecided:
    line, column = source.position(doubt.offset)
    return Undecided(path, line, column, doubt.reason)
