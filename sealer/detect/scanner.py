"""From the bytes of a file to findings: its documents, their objects, every detector.

What does not parse is read line by line instead; what passes a limit is never taken for clean.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from sealer.detect.answer import answer
from sealer.detect.definitions import definitions, strings
from sealer.detect.detectors import DOCUMENTS, FRAGMENTS, OBJECTS, TEXTS, Page, Reader
from sealer.detect.finding import Scan, Undecided
from sealer.detect.job import Job, Memory
from sealer.detect.nested import look_at_passage, look_into_string
from sealer.detect.objects import find_objects
from sealer.detect.readings import readings
from sealer.detect.rules import AGE_IDENTITY, OF_SECRETS, PRIVATE_KEY, SECRET_IN_NOTEBOOK
from sealer.detect.settings import DEFAULT, Settings
from sealer.detect.sighting import Doubt, Embedded, Judged, Passage, Seen, Sight, Sighting
from sealer.detect.sops import read_stanza
from sealer.detect.spans import Spans
from sealer.detect.strings import manifests_in_strings
from sealer.detect.values import Context
from sealer.documents import Document, Scalar, Stream
from sealer.documents.text import SourceText
from sealer.errors import DocumentLimitError


def examine(path: str, data: bytes, settings: Settings | None = None) -> Scan:
    """Return the findings of one file; `sealer.detect.scan` explains."""
    settings = settings or DEFAULT
    try:
        stream, seen = _first_look(data, Job(path, settings, Memory()))
    except DocumentLimitError as error:
        return Scan(undecided=(Undecided(path, error.where.line, 1, error.message),))
    found = answer(path, stream.source, seen, settings)
    if not any(each.rule in OF_SECRETS for each in found.findings):
        return found
    from sealer.detect.sealable import sealable  # noqa: PLC0415 - rarely needed

    return found._replace(sealable=tuple(sealable(stream, path, settings)))


def _first_look(data: bytes, job: Job) -> tuple[Stream, list[Seen]]:
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


def _look_inside(data: bytes, job: Job) -> list[Seen]:
    """Return what is in a text that stands in another one."""
    return _first_look(data, job)[1]


def _look(stream: Stream, job: Job) -> Iterator[Seen]:
    """Yield what is in a file, each place once per rule."""
    text = stream.source.text
    readers = [reader for reader in TEXTS if job.depth == 0 or not reader.is_once]
    in_text = list(_ask(readers, Page(job.path, text, 0, len(text), job.settings, job.memory)))
    judged = Spans(sight for sight in in_text if isinstance(sight, Judged))
    passages = Spans((each.start, each.end) for each in in_text if isinstance(each, Passage))
    defined = definitions(stream)
    in_text = [*_outside(in_text, defined, stream)]
    in_documents = [
        each
        for each in _look_at_documents(stream, job)
        if each.sight.offset not in judged
        # The lines of a passage may have been read as the text around it is.
        and not (each.sight.is_guess and each.sight.offset in passages)
        and not (each.sight.is_guess and each.sight.offset in defined)
    ]
    yield from in_documents
    known: set[int] = set()
    is_undecided = any(isinstance(each.sight, Doubt) for each in in_documents)
    seen: list[Sighting | Doubt] = [each.sight for each in in_documents]
    for sights in (_in_passages(in_text, job), _directly(in_text)):
        values = Spans(map(_extent, seen))
        for sight in sights:
            if isinstance(sight, Doubt) and is_undecided:
                continue  # it may be the same place, read as a string and as a passage
            if sight.offset not in values and sight.offset not in known:
                known.add(sight.offset)
                seen.append(sight)
                yield Seen(_document_at(stream, sight.offset), sight)


def _outside(in_text: Sequence[Sight], defined: Spans, stream: Stream) -> Iterator[Sight]:
    """Yield what readers of text have seen outside of strings that are looked into, or are prose.

    A key is a key wherever it stands; the cells of a notebook are strings.
    """
    inside = strings(stream) if any(isinstance(each, Passage) for each in in_text) else Spans(())
    for sight in in_text:
        if isinstance(sight, Passage):
            is_told = sight.rule is not SECRET_IN_NOTEBOOK and sight.start in inside
            is_told = is_told or sight.start in defined
        else:
            is_told = not isinstance(sight, Judged | Embedded) and sight.offset in defined
            is_told = is_told and not _is_key(sight)
        if not is_told:
            yield sight


def _is_key(sight: Sight) -> bool:
    return isinstance(sight, Sighting) and sight.rule in (PRIVATE_KEY, AGE_IDENTITY)


def _in_passages(in_text: Iterable[Sight], job: Job) -> Iterator[Sighting | Doubt]:
    """Yield what stands in the passages that readers of text have named."""
    for sight in in_text:
        if isinstance(sight, Passage):
            yield from look_at_passage(sight, job, _look_inside)


def _directly(in_text: Iterable[Sight]) -> Iterator[Sighting | Doubt]:
    """Yield what readers of text have seen themselves."""
    return (sight for sight in in_text if isinstance(sight, Sighting | Doubt))


def _look_at_documents(stream: Stream, job: Job) -> Iterator[Seen]:
    text = stream.source.text
    known: set[tuple[str, int]] = set()
    for document in stream.documents:
        parts: list[tuple[int, int]] = []
        for sight in _look_at(stream, document, job):
            if _mark(sight) in known:
                continue
            known.add(_mark(sight))
            if isinstance(sight, Embedded):
                seen = [*look_into_string(sight, text, job, _look_inside)]
                if sight.found.is_guess:
                    seen = [each for each in seen if not _is_key(each)]  # seen in any text
                parts.append((sight.found.offset, sight.found.end))
            else:
                seen = [sight] if isinstance(sight, Sighting | Doubt) else []
                parts.extend(map(_extent, seen))
            yield from (Seen(document.number, each) for each in seen)
        yield from _look_at_strings(stream, document, job, Spans(parts))


def _look_at_strings(stream: Stream, document: Document, job: Job, known: Spans) -> Iterator[Seen]:
    """Yield what is in the strings of a document in which nothing has been found yet."""
    for embedded in manifests_in_strings(document):
        if embedded.found.offset not in known:
            for sight in look_into_string(embedded, stream.source.text, job, _look_inside):
                yield Seen(document.number, sight)


def _mark(sight: Sight) -> tuple[str, int]:
    match sight:
        case Doubt():
            return sight.reason, sight.offset
        case Embedded():
            return "string", sight.found.offset
        case Sighting():
            return sight.rule.id, sight.offset
        case _:
            return "part", sight.start


def _extent(sight: Sighting | Doubt) -> tuple[int, int]:
    return sight.offset, sight.end if isinstance(sight, Sighting) else sight.offset


def _document_at(stream: Stream, offset: int) -> int:
    """Return the number of the document in which a place stands; 0 where there is none."""
    at = bisect_right(stream.documents, offset, key=lambda document: document.start) - 1
    return stream.documents[at].number if at >= 0 else 0


def _look_at(stream: Stream, document: Document, job: Job) -> Iterator[Sight]:
    text = stream.source.text
    fragment = Page(job.path, text, document.start, document.end, job.settings)
    if isinstance(document.error, DocumentLimitError):
        yield Doubt(document.start, document.error.message)
    if document.root is None or isinstance(document.root, Scalar):
        yield from _guesses(fragment)  # any text is a scalar, with a Secret in it too
    if document.root is None:
        return
    stanza = read_stanza(document.root, job.memory)
    context = Context(text, stanza, job.path, job.settings, job.target, memory=job.memory)
    for look in DOCUMENTS:
        yield from look(document, context)
    for found in find_objects(document, job.target):
        for detect in OBJECTS:
            yield from detect(found, context)


def _guesses(fragment: Page) -> Iterator[Sight]:
    """Yield what readers see in text that does not parse, each value once."""
    known: list[tuple[int, int]] = []
    for reader in FRAGMENTS:
        values = Spans(known)
        for sight in _ask((reader,), fragment):
            match sight:
                case Doubt():
                    yield sight._replace(is_guess=True)
                case Sighting() if sight.offset not in values:
                    known.append(_extent(sight))
                    yield sight._replace(is_guess=True)
                case Embedded(found=found) if found.offset not in values:
                    yield sight._replace(found=found._replace(is_guess=True))


def _ask(readers: Sequence[Reader], page: Page) -> Iterator[Sight]:
    for reader in readers:
        if reader.is_asked(page):
            yield from reader.read(page)
