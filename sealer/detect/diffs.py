"""Manifests in diffs and quotations, in which each line has a sign in front of it."""

import re
from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.passages import blank, passage
from sealer.detect.rules import SECRET_IN_TEXT
from sealer.detect.sighting import Passage

# A hunk, with a column of signs less than its header has marks; or lines that were added, or are
# quoted, in a row. Linear: all parts are possessive, and no line is looked at again.
_PART = re.compile(
    r"^@(?P<columns>@{1,8}) [^\n]*+\n(?P<hunk>(?:(?:[-+ \\][^\n]*+)?(?:\n|(?<=[^\n])\Z))++)"
    r"|^(?P<run>(?P<sign>[+>])[^\n]*+(?:\n|\Z)(?:(?P=sign)[^\n]*+(?:\n|\Z))*+)",
    re.MULTILINE,
)
_RUN = re.compile(r"^(?:\+|(?:>[ \t]?)++)", re.MULTILINE)
_HUNKS = {n: re.compile(rf"^(?:[-+ ]{{{n}}}|\\[^\n]*+)", re.MULTILINE) for n in range(1, 9)}


def parts_of_diffs(page: Page) -> Iterator[Passage]:
    """Yield each hunk, what was there and what is together, and each run of lines with a sign."""
    for part in _PART.finditer(page.text, page.start, page.end):
        group = "run" if part["run"] else "hunk"
        lead = _RUN if part["run"] else _HUNKS[len(part["columns"])]
        said = lead.sub(lambda match: blank(match[0]), part[group])
        yield passage(SECRET_IN_TEXT, part.start(group), said)
