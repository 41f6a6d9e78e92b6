"""Which Secrets of a backup go to a place, and under which names: some may be there already.

A name may be taken by another key. The controller makes its first key, and each after it, under a
name that is derived from what there is, so that two replicas make one; where all keys were deleted
it takes the same name again, as soon as it is free. So the key of the backup gets the next name.
What a key is called means nothing to what it opens.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count

from sealer.backup.contents import Contents, KeptSecret, key_of
from sealer.keysecret import ACTIVE, DIGEST_KEY, KEY_LABEL
from sealer.keystate import is_legacy
from sealer.manifest import Secret
from sealer_keys.fingerprint import Fingerprint
from sealer_keys.private_key import KeyPair

# Room for a number, below what a file system and the API server take.
_LONGEST = 240


@dataclass(frozen=True, slots=True)
class Arrival:
    """A Secret that is to be written.

    Attributes:
        kept: The Secret, as it is to be called.
        former: What the backup calls it, if that is taken; else empty.
    """

    kept: KeptSecret
    former: str = ""


def arrivals(
    contents: Contents, keys: Iterable[Secret], find: Callable[[str], Secret | None]
) -> list[Arrival]:
    """Return what of a backup is to be written to a place.

    Left out is what is there: the same key under any name, the same data under its own, and a
    digest key, of which there is only one.

    Args:
        contents: The backup.
        keys: The key Secrets that the place has.
        find: Returns the Secret of a name, None for a name that is free.
    """
    known = {name for each in keys if (name := _fingerprint(each))}
    taken = {kept.secret.name for kept in contents.secrets}
    found: list[Arrival] = []
    for kept in contents.secrets:
        there = find(kept.secret.name)
        if _fingerprint(kept.secret) in known or _is_same(there, kept.secret):
            continue
        if there is None:
            found.append(Arrival(kept))
        elif (free := _free_name(kept.secret, taken, find)) is not None:
            taken.add(free)
            found.append(Arrival(_called(kept, free), kept.secret.name))
    return found


def _fingerprint(secret: Secret) -> Fingerprint | None:
    pair = key_of(secret)
    return pair.fingerprint if isinstance(pair, KeyPair) else None


def _is_same(there: Secret | None, secret: Secret) -> bool:
    return there is not None and (there.data == secret.data or secret.name == DIGEST_KEY)


def _free_name(
    secret: Secret, taken: Iterable[str], find: Callable[[str], Secret | None]
) -> str | None:
    """Return the next name that is free; None where one of them has this very Secret."""
    for name in _names(secret.name):
        if name not in taken:
            there = find(name)
            if there is None:
                return name
            if _is_same(there, secret):
                break
    return None


def _names(name: str) -> Iterator[str]:
    return (f"{name[:_LONGEST].rstrip('-.')}-{number}" for number in count(2))


def _called(kept: KeptSecret, name: str) -> KeptSecret:
    """Return a Secret under another name; one that is known by its name alone gets the label."""
    secret = kept.secret
    labels = {**secret.labels, KEY_LABEL: ACTIVE} if is_legacy(secret) else secret.labels
    return replace(kept, secret=replace(secret, name=name, labels=labels))
