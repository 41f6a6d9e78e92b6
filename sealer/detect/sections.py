"""The values of a section such as `data`: which of them can be read."""

from collections.abc import Iterator
from typing import NamedTuple

from sealer.detect.objects import KubeObject, Path, entries, key_of, text_of
from sealer.detect.rules import Rule
from sealer.detect.sighting import Sighting
from sealer.detect.values import Context, decoded
from sealer.documents import Mapping, Node


class Readable(NamedTuple):
    """A value that can be read.

    Attributes:
        sighting: Where it stands, and whose it is.
        node: The value.
        is_base64: Kubernetes decodes it.
    """

    sighting: Sighting
    node: Node
    is_base64: bool

    @property
    def text(self) -> str:
        """What a container that uses the Secret gets."""
        text = text_of(self.node)
        data = decoded(text) if self.is_base64 else None
        return text if data is None else data.decode(errors="replace")


def readable_values(
    found: KubeObject, context: Context, rule: Rule, *names: str, is_base64: bool
) -> Iterator[Readable]:
    """Yield the values of a section that can be read.

    Args:
        found: The object.
        context: What its values are judged by.
        rule: What is wrong with a value that can be read.
        names: The fields that lead to the section.
        is_base64: Kubernetes decodes the values.
    """
    for section, path in found.sections(*names):
        for node, where, key in _parts(section, path, context, is_base64=is_base64):
            length = context.readable_length(node, where, is_base64=is_base64)
            if length is not None:
                yield Readable(found.sighting(rule, node, where, key, length), node, is_base64)


def _parts(
    section: Node, path: Path, context: Context, *, is_base64: bool
) -> Iterator[tuple[Node, Path, str]]:
    """Yield the values of a section with their keys, or the section where it has none."""
    if not isinstance(section, Mapping):
        yield section, path, ""
    # The mapping that is none passes as a whole: `data: {{ toYaml .Values.x }}`.
    elif context.readable_length(section, path, is_base64=is_base64) is not None:
        for key, value in entries(section):
            if isinstance(key, Mapping):  # an action: `data: {{ toYaml (dict "a" "b") }}`
                yield section, path, ""
                continue
            name = key_of(key)
            yield value, (name, path), name
