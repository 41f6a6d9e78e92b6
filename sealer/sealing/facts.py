"""What a SealedSecret tells without a key: its items, their sizes, and which key sealed them."""

from collections.abc import Iterator
from dataclasses import dataclass

from sealer.documents import Stream
from sealer.errors import SealedValueError, Where
from sealer.manifest.places import place
from sealer.manifest.secret import DEFAULT_TYPE
from sealer.sealing.blobs import measure
from sealer.sealing.hints import read_hints
from sealer.sealing.recovery import PlacedSealedSecret


@dataclass(frozen=True, slots=True)
class NewestKey:
    """The key that a cluster seals with now.

    Attributes:
        name: Its short fingerprint.
        bits: The size of its modulus.
    """

    name: str
    bits: int


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """A sealed value, seen from outside.

    Attributes:
        key: The item's key; empty for the one value of the V1 format.
        where: Where it stands.
        length: Bytes of the plaintext.
        bits: Size of the RSA key that it is sealed with.
        sealed_with: Short fingerprint of that key; empty when it is not noted.
        fault: Why it cannot be a sealed value; empty when it can.
    """

    key: str
    where: Where
    length: int = 0
    bits: int = 0
    sealed_with: str = ""
    fault: str = ""

    def is_newest(self, newest: NewestKey | None) -> bool | None:
        """Tell whether the newest key sealed it; None when nobody knows."""
        if newest is None or self.fault:
            return None
        if self.sealed_with:
            return self.sealed_with == newest.name
        return None if self.bits == newest.bits else False


@dataclass(frozen=True, slots=True)
class Facts:
    """A SealedSecret, seen from outside.

    Attributes:
        where: Where it stands.
        scope: Its scope.
        type: The type of the Secret.
        items: Its sealed values, sorted by key.
        templates: The keys of the entries that a template engine fills in, sorted.
    """

    where: Where
    scope: str
    type: str
    items: tuple[ItemFacts, ...]
    templates: tuple[str, ...] = ()

    def is_newest(self, newest: NewestKey | None) -> bool | None:
        """Tell whether the newest key sealed every item; None when nobody knows."""
        answers = {item.is_newest(newest) for item in self.items}
        return False if False in answers else None if None in answers or not answers else True


def facts_of(stream: Stream, placed: PlacedSealedSecret, path: str) -> Facts:
    """Return what a SealedSecret of a file tells.

    Args:
        stream: The file.
        placed: The object.
        path: What to call the file.
    """
    sealed = placed.sealed
    return Facts(
        place(stream, placed.found)._replace(path=path),
        sealed.identity.scope.value,
        sealed.template.type or DEFAULT_TYPE,
        tuple(_items(stream, placed, path)),
        tuple(sorted(sealed.template.data)),
    )


def _items(stream: Stream, placed: PlacedSealedSecret, path: str) -> Iterator[ItemFacts]:
    sealed = placed.sealed
    hints = read_hints(sealed)
    for key, text in sorted(sealed.encrypted_data.items()):
        where = place(stream, placed.found, ("spec", "encryptedData", key))
        yield _item(key, text, where._replace(path=path, item=key), hints.get(key, ""))
    if sealed.legacy_data is not None:
        where = place(stream, placed.found, ("spec", "data"))
        yield _item("", sealed.legacy_data, where._replace(path=path, item="data"), "")


def _item(key: str, text: str, where: Where, sealed_with: str) -> ItemFacts:
    try:
        blob = measure(text)
    except SealedValueError as error:
        return ItemFacts(key, where, fault=error.message)
    return ItemFacts(key, where, blob.length, blob.bits, sealed_with)
