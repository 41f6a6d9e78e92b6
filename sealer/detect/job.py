"""What a look at a text needs to know besides the text: whose it is, how deep, how much is left."""

from typing import NamedTuple

from sealer.detect.settings import Settings

# All strings inside strings of one file, in bytes; honest files stay far below.
_MOST_INSIDE = 16 * 1024 * 1024
# A short string costs its reader as much as this many bytes.
_LEAST_SIZE = 1024


class Allowance:
    """How much text inside other text may still be read for one file.

    Strings in strings, and aliases to them, can make a small file a large one (threats.md T23).
    """

    def __init__(self) -> None:
        self._rest = _MOST_INSIDE

    def take(self, size: int) -> bool:
        """Take what a text of this size costs; tell whether there was that much left."""
        self._rest -= max(size, _LEAST_SIZE)
        return self._rest >= 0


class Job(NamedTuple):
    """One look at one text.

    Attributes:
        path: The file, as it was given.
        settings: What the repository says.
        allowance: What may still be read, for all looks at a file together.
        depth: In how many strings the text stands.
        target: The kind that the text is a patch for, in lower case; empty where that is unknown.
    """

    path: str
    settings: Settings
    allowance: Allowance
    depth: int = 0
    target: str = ""

    def inside(self, target: str = "") -> "Job":
        """Return the look at a text that stands in this one."""
        return self._replace(depth=self.depth + 1, target=target)
