"""Manifests in the cells of a notebook: their sources, and what they have printed."""

from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.expansions import neutral_in_program
from sealer.detect.objects import entries, key_of, text_of
from sealer.detect.rules import SECRET_IN_NOTEBOOK
from sealer.detect.sighting import Judged, Passage
from sealer.documents import Mapping, Node, Scalar, Sequence, read_stream
from sealer.errors import DocumentError

_TEXTS = ("source", "text", "input")

# The second one until format 4.
_CELLS = ("cells", "worksheets")


def notebook_cells(page: Page) -> Iterator[Passage | Judged]:
    """Yield each text of a notebook: it is one string, or a list of its lines."""
    try:
        documents = read_stream(page.text.encode(errors="surrogatepass")).documents
    except DocumentError:
        return
    if len(documents) != 1 or not _is_notebook(documents[0].root):
        return
    pending = [documents[0].root]
    while pending:
        node = pending.pop()
        if isinstance(node, Sequence):
            pending.extend(node.items)
        elif isinstance(node, Mapping):
            for key, value in node.pairs:
                if not (_is_text(key_of(key)) and (lines := _lines(value))):
                    pending.append(value)
                    continue
                yield _passage(lines)
                yield Judged(lines[0].start, lines[-1].end)


def _is_notebook(root: Node | None) -> bool:
    fields = {key_of(key) for key, _ in entries(root)} if isinstance(root, Mapping) else set()
    return "nbformat" in fields and not fields.isdisjoint(_CELLS)


def _is_text(key: str) -> bool:
    return key in _TEXTS or key.startswith(("text/", "application/"))


def _lines(value: Node) -> list[Scalar]:
    lines = value.items if isinstance(value, Sequence) else [value]
    return [line for line in lines if isinstance(line, Scalar) and line.end > line.start]


def _passage(lines: list[Scalar]) -> Passage:
    """Put the lines of a text together; a place in one is as far from its quote in the file."""
    places, said = [], ""
    for line in lines:
        places.append((len(said), line.start + 1))
        said += text_of(line)
    text = neutral_in_program(said)
    return Passage(SECRET_IN_NOTEBOOK, text, tuple(places), lines[-1].end)
