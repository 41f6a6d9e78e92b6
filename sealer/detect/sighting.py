"""What detectors hand to the scanner: places in a text, not yet lines of a file.

Named tuples, as all over this package: the hook waits for its imports at every finding, and a
frozen dataclass takes half a millisecond to build.
"""

from bisect import bisect_right
from operator import itemgetter
from typing import NamedTuple

from sealer.detect.rules import Rule
from sealer.documents import Scalar


class Sighting(NamedTuple):
    """A value that must not be committed.

    Attributes:
        rule: What is wrong with it.
        offset: Where it stands, in characters.
        key: Its item or annotation; safe to print.
        length: Its length in bytes.
        namespace: The object's namespace; safe to print.
        name: The object's name; safe to print.
        pointer: A JSON pointer in its document; safe to print. Empty where the text is not parsed.
        end: Where it ends, in characters; 0 where that is unknown.
        is_guess: It was seen in text that was read without a parser for it.
    """

    rule: Rule
    offset: int
    key: str
    length: int
    namespace: str = ""
    name: str = ""
    pointer: str = ""
    end: int = 0
    is_guess: bool = False


class Embedded(NamedTuple):
    """A string that may be a manifest itself.

    Attributes:
        found: What to report when there is anything in it; the length is filled in then.
        node: The string.
        target: The kind that it is a patch for, in lower case; empty where that is unknown.
    """

    found: Sighting
    node: Scalar
    target: str = ""


class Doubt(NamedTuple):
    """A place that could not be examined.

    Attributes:
        offset: Where it is, in characters.
        reason: Why, in words that quote nothing.
        is_guess: It was seen in text that was read without a parser for it.
    """

    offset: int
    reason: str
    is_guess: bool = False


class Judged(NamedTuple):
    """A span of the text that the reader of another language has judged, so that no other need.

    Attributes:
        start: Where it begins, in characters.
        end: Where it ends.
    """

    start: int
    end: int


class Passage(NamedTuple):
    """A part of a text that is a manifest by itself: a fence, a heredoc, what a comment says.

    Attributes:
        rule: What is wrong where a value in it can be read.
        text: What it says. Signs of the language around it are blanks, so that most of it stands
            as far from its beginning as in the file.
        places: Offsets in `text` and in the file that belong together, in order, the first of both
            first; what follows one runs on in step with it.
        end: Where it ends in the file, in characters.
        target: The kind that it is a patch for, in lower case; empty where that is unknown.
    """

    rule: Rule
    text: str
    places: tuple[tuple[int, int], ...]
    end: int
    target: str = ""

    @property
    def start(self) -> int:
        """Where it begins in the file, in characters."""
        return self.places[0][1]

    def place(self, offset: int) -> int:
        """Return where in the file an offset in the passage stands."""
        at = bisect_right(self.places, offset, key=itemgetter(0)) - 1
        inside, outside = self.places[max(at, 0)]
        return min(outside + offset - inside, self.end)


Sight = Sighting | Embedded | Doubt | Judged | Passage


class Seen(NamedTuple):
    """Something that was seen in a document of a file.

    Attributes:
        document: The document's number, counted from 1.
        sight: What was seen.
    """

    document: int
    sight: Sighting | Doubt

    @property
    def pointer(self) -> str:
        """Where it stands, whatever stands above it in the file; `Finding` explains."""
        sighting = self.sight
        if isinstance(sighting, Doubt):
            return ""
        if sighting.pointer:
            return f"/{self.document}{sighting.pointer}"
        whose = "~1".join(part for part in (sighting.namespace, sighting.name) if part)
        key = sighting.key.replace("~", "~0").replace("/", "~1")
        return "/".join(("/text", *(part for part in (whose, key) if part)))
