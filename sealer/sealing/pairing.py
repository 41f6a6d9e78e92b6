"""Which object of one version is which of another, when files and names may have changed."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from sealer.errors import Where
from sealer.manifest import SealedSecret
from sealer.sealing.hints import digest


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A SealedSecret as it stands in one version.

    Attributes:
        sealed: What it says.
        where: Where it stands.
        file: The file, relative to what is compared.
    """

    sealed: SealedSecret
    where: Where
    file: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """An object in both versions; None where it is missing."""

    before: Version | None
    after: Version | None


def pair_up(before: Sequence[Version], after: Sequence[Version]) -> Iterator[Pair]:
    """Yield the objects of two versions: those of the later one in order, then what is gone.

    An object is the same when file, namespace and name are; else when namespace and name are; else
    when it carries the same ciphertext, which is what a renamed object does.
    """
    gone = list(before)
    partners: dict[int, Version] = {}
    for mark in (_place_and_name, _name):
        _match(gone, [each for each in after if id(each) not in partners], mark, partners)
    for each in after:
        if id(each) not in partners:
            twin = next((old for old in gone if _ciphertexts(old) & _ciphertexts(each)), None)
            if twin is not None:
                gone.remove(twin)
                partners[id(each)] = twin
    yield from (Pair(partners.get(id(each)), each) for each in after)
    yield from (Pair(each, None) for each in gone)


def _match(
    gone: list[Version],
    after: Sequence[Version],
    mark: Callable[[Version], Hashable],
    partners: dict[int, Version],
) -> None:
    """Give each later object the first earlier one with the same mark, and take that away."""
    by_mark: dict[Hashable, list[Version]] = {}
    for old in gone:
        by_mark.setdefault(mark(old), []).append(old)
    for each in after:
        candidates = by_mark.get(mark(each))
        if candidates:
            partners[id(each)] = candidates.pop(0)
    taken = {id(old) for old in partners.values()}
    gone[:] = [old for old in gone if id(old) not in taken]


def _place_and_name(version: Version) -> Hashable:
    return (version.file, *_name(version))


def _name(version: Version) -> tuple[str, str]:
    return version.sealed.namespace, version.sealed.name


def _ciphertexts(version: Version) -> set[str]:
    return {digest(text) for text in version.sealed.encrypted_data.values()}
