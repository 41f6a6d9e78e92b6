"""Texts in a text: strings that are manifests, in base64 too, and passages in other languages."""

from collections.abc import Callable, Iterable, Iterator

from sealer.detect.job import Job
from sealer.detect.layers import unwrapped
from sealer.detect.objects import text_of
from sealer.detect.places import Places, places_in
from sealer.detect.prefilter import may_hold_secret
from sealer.detect.rules import (
    CLEAR_TEMPLATE_ENTRY,
    COMMENTED_OUT_SECRET,
    EMBEDDED_SECRET,
    READABLE_COPY,
    READABLE_VALUE,
    SECRET_IN_DOCUMENTATION,
    SECRET_IN_NOTEBOOK,
    SECRET_IN_TEXT,
    UNSEALED_VALUE,
    Rule,
    Severity,
)
from sealer.detect.sighting import Doubt, Embedded, Passage, Seen, Sighting
from sealer.errors import DocumentLimitError

# Returns what is in a text, wherever it stands.
Look = Callable[[bytes, Job], Iterable[Seen]]

_DEEPEST = 3
# These say that a manifest can be read; what the string around it is says the same, and more.
_OF_MANIFESTS = (
    READABLE_VALUE,
    READABLE_COPY,
    UNSEALED_VALUE,
    SECRET_IN_TEXT,
    EMBEDDED_SECRET,
    CLEAR_TEMPLATE_ENTRY,
)
# Only a person can tell whether what stands there is real, keys included.
_OF_EXAMPLES = (SECRET_IN_DOCUMENTATION, SECRET_IN_NOTEBOOK)


def look_into_string(
    embedded: Embedded, text: str, job: Job, look: Look
) -> Iterator[Sighting | Doubt]:
    """Yield what can be read in a string that is a manifest, or the doubt about it.

    Where the string stands in the file as it is, each value is told apart; else it is one finding.

    Args:
        embedded: The string.
        text: The text that it stands in.
        job: The look that it was seen in.
        look: Looks at a text.
    """
    said = text_of(embedded.node)
    written = said.encode(errors="surrogatepass")
    data = unwrapped(written)
    if not embedded.target and not may_hold_secret(data):
        return
    inside = _look(data, job, embedded, look)
    is_told_apart = data is written and embedded.found.rule is not READABLE_COPY
    places = places_in(text, embedded.node, said) if is_told_apart and inside else ()
    yield from _placed(embedded, inside, places, len(data))


def look_at_passage(passage: Passage, job: Job, look: Look) -> Iterator[Sighting | Doubt]:
    """Yield what can be read in a passage, under the passage's rule.

    A key or a generator keeps its own rule, but where the passage only shows what might be one.

    Args:
        passage: The passage.
        job: The look that it was seen in.
        look: Looks at a text.
    """
    data = passage.text.encode(errors="surrogatepass")
    if not passage.target and not may_hold_secret(data):
        return
    if job.depth >= _DEEPEST:
        if _is_doubtful(passage, job):
            yield Doubt(passage.start, f"texts nested in texts more than {_DEEPEST} deep")
        return
    doubt = Doubt(passage.start, "too much text in other text")
    inside = _allowed(data, job, doubt, passage.target, look)
    has_its_own_rule = passage.rule in _OF_EXAMPLES or passage.target != ""
    for _, sight in inside:
        offset = passage.place(sight.offset)
        if isinstance(sight, Sighting):
            end = passage.place(sight.end) if sight.end else 0
            is_of_passage = has_its_own_rule or sight.rule in _OF_MANIFESTS
            rule = passage.rule if is_of_passage else sight.rule
            yield sight._replace(rule=rule, offset=offset, pointer="", end=end, is_guess=False)
        elif _is_doubtful(passage, job):
            yield Doubt(offset, sight.reason)


def _is_doubtful(passage: Passage, job: Job) -> bool:
    """Tell whether a doubt about a passage matters: most comments and documents are prose."""
    is_prose = passage.rule is COMMENTED_OUT_SECRET
    return not is_prose and job.settings.severity(passage.rule, job.path) is Severity.BLOCK


def _look(data: bytes, job: Job, embedded: Embedded, look: Look) -> list[Seen]:
    if job.depth >= _DEEPEST:
        return [Seen(1, Doubt(0, f"manifests nested in strings more than {_DEEPEST} deep"))]
    doubt = Doubt(0, "too much text in strings")
    return _allowed(data, job, doubt, embedded.target, look)


def _allowed(data: bytes, job: Job, doubt: Doubt, target: str, look: Look) -> list[Seen]:
    """Look at a text if so much may still be read, else return the doubt about it."""
    if not job.memory.inside.take(len(data)):
        return [Seen(1, doubt)]
    try:
        return list(look(data, job.inside(target)))
    except DocumentLimitError as error:
        return [Seen(1, doubt._replace(reason=error.message))]


def _placed(
    embedded: Embedded, inside: Iterable[Seen], places: Places, length: int
) -> Iterator[Sighting | Doubt]:
    """Yield what is in a string under the rule of the string, where it stands in the file."""
    found = embedded.found
    passage = Passage(found.rule, "", places or ((0, found.offset),), found.end)
    known: set[Rule] = set()
    for each in inside:
        sight = each.sight
        if isinstance(sight, Doubt):
            yield Doubt(passage.place(sight.offset) if places else found.offset, sight.reason)
            continue
        rule = found.rule if sight.rule in _OF_MANIFESTS else sight.rule
        if places:
            yield sight._replace(
                rule=rule,
                offset=passage.place(sight.offset),
                key=sight.key or found.key,
                namespace=sight.namespace or found.namespace,
                name=sight.name or found.name,
                pointer=found.pointer + each.pointer,
                end=passage.place(sight.end) if sight.end else 0,
                is_guess=found.is_guess,
            )
        elif rule not in known:
            known.add(rule)
            yield found._replace(rule=rule, length=length)
