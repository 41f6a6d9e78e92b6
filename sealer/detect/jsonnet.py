"""Secrets in Jsonnet: objects whose data are literals. What stands there without quotes is code."""

import re
from collections.abc import Iterator

from sealer.detect.actions import has_words
from sealer.detect.built import secrets_among
from sealer.detect.detectors import Page
from sealer.detect.literals import Language, Literal, read_block
from sealer.detect.rules import SECRET_IN_TEXT
from sealer.detect.sighting import Judged, Sighting
from sealer.detect.values import readable_length

_JSONNET = Language(
    token=re.compile(
        r"(?P<comment>(?:\#|//)[^\n]*+|/\*(?:(?!\*/).)*+(?:\*/)?)"
        r"|(?P<text>\|{3}(?:(?!\|{3}).)*+(?:\|{3})?|\"(?:\\.|[^\"\\])*+\"?|'(?:\\.|[^'\\])*+'?)"
        r"|(?P<word>[\w.$]+)|(?P<mark>[=!<>]=|[{}()\[\],;=:])",
        re.DOTALL,
    ),
    separators=(",", ";"),
    naming={"import", "importstr", "importbin", "std.extVar", "std.native", "std.get", "std.join"},
)
# A manifest in a file of that name is one all the same.
_YAML = re.compile(
    r"(?:\s++|\#[^\n]*+)*+(?:---|%YAML|[\"']?[A-Za-z]+[\"']?[ \t]*:)|.*?^---\s",
    re.DOTALL | re.MULTILINE,
)


def secrets_in_jsonnet(page: Page) -> Iterator[Sighting | Judged]:
    """Report each literal under the data of an object of kind Secret.

    Args:
        page: A file of Jsonnet, which YAML would take for text.
    """
    if _YAML.match(page.text, page.start, page.end):
        return
    yield Judged(page.start, page.end)
    literals = read_block(page.text, page.start, page.end, _JSONNET).literals
    yield from secrets_among(literals, page, SECRET_IN_TEXT, _length)


def _length(literal: Literal, *, is_base64: bool) -> int | None:
    """Return the length of a literal; None where it only formats what comes from elsewhere."""
    if "%" in literal.said and not has_words(literal.said):
        return None
    return readable_length(literal.said, is_base64=is_base64)
