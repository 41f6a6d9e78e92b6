"""Manifests in the strings of programs: template literals, triple quotes, escaped line ends."""

import re
from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.expansions import neutral_fields, neutral_in_program, neutral_in_shell
from sealer.detect.passages import passage
from sealer.detect.rules import SECRET_IN_TEXT, is_documentation
from sealer.detect.sighting import Passage

# Linear: a string ends at its first closing mark, an escape or a fence opens none, and of each mark
# only the last can be left open; one of Rust's, which closes with another mark, holds no other of
# its kind, and one with doubled quotes in it takes the rest. Quotes of which most languages allow
# one line only go on for more where a manifest begins in them, as in a shell.
_STRING = re.compile(
    r"\\.|`{2,}+|(?P<mark>\"{3}|'{3})(?P<long>(?:\\.|(?!(?P=mark))[^\\])*+)(?P=mark)"
    r"|`(?P<raw>(?:\\.|[^`\\])*+)`|\br\#\"(?P<rust>(?:(?!\"\#|\br\#\").)*+)\"\#"
    r"|\"(?=\s{0,40}\{\s{0,40}\"\"\w)(?P<doubled>(?:\"\"|[^\"])*+)(?:\"|\Z)"  # CSV
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
        if name in ("double", "single") and not ("\\n" in said or '\\"' in said):
            continue
        if name == "doubled":
            said = said.replace('""', '\\"')
        if "ecret" in said.lower():
            said = unescaped(said)
            said = (
                neutral_fields(neutral_in_shell(said))
                if name == "begun"
                else neutral_in_program(said)
            )
            yield passage(SECRET_IN_TEXT, match.start(name), said)


def unescaped(said: str) -> str:
    """Return the content of a string, each escape as two characters that mean the same."""
    return _ESCAPE.sub(_meaning, said)


def _meaning(escape: re.Match[str]) -> str:
    """Return what an escape means, with a blank on the outer side of a quote."""
    letter = escape[1]
    if letter in ("'", '"'):
        is_closing = escape.string[escape.end() : escape.end() + 1] in ("", *":,}] \n\\")
        return letter + " " if is_closing else " " + letter
    return _MEANINGS.get(letter, " " + letter)
