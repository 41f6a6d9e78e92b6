"""Is a value empty, a placeholder, encrypted? Or can anyone read it?"""

from collections.abc import Collection

from sealer.detect.job import Memory
from sealer.detect.objects import Path, names_in, text_of
from sealer.detect.placeholders import is_placeholder
from sealer.detect.settings import DEFAULT, Settings
from sealer.detect.sops import Stanza, is_token
from sealer.detect.vaulted import is_vaulted
from sealer.documents import Node, Scalar
from sealer.documents.nodes import walk
from sealer.errors import SealedValueError
from sealer.wire import LENGTH_SIZE, TAG_SIZE, decode_base64, split

# RSA-2048 to RSA-16384, in bytes: what a sealed value can begin with (compat.md 1.1).
_SHORTEST_RSA, _LONGEST_RSA = 256, 2048
_SHORTEST_SEALED = 4 * (_SHORTEST_RSA + LENGTH_SIZE + TAG_SIZE) // 3  # characters of base64
_LONGEST_ENCODED_PLACEHOLDER = 2000


class Context:
    """What a value is judged by, besides itself. A plain class: every finding waits for its making.

    Attributes:
        text: The text that the nodes' offsets point into.
        stanza: The document's SOPS stanza, if it has one.
        path: The file, as it was given.
        settings: What the repository says.
        target: The kind that the document is a patch for, in lower case; empty where unknown.
        memory: What is known and may still be done, for all looks at the file together.
    """

    __slots__ = ("_known", "memory", "path", "settings", "stanza", "target", "text")

    def __init__(
        self,
        text: str,
        stanza: Stanza | None = None,
        path: str = "",
        settings: Settings = DEFAULT,
        target: str = "",
        *,
        memory: Memory | None = None,
    ) -> None:
        self.text = text
        self.stanza = stanza
        self.path = path
        self.settings = settings
        self.target = target
        self.memory = memory or Memory()
        self._known: dict[tuple[int, bool], tuple[int | None, bool]] = {}

    def readable_length(self, value: Node, path: Path, *, is_base64: bool) -> int | None:
        """Return the length in bytes of a value that can be read, or None for any other.

        Args:
            value: Where the value stands.
            path: The keys that lead to it.
            is_base64: Kubernetes decodes it, as it does under `data`.
        """
        # An alias can bring one long value to a hundred thousand places: it is judged once.
        judged = (id(value), is_base64)
        if judged not in self._known:
            self._known[judged] = self._judge(value, is_base64=is_base64)
        length, is_token_of_sops = self._known[judged]
        if is_token_of_sops and self.stanza is not None and self.stanza.covers(names_in(path)):
            return None
        return length

    def _judge(self, value: Node, *, is_base64: bool) -> tuple[int | None, bool]:
        """Return the length if the value can be read, and whether it is a token of SOPS."""
        if not isinstance(value, Scalar):
            return self._collection_length(value), False
        if _is_null(value):
            return None, False
        length = readable_length(
            text_of(value), is_base64=is_base64, placeholders=self.settings.placeholders
        )
        return length, is_token(value.text)

    def _collection_length(self, value: Node) -> int | None:
        """Judge a list or mapping where a string belongs: a bare `{{ template }}`, or leaves."""
        written = self.text[value.start : value.end]
        if is_placeholder(written):
            return None
        leaves = [node.text for node in walk(value) if isinstance(node, Scalar)]
        return len(written.encode(errors="replace")) if any(leaves) else None


def readable_length(
    text: str, *, is_base64: bool, placeholders: Collection[str] = ()
) -> int | None:
    """Return the length in bytes of a value that can be read, or None for any other.

    Args:
        text: The value, quotes and escapes resolved.
        is_base64: Kubernetes decodes it.
        placeholders: Whole values that count as placeholders, besides those that are by form.
    """
    if not text.strip() or is_placeholder(text) or text in placeholders:
        return None
    if is_sealed(text) or is_vaulted(text):
        return None
    if is_base64:
        data = decoded(text)
        if data is not None:
            return None if _is_encoded_placeholder(data, placeholders) else len(data)
    return len(text.encode(errors="replace"))


def is_sealed(text: str) -> bool:
    """Tell whether a text is plausible as a sealed value: base64, and sizes that fit.

    Blanks and line ends are passed over: a folded value does not open, and nobody can read it.
    """
    if len(text) < _SHORTEST_SEALED:
        return False
    try:
        parts = split("".join(text.split()))
    except SealedValueError:
        return False
    return _SHORTEST_RSA <= len(parts.wrapped_key) <= _LONGEST_RSA


def decoded(text: str) -> bytes | None:
    """Return what base64 holds, as Kubernetes decodes it; blanks are passed over."""
    try:
        return decode_base64("".join(text.split()))
    except SealedValueError:
        return None


def is_empty(value: Node) -> bool:
    """Tell whether there is nothing in a value: blanks, or null."""
    return isinstance(value, Scalar) and (not text_of(value).strip() or _is_null(value))


def _is_null(value: Scalar) -> bool:
    return not value.style and value.tag is None and value.value is None


def _is_encoded_placeholder(data: bytes, placeholders: Collection[str]) -> bool:
    """Tell whether base64 holds a placeholder, which tools that know them resolve as well."""
    if len(data) > _LONGEST_ENCODED_PLACEHOLDER:
        return False
    text = data.decode(errors="replace")
    return is_placeholder(text) or text in placeholders
