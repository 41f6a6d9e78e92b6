"""Objects to YAML and JSON text that every common reader reads back as the same object."""

import json
import re
from typing import Any

import yaml

from sealer.documents.quoting import is_surely_text

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_NO_FOLDING = 2**30
_NEEDS_NO_ESCAPE = re.compile(r"[ !#-\[\]-~]*")
_NEEDS_NO_DOUBLING = re.compile(r"[ -&(-~]*")
_LONGEST_KEY = 100  # long keys are written in another way


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
    return "'" if _reads_better_in_single_quotes(text) else '"'


def _reads_better_in_single_quotes(text: str) -> bool:
    """Tell whether double quotes would need escapes and single ones none: JSON, for one."""
    return not _NEEDS_NO_ESCAPE.fullmatch(text) and bool(_NEEDS_NO_DOUBLING.fullmatch(text))


_Dumper.add_representer(str, _represent_text)


def emit_yaml(value: object, *, indent: int = 0) -> str:
    """Return a value as block YAML with sorted keys.

    Args:
        value: JSON values.
        indent: Blanks in front of every line but the first, for use inside another document.

    Returns:
        Lines that end in a line feed, without `---`.
    """
    try:
        text = _mapping(value, "") + "\n"
    except _NotSimpleError:
        text = emit_by_library(value)
    return _indented(text, indent)


def emit_by_library(value: object) -> str:
    """Return what `emit_yaml` returns, by the YAML library alone, which takes any value."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, width=_NO_FOLDING, default_flow_style=False
    )
    return text


class _NotSimpleError(Exception):
    """The value is better left to the library."""


# Manifests are mappings and lists of short strings. Written here, they take a fifth of the time
# that the library takes; the result is the same, byte for byte.


def _mapping(value: object, indent: str) -> str:
    """Return the lines of a mapping; the first is not indented, the last has no line feed."""
    if not isinstance(value, dict) or not value:
        raise _NotSimpleError
    lines = []
    for key in sorted(value):
        if len(key) > _LONGEST_KEY:
            raise _NotSimpleError
        lines.append(f"{_scalar(key)}:{_after_key(value[key], indent)}")
    return f"\n{indent}".join(lines)


def _after_key(value: object, indent: str) -> str:
    if isinstance(value, dict) and value:
        return f"\n{indent}  {_mapping(value, indent + '  ')}"
    if isinstance(value, list) and value:
        return "".join(f"\n{indent}- {_item(item, indent + '  ')}" for item in value)
    return f" {_scalar(value)}"


def _item(value: object, indent: str) -> str:
    return _mapping(value, indent) if isinstance(value, dict) and value else _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        if is_surely_text(value):
            return value
        if _NEEDS_NO_ESCAPE.fullmatch(value):
            return f'"{value}"'
        if _NEEDS_NO_DOUBLING.fullmatch(value):
            return f"'{value}'"
    elif isinstance(value, bool):
        return "true" if value else "false"
    elif isinstance(value, int) or value in ({}, []):
        return str(value)
    raise _NotSimpleError


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
