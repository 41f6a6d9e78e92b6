"""Secrets that Terraform makes of literals: `kubernetes_secret`, and objects of kind Secret."""

import re
from collections.abc import Iterator

from sealer.detect.actions import has_words
from sealer.detect.built import secrets_among
from sealer.detect.detectors import Page
from sealer.detect.expansions import without_expansions
from sealer.detect.literals import Block, Language, Literal, read_block
from sealer.detect.objects import shown_key, shown_name
from sealer.detect.rules import TERRAFORM_SECRET
from sealer.detect.sighting import Judged, Sighting
from sealer.detect.values import readable_length

_TYPE = r"\"kubernetes_(?P<type>secret|manifest)(?:_v1)?(?:_data)?\""
_RESOURCE = re.compile(
    rf"\bresource[ \t]+{_TYPE}[ \t]+\"[^\"\n]{{0,200}}\"[ \t\r\n]*\{{"
    rf"|{_TYPE.replace('<type>', '<json>')}[ \t]*:[ \t\r\n]*+\{{[ \t\r\n]*+"
    r"\"[^\"\n]{0,200}\"[ \t]*:[ \t\r\n]*+\{"  # as JSON
)
# Linear: strings end with their line, and what is never closed takes the rest once.
_HCL = Language(
    token=re.compile(
        r"(?P<comment>(?:\#|//)[^\n]*+|/\*(?:(?!\*/).)*+(?:\*/)?)"
        r"|(?P<text>\"(?:\\.|\$\{(?:[^{}\"\n]|\"[^\"\n]*+\"|\{[^{}\n]*+\})*+\}|[^\"\\\n])*+\"?"
        r"|<<-?(?P<tag>[A-Za-z_][\w-]{0,100})[ \t\r]*+\n"
        r"(?:(?![ \t]*+(?P=tag)[ \t\r]*+(?:\n|\Z))[^\n]*+\n)*+(?:[ \t]*+(?P=tag))?)"
        r"|(?P<word>[\w.*-]+)|(?P<mark>[=!<>]=|=>|[{}()\[\],=:\n])",
        re.DOTALL,
    ),
    separators=(",", "\n"),
    naming={
        "file", "filebase64", "templatefile", "fileexists", "regex", "regexall", "replace",
        "split", "join", "trimprefix", "trimsuffix", "contains", "formatdate", "index",
    },
)  # fmt: skip
_SECTIONS = ("data", "string_data", "binary_data", "data_wo", "binary_data_wo")


def secrets_in_terraform(page: Page) -> Iterator[Sighting | Judged]:
    """Report each literal under the data of a resource that is a Secret."""
    at = page.start
    while match := _RESOURCE.search(page.text, at, page.end):
        at = match.end()
        if _is_comment(page.text, match.start()):
            continue  # what follows need not be Terraform, and comments have a reader
        block = read_block(page.text, at, page.end, _HCL)
        if block.is_closed:  # or it would hide what stands in another document
            yield Judged(match.start(), block.end)
        values = [x for x in block.literals if x.said not in page.settings.placeholders]
        block = block._replace(literals=values)
        is_manifest = (match["type"] or match["json"]) == "manifest"
        if is_manifest:
            yield from secrets_among(values, page, TERRAFORM_SECRET, _length)
        else:
            yield from _secret(block)
        at = max(block.end, at)


def _is_comment(text: str, offset: int) -> bool:
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return line.lstrip().startswith(("#", "//"))


def objects_in_terraform(page: Page) -> Iterator[Sighting]:
    """Report each literal of an object that says it is a Secret, as for `yamlencode`."""
    at = page.start
    while at < page.end:  # a bracket too many ends a block, and not the file
        block = read_block(page.text, at, page.end, _HCL)
        yield from secrets_among(block.literals, page, TERRAFORM_SECRET, _length)
        at = block.end


def _secret(block: Block) -> Iterator[Sighting]:
    said = {literal.path: literal.said for literal in block.literals}
    namespace, name = (
        shown_name(without_expansions(said.get(("metadata", field), "")).strip())
        for field in ("namespace", "name")
    )
    for literal in block.literals:
        section, *below = literal.path or ("",)
        length = _length(literal, is_base64="binary" in section)
        if section in _SECTIONS and length is not None:
            key = shown_key(below[0]) if below else ""
            found = Sighting(TERRAFORM_SECRET, literal.offset, key, length, namespace, name)
            yield found._replace(end=literal.offset + len(literal.said))


def _length(literal: Literal, *, is_base64: bool) -> int | None:
    """Return the length of a literal; None where it only joins what comes from elsewhere."""
    is_format = "${" in literal.said or "%" in literal.said
    if is_format and not has_words(without_expansions(literal.said)):
        return None
    return readable_length(literal.said, is_base64=is_base64)
