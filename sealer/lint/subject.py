"""A SealedSecret under examination: what it says, and where its parts stand."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sealer.documents import Stream
from sealer.errors import Where
from sealer.lint.finding import Finding
from sealer.lint.rules import Rule
from sealer.manifest import Found, SealedSecret
from sealer.manifest.places import place
from sealer.policy import Destination

SPEC = ("spec",)
ITEMS = (*SPEC, "encryptedData")
TEMPLATE = (*SPEC, "template")
ENTRIES = (*TEMPLATE, "data")
METADATA = ("metadata",)
TEMPLATE_METADATA = (*TEMPLATE, "metadata")


@dataclass(frozen=True, slots=True)
class Subject:
    """A SealedSecret of a file.

    Attributes:
        path: What to call the file.
        stream: The file.
        found: Where the object stands.
        sealed: What it says.
        destination: Which cluster the file is for, where the policy says so.
    """

    path: str
    stream: Stream
    found: Found
    sealed: SealedSecret
    destination: Destination = field(default_factory=Destination)

    def finding(
        self, rule: Rule, message: str, *keys: str, item: str = "", hint: str = ""
    ) -> Finding:
        """Return a finding about the field that keys lead to, or about an item in it."""
        where = locate(self.path, self.stream, self.found, *keys, item=item)
        return Finding(rule, message, where, hint or rule.hint)

    def annotations(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """Yield where annotations stand, their keys and texts: the object's and the template's."""
        for place_, annotations in (
            (METADATA, self.sealed.annotations),
            (TEMPLATE_METADATA, self.sealed.template.annotations),
        ):
            for key, text in annotations.items():
                yield (*place_, "annotations"), key, text


def locate(path: str, stream: Stream, found: Found, *keys: str, item: str = "") -> Where:
    """Return the place of a field of an object, or of an item in it."""
    where = place(stream, found, (*keys, item) if item else keys)
    return where._replace(path=path, item=item)
