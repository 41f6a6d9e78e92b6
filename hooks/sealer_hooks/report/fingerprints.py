"""What a finding is known by from one run to the next, for services that keep a list of them."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sealer.detect.finding import Finding


def fingerprints(findings: Iterable["Finding"]) -> Iterator[str]:
    """Yield a fingerprint for each finding, each different.

    It is made of path, pointer and rule: not of the line, which moves with every edit above it,
    and not of the value, of which not even a digest may leave. Several contents of one path, as a
    push may bring, are counted.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    for each in findings:
        place = (each.path, each.pointer, each.rule)
        yield fingerprint(*place, str(seen[place]))
        seen[place] += 1


def fingerprint(*parts: str) -> str:
    """Return a digest of texts, none of which is a value."""
    text = "\0".join(parts)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]
