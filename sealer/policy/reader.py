"""Parts of a policy, read strictly: what is unknown or of another type is refused with its line."""

from collections.abc import Collection
from collections.abc import Mapping as AbstractMapping

from sealer.documents import Document, Mapping, Node, Scalar, Sequence, Stream
from sealer.errors import PolicyError
from sealer.faults import Faults
from sealer.policy.globs import why_never


class Reader:
    """Reads settings by their type, and collects what is wrong with them.

    Every method takes the name of the setting for its message, and answers with something empty
    where it had to refuse.

    Attributes:
        faults: What is wrong so far.
    """

    def __init__(self, stream: Stream, document: Document) -> None:
        self.faults = Faults()
        self._stream = stream
        self._document = document

    def fields(self, mapping: Mapping, known: tuple[str, ...]) -> AbstractMapping[str, Node]:
        """Return the settings of a mapping; a misspelt one must not stay without effect."""
        fields = mapping.fields()
        for name in fields:
            if name not in known:
                self.refuse(
                    mapping.key_node(name) or mapping,
                    f"there is no setting {name} here",
                    hint=suggestion(name, known) or f"known are: {', '.join(known)}",
                )
        return fields

    def mapping(self, node: Node | None, what: str) -> AbstractMapping[str, Node]:
        """Return the entries of a mapping whose keys the user chooses."""
        if node is None:
            return {}
        if not isinstance(node, Mapping):
            self.refuse(node, f"{what} must be a mapping")
            return {}
        return node.fields()

    def text(self, node: Node | None, what: str) -> str:
        """Return a text that is not empty."""
        if node is None:
            return ""
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, str) or not value:
            self.refuse(node, f"{what} must be a text", hint="put it in quotes")
            return ""
        return value

    def texts(self, node: Node | None, what: str) -> list[tuple[Node, str]]:
        """Return a list of texts and where they stand; a text alone is a list of one."""
        if node is None:
            return []
        nodes = node.items if isinstance(node, Sequence) else [node]
        return [(each, text) for each in nodes if (text := self.text(each, what))]

    def patterns(self, node: Node | None, what: str) -> tuple[str, ...]:
        """Return patterns of paths, each of which can match something."""
        texts = self.texts(node, what)
        for part, text in texts:
            self._check_pattern(part, text)
        return tuple(text for _, text in texts)

    def pattern(self, node: Node | None, what: str) -> str:
        """Return one such pattern."""
        text = self.text(node, what)
        if node is not None and text:
            self._check_pattern(node, text)
        return text

    def choice(self, node: Node | None, what: str, choices: Collection[str]) -> str:
        """Return one of some words. A bare `off` is that word, and not YAML's boolean."""
        if node is None:
            return ""
        word = node.text if isinstance(node, Scalar) else ""
        if word not in choices:
            self.refuse(node, f"{what} must be one of: {', '.join(choices)}")
            return ""
        return word

    def _check_pattern(self, node: Node, text: str) -> None:
        if hint := why_never(text):
            self.refuse(node, f"the pattern {text!r} matches no file", hint=hint)

    def refuse(self, node: Node | None, message: str, *, hint: str = "") -> None:
        """Take a fault in, with its place."""
        where = self._stream.where(node, self._document) if node else None
        self.faults.add(PolicyError(message, where=where, hint=hint))


def suggestion(name: str, known: Collection[str]) -> str:
    """Return a question about what may be meant by a misspelt name; empty when nothing is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - rarely needed, slow to import

    close = get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else ""
