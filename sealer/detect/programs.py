"""Manifests in the strings of programs: template literals, triple quotes, escaped line ends."""

import re
from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.expansions import neutral_fields, neutral_in_program, neutral_in_shell
from sealer.detect.passages import passage
from sealer.detect.rules import SECRET_IN_TEXT, is_documentation
from sealer.detect.sighting import Passage

# Linear: a string ends at its first closing mark, an escape or a fence opens none, and of each mark
# only the last can be left open. Quotes of which most languages allow one line only go on for more
# where a manifest begins in them, as in a shell.
_STRING = re.compile(
    r"\\.|`{2,}+|(?P<mark>\"{3}|'{3})(?P<long>(?:\\.|(?!(?P=mark))[^\\])*+)(?P=mark)"
    r"|`(?P<raw>(?:\\.|[^`\\])*+)`|\br\#\"(?P<rust>(?:(?!\"\#).)*+)\"\#"
    r"|(?P<open>[\"'])(?=\s{0,40}(?:---|apiVersion\b|kind\b|\{))"
    r"(?P<begun>(?:\\.|(?!(?P=open))[^\\])*+)(?P=open)"
    r"|\"(?P<double>(?:\\.|[^\"\\\n])*+)\"|'(?P<single>(?:\\.|[^'\\\n])*+)'",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MEANINGS = {"n": " \n", "r": "  ", "t": "  ", "\n": "  "}


def strings(page: Page) -> Iterator[Passage]:
    """Yield what stands in each string of several lines, what programs fill in as placeholders."""
    if is_documentation(page.path):  # a lone backtick opens no string there
        return
    for match in _STRING.finditer(page.text, page.start, page.end):
        name = match.lastgroup
        if name is None:
            continue
        said = match[name]
        if name in ("double", "single") and "\\n" not in said:
            continue
        if "ecret" in said.lower():
            said = _unescaped(said)
            said = (
                neutral_fields(neutral_in_shell(said))
                if name == "begun"
                else neutral_in_program(said)
            )
            yield passage(SECRET_IN_TEXT, match.start(name), said)


def _unescaped(said: str) -> str:
    """Return a text without escapes. Each is two characters, and so is what it becomes."""
    return _ESCAPE.sub(lambda match: _MEANINGS.get(match[1], " " + match[1]), said)
