"""Which template entries speak of an item: they break when it is renamed or goes."""

import re
from collections.abc import Mapping

_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def mentions(templates: Mapping[str, str], item: str) -> list[str]:
    """Return the entries of `spec.template.data` whose actions name an item, sorted.

    Args:
        templates: Go templates by entry.
        item: The item's key: `.key` names it, and so does `"key"` as in `index . "key"`.
    """
    key = re.escape(item)
    named = re.compile(rf"""(?<![\w.)\]])\.{key}(?![\w-])|"{key}"|`{key}`""")
    return sorted(
        entry
        for entry, text in templates.items()
        if any(named.search(action) for action in _ACTION.findall(text))
    )
