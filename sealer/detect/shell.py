"""Manifests in heredocs: of a shell, and of the languages that have taken them over."""

import re
from bisect import bisect_left
from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.expansions import neutral_in_shell
from sealer.detect.passages import passage
from sealer.detect.rules import SECRET_IN_TEXT, TERRAFORM_SECRET
from sealer.detect.sighting import Passage

_OPENING = re.compile(r"<<<?[-~]?[ \t]*[\"'\\]?(?P<word>[A-Za-z_]\w{0,100})")
_END = re.compile(r"^[ \t]*+(?P<word>\w++)[;,)]*+[ \t\r]*+$", re.MULTILINE)
_TERRAFORM = (".tf", ".hcl", ".tofu")


def heredocs(page: Page) -> Iterator[Passage]:
    """Yield what stands in each heredoc that ends, what the shell fills in as placeholders."""
    rule = TERRAFORM_SECRET if page.path.lower().endswith(_TERRAFORM) else SECRET_IN_TEXT
    ends = _ends(page)
    at = page.start
    while opening := _OPENING.search(page.text, at, page.end):
        at = opening.end()
        start = page.text.find("\n", at, page.end) + 1
        places = ends.get(opening["word"], [])
        found = bisect_left(places, start)
        if start and found < len(places):
            at = places[found]
            yield passage(rule, start, neutral_in_shell(page.text[start:at]))


def _ends(page: Page) -> dict[str, list[int]]:
    """Return for each word of a heredoc the lines on which it stands alone, as at its end."""
    openings = _OPENING.finditer(page.text, page.start, page.end)
    ends: dict[str, list[int]] = {match["word"]: [] for match in openings}
    for line in _END.finditer(page.text, page.start, page.end):
        if line["word"] in ends:
            ends[line["word"]].append(line.start())
    return ends
