"""What changed between two versions of SealedSecrets, told without decrypting.

A value that was sealed anew may be the same or another one: nobody without the key can tell. A
ciphertext that stands under another item or object is told as moved, because it opens there only if
that was meant (threats.md T1).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from sealer.errors import SealedValueError, Where
from sealer.manifest import SealedSecret
from sealer.manifest.secret import DEFAULT_TYPE
from sealer.scope import SCOPE_ANNOTATIONS
from sealer.sealing.hints import SEALING_KEYS, digest, read_hints
from sealer.sealing.pairing import Pair, Version, pair_up
from sealer.sealing.summary import describe


class Act(Enum):
    """What happened to something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RESEALED = "re-sealed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """Something of an object that changed.

    Attributes:
        what: What it is: `item`, `scope`, `label`, `template annotation` and the like.
        act: What happened to it.
        key: Which one, where there are several.
        before: What it was, in words that may be shown; empty when that is not told.
        after: What it is, likewise.
    """

    what: str
    act: Act
    key: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """A SealedSecret that changed.

    Attributes:
        namespace: Its namespace; the new one where that changed.
        name: Its name; the new one where that changed.
        before: Where it stood; None when it is new.
        after: Where it stands; None when it is gone.
        changes: What changed of it; for one that is new or gone, its items.
    """

    namespace: str
    name: str
    before: Where | None
    after: Where | None
    changes: tuple[Change, ...]

    @property
    def act(self) -> Act:
        """What happened to the object as a whole."""
        if self.before is None:
            return Act.ADDED
        return Act.REMOVED if self.after is None else Act.CHANGED


def compare(before: Sequence[Version], after: Sequence[Version]) -> list[ObjectChange]:
    """Return the objects that differ between two versions, in the order of the later one."""
    origins = _origins(before)
    results = []
    for pair in pair_up(before, after):
        changes = tuple(_changes(pair, origins))
        if changes or pair.before is None or pair.after is None:
            version = pair.after or pair.before
            if version is not None:
                was = pair.before.where if pair.before else None
                now = pair.after.where if pair.after else None
                sealed = version.sealed
                results.append(ObjectChange(sealed.namespace, sealed.name, was, now, changes))
    return results


_Origins = Mapping[str, tuple[SealedSecret, str]]  # by digest: the object and item it stood in


def _origins(versions: Sequence[Version]) -> _Origins:
    return {
        digest(text): (each.sealed, key)
        for each in versions
        for key, text in each.sealed.encrypted_data.items()
    }


def _changes(pair: Pair, origins: _Origins) -> Iterator[Change]:
    before = pair.before.sealed if pair.before else _nothing_of(pair.after)
    after = pair.after.sealed if pair.after else _nothing_of(pair.before)
    if pair.before and pair.after:
        yield from _value("namespace", before.namespace, after.namespace)
        yield from _value("name", before.name, after.name)
        yield from _value("scope", before.identity.scope.value, after.identity.scope.value)
        yield from _value("type", _type(before), _type(after))
        yield from _value("immutable", _flag(before), _flag(after))
    yield from _items(before, after, origins)
    yield from _keys("template entry", before.template.data, after.template.data)
    if pair.before and pair.after:
        yield from _metadata(before, after)
        yield from _keys("V1 value", _legacy(before), _legacy(after))


def _nothing_of(version: Version | None) -> SealedSecret:
    """Return an object without anything, to compare one with that is new or gone."""
    sealed = version.sealed if version else SealedSecret("", "", {})
    return SealedSecret(sealed.namespace, sealed.name, {})


def _items(before: SealedSecret, after: SealedSecret, origins: _Origins) -> Iterator[Change]:
    for key in _in_order(before.encrypted_data, after.encrypted_data):
        old, new = before.encrypted_data.get(key), after.encrypted_data.get(key)
        if new is None:
            yield Change("item", Act.REMOVED, key, before=_told(before, key))
        elif old is None or digest(old) != digest(new):
            act = Act.ADDED if old is None else Act.RESEALED
            was = "" if old is None else _told(before, key)
            origin = origins.get(digest(new))
            if origin is not None:
                act, was = Act.MOVED, _named(origin, after)
            yield Change("item", act, key, was, _told(after, key))


def _named(origin: tuple[SealedSecret, str], here: SealedSecret) -> str:
    """Return where a ciphertext stood, as seen from another object."""
    sealed, key = origin
    if (sealed.namespace, sealed.name) == (here.namespace, here.name):
        return f"item {key}"
    return f"item {key} of {f'{sealed.namespace}/{sealed.name}'.removeprefix('/')}"


def _told(sealed: SealedSecret, key: str) -> str:
    try:
        return describe(sealed.encrypted_data[key], read_hints(sealed).get(key, ""))
    except SealedValueError:
        return "not sealed"


def _metadata(before: SealedSecret, after: SealedSecret) -> Iterator[Change]:
    old, new = before.template, after.template
    yield from _value("template name", old.name, new.name)
    yield from _value("template namespace", old.namespace, new.namespace)
    yield from _keys("label", before.labels, after.labels, shows_values=True)
    yield from _keys("template label", old.labels, new.labels, shows_values=True)
    known = (SEALING_KEYS, *SCOPE_ANNOTATIONS)  # told with the items, and as the scope
    yield from _keys(
        "annotation", _without(before.annotations, known), _without(after.annotations, known)
    )
    yield from _keys("template annotation", old.annotations, new.annotations)


def _value(what: str, before: str, after: str) -> Iterator[Change]:
    if before != after:
        act = Act.ADDED if not before else Act.CHANGED if after else Act.REMOVED
        yield Change(what, act, before=before, after=after)


def _keys(
    what: str, before: Mapping[str, str], after: Mapping[str, str], *, shows_values: bool = False
) -> Iterator[Change]:
    """Yield the keys that differ; the values only where nobody would put a secret."""
    for key in _in_order(before, after):
        old, new = before.get(key), after.get(key)
        if old != new:
            act = Act.ADDED if old is None else Act.REMOVED if new is None else Act.CHANGED
            shown = (old or "", new or "") if shows_values else ("", "")
            yield Change(what, act, key, *shown)


def _in_order(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted({*before, *after})


def _without(annotations: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    return {key: text for key, text in annotations.items() if key not in keys}


def _legacy(sealed: SealedSecret) -> dict[str, str]:
    return {} if sealed.legacy_data is None else {"": sealed.legacy_data}


def _type(sealed: SealedSecret) -> str:
    return sealed.template.type or DEFAULT_TYPE


def _flag(sealed: SealedSecret) -> str:
    return str(sealed.template.immutable or False).lower()
