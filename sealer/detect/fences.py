"""Manifests in code fences, as Markdown has them: each is judged as a document of its own."""

import re
from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.passages import blank, passage
from sealer.detect.rules import SECRET_IN_DOCUMENTATION, SECRET_IN_TEXT, is_documentation
from sealer.detect.sighting import Passage

# In front of a fence stand the marks of lists and quotations. Linear: the class is possessive.
_LEAD = r"[ \t]*+(?:(?:>|[-*+](?=[ \t])|\d{1,9}[.)])[ \t]*+)*+"
_OPENING = re.compile(rf"^{_LEAD}(?P<mark>`{{3,}}+|~{{3,}}+)[^`\n]*$", re.MULTILINE)
_CLOSING = re.compile(rf"^{_LEAD}(?P<mark>`{{3,}}+|~{{3,}}+)[ \t\r]*$", re.MULTILINE)
_QUOTATION = re.compile(r"^[ \t]*>[ \t>]*", re.MULTILINE)


def fences(page: Page) -> Iterator[Passage]:
    """Yield what stands in each fence; one that is never closed goes on to the end of the file."""
    is_document = is_documentation(page.path)
    rule = SECRET_IN_DOCUMENTATION if is_document else SECRET_IN_TEXT
    at = page.start
    while opening := _OPENING.search(page.text, at, page.end):
        start = min(opening.end() + 1, page.end)
        end, at = _end(page, start, opening["mark"])
        said = page.text[start:end]
        if end > start and (is_document or at > end):
            yield passage(rule, start, _QUOTATION.sub(lambda match: blank(match[0]), said))


def _end(page: Page, start: int, mark: str) -> tuple[int, int]:
    """Return where a fence's content ends, and where to go on reading."""
    for closing in _CLOSING.finditer(page.text, start, page.end):
        if closing["mark"].startswith(mark):
            return closing.start(), closing.end()
    return page.end, page.end
