"""Where in a file the characters of a string stand that is a manifest itself."""

from sealer.documents import Scalar

# Offsets in what a string says, and in the file; what follows one runs on in step with it.
Places = tuple[tuple[int, int], ...]


def places_in(text: str, node: Scalar, said: str) -> Places:
    """Return where each line of a string stands; nothing where a reader has rewritten it.

    Args:
        text: The file's text.
        node: The string.
        said: What it says.
    """
    if node.style == "|":
        return _places_of_lines(text, node, said)
    start = node.start + len(node.style)
    return ((0, start),) if text.startswith(said, start) else ()


def _places_of_lines(text: str, node: Scalar, said: str) -> Places:
    """Return the places of a literal block's lines, each of which begins behind an indentation."""
    places = []
    inside, outside = 0, _next_line(text, node.start)
    for content in said.split("\n"):
        if content.strip():
            at = text.find(content, outside, _next_line(text, outside))
            if at < 0:  # the header stands elsewhere, or a reader has changed the line
                return ()
            places.append((inside, at))
        inside += len(content) + 1
        outside = _next_line(text, outside)
    return tuple(places)


def _next_line(text: str, offset: int) -> int:
    at = text.find("\n", offset)
    return len(text) if at < 0 else at + 1
