"""Programs whose fields need no commas between them: TypeScript's types, CUE, GraphQL.

A bare word there is a type or a reference; only quoted text is a value.
"""

import re
from collections.abc import Sequence

from sealer.detect.actions import has_words
from sealer.detect.lines import Line

_QUOTES = ("'", '"')
# As many lines may stand between a brace and the kind: fields before it, and what is said of them.
_FARTHEST = 200
# Quoted text where a value begins; behind a mark that joins types, as in `'a' | 'b'`, it is none,
# and neither where a colon makes it a key. Linear: what is quoted cannot go on behind its end.
_TEXT = re.compile(
    r"(?:\A|(?<=[:*(,+\[]))[ \t\r\n]*+(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+')(?![ \t]*+[:|])"
)
_INTERPOLATION = re.compile(r"\\\([^()]*+\)")  # CUE and Swift


def is_in_program(path: str, lines: Sequence[Line], kind: int) -> bool:
    """Tell whether a `kind` stands in the braces of a program; YAML has commas between braces.

    Args:
        path: The file.
        lines: Its lines.
        kind: The line that says the kind.
    """
    if path.lower().endswith(".cue") and lines[kind].value[:1] in _QUOTES:
        return True
    column = lines[kind].indent
    for n in range(kind - 1, max(-1, kind - _FARTHEST), -1):
        if lines[n].is_fence or lines[n].indent < column:
            return not lines[n].is_fence and lines[n].text.endswith("{")
    return False


def says_text(written: str) -> bool:
    """Tell whether there is quoted text in a field of a program, besides what is filled in."""
    texts = (match[0] for match in _TEXT.finditer(written))
    return any(has_words(_INTERPOLATION.sub("", text)) for text in texts)
