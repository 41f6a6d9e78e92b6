"""Detectors: what stands readable in a SealedSecret that was parsed."""

import re
from collections.abc import Iterator

from sealer.detect.objects import SEALED_SECRET, KubeObject
from sealer.detect.rules import CLEAR_TEMPLATE_ENTRY, UNSEALED_VALUE
from sealer.detect.sections import readable_values
from sealer.detect.sighting import Sighting
from sealer.detect.values import Context

# Where values stand, and whether they are base64: today's form, the old one, and what is left of a
# Secret of which somebody changed the kind and nothing else.
_SECTIONS = (
    (("spec", "encryptedData"), True),
    (("spec", "data"), True),
    (("data",), True),
    (("stringData",), False),
)
# What an action says by itself: strings, raw strings, characters, comments. Linear: no part of it
# gives back what it has taken.
_LITERAL = re.compile(r"\"(?:[^\"\\]|\\.)*+\"?|`[^`]*+`?|'(?:[^'\\]|\\.)*+'?|/\*.*+", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_$.]")


def unsealed_values(found: KubeObject, context: Context) -> Iterator[Sighting]:
    """Report each value of a SealedSecret that is no sealed value."""
    if found.kind == SEALED_SECRET:
        for names, is_base64 in _SECTIONS:
            for each in readable_values(
                found, context, UNSEALED_VALUE, *names, is_base64=is_base64
            ):
                yield each.sighting


def clear_template_entries(found: KubeObject, context: Context) -> Iterator[Sighting]:
    """Report each entry of the template's data that takes nothing from the sealed values.

    The controller writes such an entry into the Secret as it is.
    """
    if found.kind == SEALED_SECRET:
        for field in ("data", "stringData"):
            for each in readable_values(
                found, context, CLEAR_TEMPLATE_ENTRY, "spec", "template", field, is_base64=False
            ):
                if not _has_action(each.text):
                    yield each.sighting


def _has_action(text: str) -> bool:
    """Tell whether a template does anything: calls a function, or refers to a value."""
    actions = (part.partition("}}") for part in text.split("{{")[1:])
    return any(end and _NAME.search(_LITERAL.sub("", action)) for action, end, _ in actions)
