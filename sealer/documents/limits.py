"""How much of a document is read before it counts as hostile.

Real manifests stay far below; a bomb is refused in bounded time and memory (threats.md T23).
"""

from sealer.errors import DocumentError

MAXIMUM_DEPTH = 200
MAXIMUM_NODES = 1_000_000
MAXIMUM_DOCUMENTS = 100_000
# The parser compares each %TAG line with all before it.
MAXIMUM_TAG_DIRECTIVES = 100


class UnreadableError(DocumentError):
    """The text is no YAML or JSON that can be read.

    Attributes:
        offset: Where reading stopped, in characters.
        is_limit: A limit was passed; the text may be well-formed.
    """

    def __init__(self, message: str, offset: int, *, is_limit: bool = False) -> None:
        super().__init__(message)
        self.offset = offset
        self.is_limit = is_limit
