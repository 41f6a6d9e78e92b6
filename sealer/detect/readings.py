"""The ways to read a file: as its encoding says, and, where it is damaged, as text all the same.

JSON with comments before keys and values is read without them as well: YAML takes them for words.
"""

import re
from collections.abc import Iterator

from sealer.detect.passages import blank
from sealer.documents import Stream, read_stream
from sealer.errors import DocumentError, DocumentLimitError

# Strings, line comments and comments of templates hide a sign of a comment. Linear: each part goes
# on to its end, or to that of the line or the text.
_COMMENT = re.compile(
    r"\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?|//[^\n]*+|\{\{-?[ ]?/\*"
    r"|(?P<comment>/\*(?:[^*]|\*(?!/))*+(?:\*/)?)"
)
_BEFORE = re.compile(r"\*/[ \t]*+\S")


def readings(data: bytes) -> Iterator[Stream]:
    """Yield the file as its encoding says, without comments, and with damage passed over.

    Each of the latter only where it makes a difference.

    What is no text in a file does not make the rest of it harmless.

    Raises:
        DocumentLimitError: There are too many documents.
    """
    try:
        stream = read_stream(data)
    except DocumentLimitError:
        raise
    except DocumentError:
        pass
    else:
        yield stream
        bare = _without_comments(stream.source.text)
        if bare is not None and _may_be_json(stream):
            yield read_stream(bare.encode(errors="replace"))
        if stream.source.encoding == "utf-8" and "\0" not in stream.source.text:
            return
    yield read_stream(_repaired(data))


def _may_be_json(stream: Stream) -> bool:
    """Tell whether signs of comments can be some; blocks of YAML that parse have none."""
    return stream.source.text.lstrip()[:1] in ("{", "[", "/") or any(
        document.root is None for document in stream.documents
    )


def _without_comments(text: str) -> str | None:
    """Return a text with blanks for its block comments; None where none stands before anything."""
    if "/*" not in text or not _BEFORE.search(text):
        return None
    bare = _COMMENT.sub(lambda match: blank(match[0]) if match["comment"] else match[0], text)
    return None if bare == text else bare


def _repaired(data: bytes) -> bytes:
    """Return a text without NUL bytes and with a mark in place of each undecodable byte."""
    text = data.replace(b"\0", b"").decode(errors="replace")
    return text.lstrip("\ufffd").encode()
