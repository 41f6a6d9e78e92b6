"""Secrets that code builds of literals: objects in nested braces that say that they are one."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from sealer.detect.detectors import Page
from sealer.detect.expansions import without_expansions
from sealer.detect.literals import Literal
from sealer.detect.objects import CORE_GROUPS, SECRET, is_of_group, shown_key, shown_name
from sealer.detect.rules import Rule
from sealer.detect.sighting import Sighting

_SECTIONS = ("data", "stringData")


class Length(Protocol):
    """Judges a literal as its language has it."""

    def __call__(self, literal: Literal, *, is_base64: bool) -> int | None:
        """Return its length in bytes where it can be read, or None."""


def secrets_among(
    literals: Sequence[Literal], page: Page, rule: Rule, length_of: Length
) -> Iterator[Sighting]:
    """Report each literal under the data of an object of kind Secret.

    Args:
        literals: The literals of a text.
        page: The text.
        rule: What is wrong with them.
        length_of: Judges one.
    """
    fields = {each.keys[-1]: each.said for each in literals if each.keys}
    identities = {
        (each.keys[-2][0], each.keys[-1][1]): each.said for each in literals if _is_meta(each)
    }
    for literal in literals:
        if literal.said in page.settings.placeholders:
            continue
        for at, (start, section) in enumerate(literal.keys):
            if section in _SECTIONS and _is_secret(fields, start):
                length = length_of(literal, is_base64=section == "data")
                if length is not None:
                    below = literal.keys[at + 1 :]
                    yield Sighting(
                        rule,
                        literal.offset,
                        shown_key(below[0][1]) if below else "",
                        length,
                        *_identity(identities, start),
                        end=literal.offset + len(literal.said),
                    )
                break


def _is_meta(literal: Literal) -> bool:
    return len(literal.keys) > 1 and literal.keys[-2][1] == "metadata"


def _is_secret(fields: dict[tuple[int, str], str], start: int) -> bool:
    version = fields.get((start, "apiVersion"), "")
    kind = fields.get((start, "kind"), "")
    return kind.lower() == SECRET and is_of_group(version, CORE_GROUPS)


def _identity(identities: dict[tuple[int, str], str], start: int) -> tuple[str, str]:
    """Return namespace and name of the object whose brace stands at a place."""
    namespace, name = (
        shown_name(without_expansions(identities.get((start, field), "")).strip())
        for field in ("namespace", "name")
    )
    return namespace, name
