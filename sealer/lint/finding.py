"""What is wrong, and where; never a value."""

from dataclasses import dataclass

from sealer.errors import Where
from sealer.lint.rules import Rule


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        rule: What kind of thing.
        message: What exactly, in a sentence.
        where: Its place.
        hint: What to do; empty when nothing can be said.
    """

    rule: Rule
    message: str
    where: Where
    hint: str = ""

    @property
    def order(self) -> tuple[str, int, int, str]:
        """Where it comes in a list: by place, then by rule."""
        return (self.where.path, self.where.line, self.where.column, self.rule.id)
