"""Cut off what is nested too deeply to be decoded.

A JSON decoder that recurses gives up on `[[[[…`, and with it on everything else in the same answer.
Whoever may create one object could so blind us to all others. The API server lets such text pass,
so it is cut here, by a scan that does not recurse, and the object it stood in is marked.
"""

import re

__all__ = ["MARK", "cut"]

MARK = b'"\\u0000sealer: nested too deeply\\u0000"'
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


def cut(text: bytes, depth: int = 128) -> bytes:
    """Return JSON text with every array and object below `depth` replaced by `MARK`.

    Text that is not JSON comes back in some form that is not JSON either.
    """
    kept, level, start = bytearray(), 0, 0
    for token in _TOKEN.finditer(text):
        sign = token[0][:1]
        if sign in b"[{":
            level += 1
            if level == depth + 1:
                kept += text[start : token.start()]
        elif sign in b"]}":
            if level == depth + 1:
                kept += MARK
                start = token.end()
            level -= 1
    return bytes(kept + text[start:]) if level <= depth else bytes(kept)
