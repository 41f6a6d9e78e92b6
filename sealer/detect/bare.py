"""JSON without its comments: YAML takes those before keys and values for words."""

import re

from sealer.detect.passages import blank
from sealer.documents import Stream

# Strings, line comments and comments of templates hide a sign of a comment. Linear: each part goes
# on to its end, or to that of the line or the text.
_COMMENT = re.compile(
    r"\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?|//[^\n]*+|\{\{-?[ ]?/\*"
    r"|(?P<comment>/\*(?:[^*]|\*(?!/))*+(?:\*/)?)"
)
_BEFORE = re.compile(r"\*/[ \t]*+\S")


def without_comments(stream: Stream) -> str | None:
    """Return a file with blanks for its block comments, or None where that changes nothing."""
    text = stream.source.text
    if not _BEFORE.search(text) or not _may_be_json(stream):
        return None
    bare = _COMMENT.sub(lambda match: blank(match[0]) if match["comment"] else match[0], text)
    return None if bare == text else bare


def _may_be_json(stream: Stream) -> bool:
    """Tell whether signs of comments can be some; blocks of YAML that parse have none."""
    return stream.source.text.lstrip()[:1] in ("{", "[", "/") or any(
        document.root is None for document in stream.documents
    )
