"""Three versions of a file, and the SealedSecrets that all of them hold."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sealer.documents import Stream
from sealer.manifest import Found, find_objects
from sealer.sealing.recovery import SEALED_SECRET
from sealer.sealing.threeway import Merged, Version, merge_versions


@dataclass(frozen=True, slots=True)
class SharedObject:
    """A SealedSecret that all three versions hold.

    Attributes:
        base: Where it stands in the common ancestor.
        ours: Where it stands in our version.
        theirs: Where it stands in the other version.
        merged: What comes of it.
        names: What it is called in any of the versions.
    """

    base: Found
    ours: Found
    theirs: Found
    merged: Merged
    names: frozenset[str]


def shared_objects(base: Stream, ours: Stream, theirs: Stream) -> Iterator[SharedObject]:
    """Yield the SealedSecrets of the same name, and the renamed one if there is only one."""
    objects = [by_name(stream) for stream in (base, ours, theirs)]
    for name in [name for name in objects[0] if all(name in each for each in objects)]:
        yield _shared(*(each.pop(name) for each in objects))
    if all(len(each) == 1 for each in objects):
        yield _shared(*(each.popitem()[1] for each in objects))


def by_name(stream: Stream) -> dict[str, Found]:
    """Return the SealedSecrets of a file that can be read, those whose name stands there once."""
    found = list(_sealed_secrets(stream))
    counts = Counter(name for name, _ in found)
    return {name: each for name, each in found if counts[name] == 1}


def count_names(stream: Stream) -> Counter[str]:
    """Return how many SealedSecrets of each name a file holds."""
    return Counter(name for name, _ in _sealed_secrets(stream))


def _sealed_secrets(stream: Stream) -> Iterator[tuple[str, Found]]:
    for document in stream.documents:
        if document.error is None:
            for found in find_objects(document):
                if SEALED_SECRET.is_meant_by(found):
                    yield Version.of(found).name, found


def _shared(base: Found, ours: Found, theirs: Found) -> SharedObject:
    versions = [Version.of(found) for found in (base, ours, theirs)]
    names = frozenset(version.name for version in versions)
    return SharedObject(base, ours, theirs, merge_versions(*versions), names)
