"""Annotations that hold a copy of a value would carry it into git in the clear.

`kubectl apply` writes such a copy, and other tools do the same under names of their own, so an
annotation is judged by what it holds (compat.md 4.2).
"""

import base64
import re
from collections.abc import Iterable, Mapping

from sealer.sensitive import SecretBytes

LAST_APPLIED_ANNOTATIONS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubecfg.ksonnet.io/last-applied-configuration",
)
# Values that stand in many a text by chance: finding them proves nothing.
_SHORTEST = 4
_LONG = 8
_LONGEST_NUMBER_BY_CHANCE = 5
_COMMON = frozenset(("true", "false", "null", "none", "yes", "no", "default"))


def holds_copy(text: str, values: Iterable[SecretBytes]) -> bool:
    """Tell whether a text contains one of the values, in the clear or in base64."""
    return any(_contains(text, value.reveal()) for value in values)


def copying_annotations(
    annotations: Mapping[str, str], data: Mapping[str, SecretBytes]
) -> list[str]:
    """Return the keys of the annotations that hold a copy of a value, and of those that always do.

    Values too short or too common to be told from chance are not looked for.
    """
    return [
        key
        for key, text in annotations.items()
        if key in LAST_APPLIED_ANNOTATIONS or holds_copy(text, data.values())
    ]


def _contains(text: str, value: bytes) -> bool:
    if len(value) < _SHORTEST:
        return False
    if base64.b64encode(value).decode().rstrip("=") in text:
        return True
    try:
        clear = value.decode().strip()
    except UnicodeDecodeError:
        return False
    if len(clear) < _SHORTEST or _is_common(clear):
        return False
    if len(clear) >= _LONG:
        return clear in text or _escaped(clear) in text
    word = rf"(?<![\w.-]){re.escape(clear)}(?![\w.-])"
    return re.search(word, text) is not None


def _escaped(clear: str) -> str:
    """Return a value as it stands inside a JSON string."""
    import json  # noqa: PLC0415 - rarely reached

    return json.dumps(clear, ensure_ascii=False)[1:-1]


def _is_common(clear: str) -> bool:
    is_short_number = clear.isdigit() and len(clear) <= _LONGEST_NUMBER_BY_CHANCE
    return is_short_number or clear.lower() in _COMMON
