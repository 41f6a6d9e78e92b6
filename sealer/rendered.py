"""What came of the templates of an object."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sealer.errors import TemplateError
from sealer.sensitive import SecretBytes

__all__ = ["Rendered"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """The rendered entries of `spec.template.data`.

    Attributes:
        entries: What each entry was rendered to, where that went well.
        used: The items that were read for it.
        faults: What is wrong with each of the other entries.
    """

    entries: Mapping[str, SecretBytes] = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    faults: Mapping[str, TemplateError] = field(default_factory=dict)
