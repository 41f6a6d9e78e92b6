"""Objects to YAML and JSON text that every common reader reads back as the same object."""

import json
from typing import Any

import yaml

from sealer.documents.quoting import is_surely_text

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_NO_FOLDING = 2**30


class _Dumper(_DUMPER):  # type: ignore[misc] # the C class has no types
    """Quotes every string that any common YAML reader would take for something else."""


def _represent_text(dumper: Any, text: str) -> yaml.ScalarNode:  # noqa: ANN401 - see above
    node: yaml.ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:str", text, _style(text))
    return node


def _style(text: str) -> str | None:
    if "\n" in text:
        return "|"  # the emitter falls back to quotes where a block cannot hold the text
    if is_surely_text(text):
        return None
    return '"'


_Dumper.add_representer(str, _represent_text)


def emit_yaml(value: object, *, indent: int = 0) -> str:
    """Return a value as block YAML with sorted keys.

    Args:
        value: JSON values.
        indent: Blanks in front of every line but the first, for use inside another document.

    Returns:
        Lines that end in a line feed, without `---`.
    """
    text: str = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, width=_NO_FOLDING, default_flow_style=False
    )
    return _indented(text, indent)


def emit_json(value: object, *, indent: int = 0) -> str:
    """Return a value as JSON, two blanks a level, in the order of its keys.

    Args:
        value: JSON values.
        indent: Blanks in front of every line but the first, for use inside another document.

    Returns:
        Lines that end in a line feed.
    """
    return _indented(json.dumps(value, indent=2, ensure_ascii=False) + "\n", indent)


def _indented(text: str, indent: int) -> str:
    if not indent:
        return text
    head, *tail = text.splitlines(keepends=True)
    blanks = " " * indent
    return head + "".join(blanks + line if line.strip() else line for line in tail)
