"""Which metrics and labels a PromQL expression names.

No parser: promtool has read each expression before, so that what is looked at here is PromQL.
"""

import re
from dataclasses import dataclass

__all__ = ["Named", "named"]

_GROUPING = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"[^"]*"')
_RANGE = re.compile(r"\[[^\]]*\]")
_STRING = re.compile(r'"[^"]*"')
_WORD = re.compile(r"\b([a-zA-Z_:][\w:]*)\b(?!\s*\()")
_KEYWORDS = {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring"}


@dataclass(frozen=True)
class Named:
    """What an expression names.

    Attributes:
        metrics: Each metric that is selected, with the labels that it is selected by.
        groupings: The labels that series are grouped or matched by.
    """

    metrics: dict[str, set[str]]
    groupings: set[str]


def named(expression: str) -> Named:
    """Return what an expression names."""
    groupings = {
        label for _, labels in _GROUPING.findall(expression) for label in re.findall(r"\w+", labels)
    }
    rest = _GROUPING.sub(" ", expression)
    metrics: dict[str, set[str]] = {}
    for metric, matchers in _SELECTOR.findall(rest):
        metrics.setdefault(metric, set()).update(_MATCHER.findall(matchers))
    rest = _STRING.sub(" ", _RANGE.sub(" ", _SELECTOR.sub(" ", rest)))
    for word in _WORD.findall(rest):
        if word not in _KEYWORDS:
            metrics.setdefault(word, set())
    return Named(metrics, groupings)
