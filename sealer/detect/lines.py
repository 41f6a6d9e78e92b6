"""Text that does not parse, as lines with an indentation, a key and a value."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sealer.detect.actions import is_reference
from sealer.detect.passages import blank
from sealer.detect.placeholders import is_placeholder

# Every pattern is linear in the line: the text may be hostile.
_LINE = re.compile(r"[^\n\r\x85\u2028\u2029]+")
_INDENT = re.compile(r"[ \t]*(?:-[ \t]+)*")
_ACTION = re.compile(
    r"\{\{-?\s*(?:(?:if|else|end|with|range|define|block)\b|/\*)(?:(?!\{\{|\}\}).)*+\}\}"
    r"|\{%(?:(?!\{%|%\}).)*+%\}"
)
_LONGEST_ACTION_LINE = 2000
# Their indentation means nothing: conflict markers, comments, lone brackets.
_NOISE = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: .*)?|(?:#|//).*|[\[\]{},]+|---(?:\s.*)?|\.\.\.")
_TEMPLATE_COMMENTS = (
    (re.compile(r"\{\{-?[ ]?/\*"), re.compile(r"\*/[ ]?-?\}\}")),
    (re.compile(r"\{#"), re.compile(r"#\}")),
)
_OPEN_ACTION = re.compile(r"\{\{(?:(?!\{\{|\}\}).){0,4000}+\}\}", re.DOTALL)
_LINE_END = re.compile(r"[\r\n]")
_FENCE = re.compile(r"(?:```|~~~).*|(?:\"{3}|'{3}|`)[);,]*")
_HEREDOC = re.compile(r"<<[-~]?[ \t]*([\"']?)(\w{1,100})\1")
_FIELD = re.compile(
    r"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<plain>(?:\{\{|[^\s:#{}\"'])[^:]{0,400}))"
    r"[ \t]{0,20}:(?:[ \t]+|(?=[\"'])|\Z)(?P<value>.*)"
)
_PROPERTY = re.compile(r"(?:[!&]\S*+[ \t]++)+")
_BLOCK = re.compile(r"[|>][-+0-9]*")
_QUOTED = re.compile(r"\"(?P<double>(?:[^\"\\]|\\.)*+)\"|'(?P<single>(?:[^']|'')*+)'")
_COMMENT = re.compile(r"(?<![^ \t])#.*")


class Line(NamedTuple):
    """A line that means something.

    Attributes:
        offset: Where its text begins.
        indent: In which column that is, list dashes counted as blanks.
        is_item: It begins with a list dash.
        is_fence: It ends a manifest that is embedded in other text: a fence in Markdown, the end of
            a heredoc or of a quoted string.
        text: What stands there.
        key: What stands before its colon, or None when it is no `key: value`.
        value: What stands behind the colon, as written.
    """

    offset: int
    indent: int
    is_item: bool
    is_fence: bool
    text: str
    key: str | None
    value: str

    def is_field(self, *names: str) -> bool:
        """Tell whether it is a field of one of these names, given in lower case."""
        return self.key is not None and self.key.lower() in names


def read_lines(text: str, start: int, end: int) -> Iterator[Line]:
    """Yield the lines between two offsets that mean something."""
    part = _on_one_line(text[start:end])
    terminators = {match[2] for match in _HEREDOC.finditer(part)}
    opens_block = False
    for match in _LINE.finditer(part):
        indent = _INDENT.match(match[0])
        margin = match[0][: indent.end()] if indent else ""
        written = match[0][len(margin) :]
        content = _without_actions(written)
        is_fence = content in terminators or _FENCE.fullmatch(content) is not None
        if not is_fence and (not content or _is_noise(content, opens_block=opens_block)):
            continue
        offset = start + match.start() + len(margin) + written.find(content[:1])
        column = len(margin.expandtabs())
        key, value = _field(content)
        opens_block = is_block_header(value)
        yield Line(offset, column, "-" in margin, is_fence, content, key, value)


def literal(written: str) -> str:
    """Return what a value says: quotes, anchors, tags and the comment behind it taken away."""
    for candidate in (written, written[1:-1]):  # a template's quotes may stand within quotes
        if is_placeholder(candidate):
            return candidate
    if written[:1] in ("!", "&"):
        written = _PROPERTY.sub("", written, count=1)
    quoted = _QUOTED.match(written)
    if quoted is not None:
        return quoted["double"] if quoted["double"] is not None else quoted["single"]
    return _COMMENT.sub("", written).strip()


def is_block_header(written: str) -> bool:
    """Tell whether what stands behind a colon opens a block scalar, as `|-` does."""
    return _BLOCK.fullmatch(literal(written)) is not None


def is_last_in_line(written: str) -> bool:
    """Tell whether nothing but a comment stands behind a value, as in a block of YAML."""
    quoted = _QUOTED.search(written)
    rest = written[quoted.end() :] if quoted is not None else written
    return not _COMMENT.sub("", rest).rstrip().endswith((",", "}"))


def _on_one_line(text: str) -> str:
    """Return a text in which comments of templates are blanks, and no action has a line end."""
    if "{#" in text or "{{" in text:
        for opening, closing in _TEMPLATE_COMMENTS:
            text = _without_comments(text, opening, closing)
        text = _OPEN_ACTION.sub(lambda match: _LINE_END.sub(" ", match[0]), text)
    return text


def _without_comments(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """Return a text with blanks for comments; one that is never closed is none."""
    parts: list[str] = []
    at = 0
    while (begin := opening.search(text, at)) and (end := closing.search(text, begin.end())):
        parts += (text[at : begin.start()], blank(text[begin.start() : end.end()]))
        at = end.end()
    return "".join((*parts, text[at:]))


def _is_noise(content: str, *, opens_block: bool) -> bool:
    """Tell whether a line is no part of a manifest; an action alone is the content of a scalar."""
    if _NOISE.fullmatch(content):
        return True
    return content.startswith("{{") and not opens_block and is_reference(content)


def _without_actions(written: str) -> str:
    if len(written) <= _LONGEST_ACTION_LINE:
        written = _ACTION.sub("", written)
    return written.strip()


def _field(content: str) -> tuple[str | None, str]:
    match = _FIELD.fullmatch(content)
    if match is None:
        return None, ""
    key = next(text for text in match.group("double", "single", "plain") if text is not None)
    return key.strip(), match["value"].strip()
