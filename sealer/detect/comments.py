"""Manifests in comments, of YAML and of other languages: what is commented out can be read."""

import re
from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.passages import blank, passage
from sealer.detect.rules import COMMENTED_OUT_SECRET
from sealer.detect.sighting import Passage

# Lines that begin with the same sign, and blank lines between them. Linear: all parts are
# possessive, and what a run has taken is not looked at again.
_RUN = re.compile(
    r"^[ \t]*+(?P<lead>#|//|;|--(?=[ \t]))[^\n]*+(?:\n|\Z)"
    r"(?:[ \t\r]*+(?:\n|(?P=lead)[^\n]*+(?:\n|\Z)))*+",
    re.MULTILINE,
)
_LEAD = re.compile(r"^[ \t]*+(?:#+!?|//+!?|;+|--)", re.MULTILINE)
_BLOCKS = (
    (re.compile(r"^[ \t]*+/\*+", re.MULTILINE), "*/"),
    (re.compile(r"\{\{-?[ ]?/\*"), "*/"),
    (re.compile(r"<!--"), "-->"),
    (re.compile(r"\{#"), "#}"),
)
_STAR = re.compile(r"^[ \t]*+\*(?=\s)", re.MULTILINE)


def comments(page: Page) -> Iterator[Passage]:
    """Yield what comments say, line comments in a row together."""
    for run in _RUN.finditer(page.text, page.start, page.end):
        yield _passage(run.start(), run[0], _LEAD)
    for opening, closing in _BLOCKS:
        at = page.start
        while begin := opening.search(page.text, at, page.end):
            at = page.text.find(closing, begin.end(), page.end)
            if at < 0:
                break
            yield _passage(begin.end(), page.text[begin.end() : at], _STAR)


def _passage(start: int, written: str, lead: re.Pattern[str]) -> Passage:
    said = lead.sub(lambda match: blank(match[0]), written)
    return passage(COMMENTED_OUT_SECRET, start, said)
