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
from sealer.keystate import is_legacy, state_of
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
    """Return what of a backup is to be written to a place; no two have one name.

    Left out is what is there: the same key under any name, the same data under its own, and a
    digest key, of which there is only one. A backup of several places may have a name twice: the
    same key is written once, and another one gets the next name that is free.

    Args:
        contents: The backup.
        keys: The key Secrets that the place has.
        find: Returns the Secret of a name, None for a name that is free.
    """
    known = {key for each in keys if (key := _fingerprint(each))}
    taken = {kept.secret.name for kept in contents.secrets}
    found: list[Arrival] = []
    for kept in contents.secrets:
        name = kept.secret.name
        there, twins = find(name), [each for each in found if name == _first_name(each)]
        if _fingerprint(kept.secret) in known or _is_same(there, kept.secret):
            continue
        if any(_is_twin(each.kept.secret, kept.secret) for each in twins):
            continue
        if there is None and not twins:
            found.append(Arrival(kept))
        elif (free := _free_name(kept.secret, taken, find)) is not None:
            taken.add(free)
            found.append(Arrival(_called(kept, free), name))
    return found


def _fingerprint(secret: Secret) -> Fingerprint | None:
    pair = key_of(secret)
    return pair.fingerprint if isinstance(pair, KeyPair) else None


def _is_same(there: Secret | None, secret: Secret) -> bool:
    return there is not None and (there.data == secret.data or secret.name == DIGEST_KEY)


def _first_name(arrival: Arrival) -> str:
    return arrival.former or arrival.kept.secret.name


def _is_twin(other: Secret, secret: Secret) -> bool:
    """Tell whether two of a name in a backup are one; a mark as compromised is not lost."""
    if secret.name == DIGEST_KEY:
        return True
    key = _fingerprint(secret)
    is_same = other.data == secret.data or (key is not None and key == _fingerprint(other))
    return is_same and state_of(other) == state_of(secret)


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
