"""Text that a template program was to fill in: it is no manifest yet."""

import re

_MARK = re.compile(r"\{\{|\{%|<%|\$\{")
_PROGRAMS = {"{{": "Helm, Jinja", "{%": "Jinja", "<%": "ERB", "${": "envsubst, Terraform"}


def find_placeholder(text: str, start: int = 0, end: int | None = None) -> int:
    """Return where the first placeholder between two offsets begins; -1 where there is none."""
    match = _MARK.search(text, start, len(text) if end is None else end)
    return match.start() if match else -1


def template_hint(text: str, at: int) -> str:
    """Return what to do about a placeholder. What stands in it may be a value, and is not shown.

    Args:
        text: The text.
        at: Where the placeholder begins.
    """
    mark = text[at : at + 2]
    return f"{mark} looks like a placeholder of a template ({_PROGRAMS[mark]}); render it first"
