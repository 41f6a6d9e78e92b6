"""Values on command lines that patch Secrets: `kubectl patch secret db -p "$PATCH"`."""

import re
from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.expansions import neutral_fields, neutral_in_shell
from sealer.detect.objects import SECRET
from sealer.detect.programs import unescaped
from sealer.detect.rules import SECRET_ON_COMMAND_LINE
from sealer.detect.sighting import Passage

# The bounds keep it linear.
_PATCH = re.compile(
    r"\bpatch\b(?:[^|;&\n\"']|\\\r?\n){0,200}?[ \t]secrets?[/ \t](?:[^|;&\n]|\\\r?\n){0,300}?[ \t]"
    r"(?:-p|--patch)[= \t]{1,10}(?P<quote>[\"'])\s{0,40}+"
    r"(?P<said>[\[{\w](?:\\.|(?!(?P=quote))[^\\]){0,10000}+)",
    re.DOTALL,
)
# What makes a Secret of a part of one, by how that begins.
_OBJECT, _BLOCK = '{"kind":"Secret",', "kind: Secret\n"


def patches_on_command_lines(page: Page) -> Iterator[Passage]:
    """Yield what `kubectl patch secret` is to write, as the Secret that it says a part of.

    A list is a JSON patch (RFC 6902), which its target makes one for a Secret.
    """
    for match in _PATCH.finditer(page.text, page.start, page.end):
        said = neutral_fields(neutral_in_shell(unescaped(match["said"])))
        start, end = match.span("said")
        if said[0] == "[":
            yield Passage(SECRET_ON_COMMAND_LINE, said, ((0, start),), end, target=SECRET)
            continue
        before, skipped = (_OBJECT, 1) if said[0] == "{" else (_BLOCK, 0)
        places = ((0, start), (len(before), start + skipped))
        yield Passage(SECRET_ON_COMMAND_LINE, before + said[skipped:], places, end)
