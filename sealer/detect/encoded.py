"""Manifests in base64 within text that does not parse: a variable, a literal, `echo … | base64`."""

import re
from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.layers import is_wrapped
from sealer.detect.rules import EMBEDDED_SECRET
from sealer.detect.sighting import Embedded, Sighting
from sealer.documents import Scalar

# Further lines are such as hold nothing else. Linear: what a run has taken is not looked at again.
_RUN = re.compile(
    r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{32,}+"
    r"(?:(?:\\n|\r?\n[ \t]*+)[A-Za-z0-9+/]++(?=={0,2}(?:[\s\"'`\\]|\Z)))*+={0,2}"
)
_LINE_END = re.compile(r"\\n|\s+")


def encoded_manifests(page: Page) -> Iterator[Embedded]:
    """Yield each longer run of base64 as a string; whoever looks into it decodes it."""
    for run in _RUN.finditer(page.text, page.start, page.end):
        said = _LINE_END.sub("", run[0])
        if is_wrapped(said):
            found = Sighting(EMBEDDED_SECRET, run.start(), "", 0, end=run.end())
            yield Embedded(found, Scalar(run.start(), run.end(), said, style='"'))
