"""Secrets in Jsonnet: objects whose data are literals. What stands there without quotes is code."""

import re
from collections.abc import Iterator

from sealer.detect.actions import has_words
from sealer.detect.detectors import Page
from sealer.detect.literals import Language, Literal, read_block
from sealer.detect.objects import CORE_GROUPS, SECRET, is_of_group, shown_key, shown_name
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
_SECTIONS = ("data", "stringData")


def secrets_in_jsonnet(page: Page) -> Iterator[Sighting | Judged]:
    """Report each literal under the data of an object of kind Secret.

    Args:
        page: A file of Jsonnet, which YAML would take for text.
    """
    if _YAML.match(page.text, page.start, page.end):
        return
    yield Judged(page.start, page.end)
    literals = read_block(page.text, page.start, page.end, _JSONNET).literals
    fields = {each.keys[-1]: each.said for each in literals}
    identities = {
        (each.keys[-2][0], each.keys[-1][1]): each.said for each in literals if _is_meta(each)
    }
    for literal in literals:
        if literal.said in page.settings.placeholders:
            continue
        for at, (start, section) in enumerate(literal.keys):
            if section in _SECTIONS and _is_secret(fields, start):
                below = literal.keys[at + 1 :]
                yield from _value(literal, below, identities, start, is_base64=section == "data")
                break


def _is_meta(literal: Literal) -> bool:
    return len(literal.keys) > 1 and literal.keys[-2][1] == "metadata"


def _is_secret(fields: dict[tuple[int, str], str], start: int) -> bool:
    version = fields.get((start, "apiVersion"), "")
    kind = fields.get((start, "kind"), "")
    return kind.lower() == SECRET and is_of_group(version, CORE_GROUPS)


def _value(
    literal: Literal,
    below: tuple[tuple[int, str], ...],
    identities: dict[tuple[int, str], str],
    start: int,
    *,
    is_base64: bool,
) -> Iterator[Sighting]:
    """Report a literal of a Secret, if anyone can read it."""
    if "%" in literal.said and not has_words(literal.said):
        return
    length = readable_length(literal.said, is_base64=is_base64)
    if length is not None:
        namespace, name = (
            shown_name(identities.get((start, field), "")) for field in ("namespace", "name")
        )
        key = shown_key(below[0][1]) if below else ""
        found = Sighting(SECRET_IN_TEXT, literal.offset, key, length, namespace, name)
        yield found._replace(end=literal.offset + len(literal.said))
