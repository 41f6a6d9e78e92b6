"""The words about each value, which stand in values.yaml, for the schema and for docs/chart.md."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.chart.helm import CHART

__all__ = ["NAMES", "PAGE", "SCHEMA", "VALUES", "Value", "names", "page", "schema", "values"]

PAGE = CHART.parents[1] / "docs" / "chart.md"
SCHEMA = CHART / "values.schema.json"
VALUES = CHART / "values.yaml"
NAMES = CHART / "files" / "values.txt"
_LINE = re.compile(
    r"(?P<indent> *)(?:## (?P<title>.+)|# ?(?P<words>.*)|(?P<key>[A-Za-z]\w*):.*|- .*)?"
)
_BEGIN, _END = "<!-- values, by `make manifests` -->\n", "<!-- end of the values -->\n"


@dataclass(frozen=True, slots=True)
class Value:
    """One value of the chart.

    Attributes:
        path: Its name, such as `rbac.create`.
        words: What it means.
        title: The part of values.yaml that it stands in.
        default: What it is when nobody sets it; None for a group of values.
    """

    path: str
    words: str
    title: str
    default: Any


def values() -> list[Value]:
    """Return all values with a name of their own, in the order of values.yaml."""
    defaults = yaml.safe_load(VALUES.read_text())
    known = dict(_named(json.loads(SCHEMA.read_text())))
    return [
        Value(path, words, title, _default(defaults, path) if is_open else None)
        for path, words, title in _commented(VALUES.read_text())
        if (is_open := known.get(path)) is not None
    ]


def schema() -> str:
    """Return the schema, each of its values with its words."""
    tree = json.loads(SCHEMA.read_text())
    for value in values():
        place = tree
        for name in value.path.split("."):
            place = place["properties"][name]
        place["description"] = value.words
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def names() -> str:
    """Return the outermost names that the schema knows, for the notes, which cannot read it."""
    return "".join(f"{name}\n" for name in json.loads(SCHEMA.read_text())["properties"])


def page() -> str:
    """Return docs/chart.md with the values as they are."""
    text = PAGE.read_text()
    before, rest = text.split(_BEGIN)
    return before + _BEGIN + "".join(_tables()) + _END + rest.split(_END)[1]


def _tables() -> Iterator[str]:
    title = None
    for value in values():
        if value.title != title:
            title = value.title
            yield f"\n### {title}\n\n| value | default | meaning |\n|---|---|---|\n"
        default = "" if value.default is None else f"`{_text(value.default)}`"
        yield f"| `{value.path}` | {default} | {value.words.replace('|', '&#124;')} |\n"
    yield "\n"


def _text(default: object) -> str:
    return default if isinstance(default, str) and default else json.dumps(default)


def _commented(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield each key of a YAML file with the comment above it and the title above that."""
    title, words, path = "", list[str](), list[str]()
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        assert match is not None, line
        if match["title"]:
            title = match["title"]
        if match["key"]:
            path[len(match["indent"]) // 2 :] = [match["key"]]
            yield ".".join(path), " ".join(words), title
        words = [*words, match["words"]] if match["words"] else []


def _named(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the values that the schema names, and whether each is one value and no group."""
    for name, inner in tree.get("properties", {}).items():
        yield f"{path}{name}", "properties" not in inner
        yield from _named(inner, f"{path}{name}.")


def _default(tree: Any, path: str) -> Any:  # noqa: ANN401 - any YAML
    for name in path.split("."):
        tree = tree[name]
    return tree
