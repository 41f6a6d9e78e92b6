"""What a look at a text needs to know besides the text: whose it is, how deep, how much is left."""

from typing import TYPE_CHECKING, NamedTuple

from sealer.detect.settings import Settings

if TYPE_CHECKING:
    from sealer.detect.patterns import Pattern
    from sealer.detect.rules import Rule

# All strings inside strings of one file, and all files that it names, in bytes; honest files stay
# far below.
_MOST_INSIDE = _MOST_NAMED = 16 * 1024 * 1024
# A short string costs its reader as much as this many bytes.
_LEAST_SIZE = 1024
# Steps of searches for keys by SOPS' rules, some seconds' worth; an honest document takes some
# thousand, and the next one with the same keys none.
_MOST_STEPS = 2_000_000


class Allowance:
    """How much of one kind of work may still be done for one file.

    Args:
        most: How much that is at first.
        least: What the smallest piece costs.
    """

    def __init__(self, most: int, least: int = 0) -> None:
        self._rest = most
        self._least = least

    def take(self, size: int) -> bool:
        """Take what a piece of this size costs; tell whether there was that much left."""
        self._rest -= max(size, self._least)
        return self._rest >= 0


class Memory:
    """What has been found out for one file, and what may still be done: in all looks at it.

    Strings in strings, aliases to them, and documents that all ask the same can make a small file
    a large one (threats.md T23).

    Attributes:
        inside: The text inside other text that may still be read.
        steps: How far keys may still be searched by the rules of SOPS.
        rules: What such rules say; None for one that cannot be judged.
        covered: Whether a rule matches a key.
        named: How much of the files that it names may still be read.
        files: What is wrong with such a file, taken as variables or not, and its length.
        targets: The kind that the file is a patch for, by its path.
    """

    __slots__ = ("covered", "files", "inside", "named", "rules", "steps", "targets")

    def __init__(self) -> None:
        self.inside = Allowance(_MOST_INSIDE, _LEAST_SIZE)
        self.steps = Allowance(_MOST_STEPS)
        self.rules: dict[str, Pattern | None] = {}
        self.covered: dict[tuple[str, str], bool] = {}
        self.named = Allowance(_MOST_NAMED)
        self.files: dict[tuple[str, bool], tuple[Rule, int] | None] = {}
        self.targets: dict[str, str] = {}


class Job(NamedTuple):
    """One look at one text.

    Attributes:
        path: The file, as it was given.
        settings: What the repository says.
        memory: What is known and may still be done, for all looks at a file together.
        depth: In how many strings the text stands.
        target: The kind that the text is a patch for, in lower case; empty where that is unknown.
    """

    path: str
    settings: Settings
    memory: Memory
    depth: int = 0
    target: str = ""

    def inside(self, target: str = "") -> "Job":
        """Return the look at a text that stands in this one."""
        return self._replace(depth=self.depth + 1, target=target)
