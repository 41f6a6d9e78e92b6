"""How much of a document is read before it counts as hostile.

Real manifests stay far below; a bomb is refused in bounded time and memory (threats.md T23).
"""

MAXIMUM_DEPTH = 200
MAXIMUM_NODES = 1_000_000
MAXIMUM_DOCUMENTS = 100_000
# The parser compares each %TAG line with all before it.
MAXIMUM_TAG_DIRECTIVES = 100
