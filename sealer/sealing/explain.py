"""Why a sealed value does not open: what was tried, and the place it was sealed for, if that shows.

RSA-OAEP does not tell a wrong key from a wrong place. So whoever holds the keys tries them on the
places that the value may come from: wider and narrower scopes, what the template says, the names
and namespaces round about. The search is bounded, because each try is a private-key operation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import chain, product

from sealer.envelope import Unwrap, open_value, unwrap_key
from sealer.errors import (
    CorruptCiphertextError,
    EncodingError,
    FrameError,
    IdentityError,
    NoMatchingKeyError,
    OtherSizeError,
    SealedValueError,
    SealerError,
    TemplateError,
)
from sealer.manifest import SealedSecret
from sealer.scope import Identity, OaepLabel, Scope
from sealer.wire import split
from sealer_keys.fingerprint import Fingerprint
from sealer_keys.keyring import Keyring

MAXIMUM_TRIES = 20_000
MAXIMUM_TRIES_PER_ITEM = 500
MAXIMUM_NEIGHBOURS = 1_000
_SEAL_ANEW = "it was cut or changed: restore it from git, or seal it anew"


class Cause(Enum):
    """Which layer keeps an object shut."""

    ENCODING = "encoding"
    FRAME = "frame"
    NO_KEY = "no-key"
    IDENTITY = "identity"
    CORRUPT = "corrupt"
    TEMPLATE = "template"


_CAUSES: tuple[tuple[type[SealerError], Cause], ...] = (
    (EncodingError, Cause.ENCODING),
    (OtherSizeError, Cause.NO_KEY),
    (FrameError, Cause.FRAME),
    (CorruptCiphertextError, Cause.CORRUPT),
    (NoMatchingKeyError, Cause.NO_KEY),
    (IdentityError, Cause.IDENTITY),
    (TemplateError, Cause.TEMPLATE),
)
_HINTS = {
    **dict.fromkeys((Cause.ENCODING, Cause.FRAME, Cause.CORRUPT), _SEAL_ANEW),
    Cause.NO_KEY: "it was sealed for another cluster, or with a key that is not at hand",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an item does not open.

    Attributes:
        cause: Which layer refuses.
        message: What is wrong, one sentence without a full stop.
        hint: What to do about it, or an empty string.
        tried: Fingerprints of the keys tried on the item as it stands, in order.
        sealed_for: Where it does open, or would if it were not damaged; None when not found.
        key: The key that opens it there.
    """

    cause: Cause
    message: str
    hint: str = ""
    tried: tuple[Fingerprint, ...] = ()
    sealed_for: Identity | None = None
    key: Fingerprint | None = None


@dataclass(slots=True)
class Neighbours:
    """Names and namespaces that a value may have been sealed for, the first of each kept."""

    namespaces: dict[str, None] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)

    def add(self, *, namespace: str = "", name: str = "") -> None:
        """Take in a namespace, a name, or both."""
        for text, known in ((namespace, self.namespaces), (name, self.names)):
            if text and len(known) < MAXIMUM_NEIGHBOURS:
                known[text] = None


class Search:
    """Finds the places that values were sealed for, with a bounded number of tries.

    Args:
        keyring: The keys to try.
        neighbours: Where to look beside the object itself.
        tries: How many private-key operations all of it may take.
        unwrap: Uses a private key on the first part of a value.
    """

    def __init__(
        self,
        keyring: Keyring,
        neighbours: Neighbours | None = None,
        *,
        tries: int = MAXIMUM_TRIES,
        unwrap: Unwrap = unwrap_key,
    ) -> None:
        self._keyring = keyring
        self._neighbours = neighbours or Neighbours()
        self._tries = tries
        self._unwrap = unwrap
        self._found: dict[Identity, Identity] = {}

    def explain(self, sealed: SealedSecret, text: str, fault: SealerError) -> Explanation:
        """Return why an item does not open.

        Args:
            sealed: The object that holds it.
            text: The item's value.
            fault: What `open_value` raised for it.
        """
        cause = next((cause for kind, cause in _CAUSES if isinstance(fault, kind)), Cause.FRAME)
        tried: tuple[Fingerprint, ...] = ()
        if isinstance(fault, NoMatchingKeyError):
            tried = tuple(map(Fingerprint, fault.tried))
        if cause in (Cause.NO_KEY, Cause.IDENTITY):
            for place in self._affordable_places(sealed, text):
                key, is_damaged = self._try(text, place)
                if key is not None or is_damaged:
                    self._found[sealed.identity] = place
                    return _elsewhere(sealed, place, key, tried, is_damaged=is_damaged)
        return Explanation(cause, fault.message, fault.hint or _HINTS.get(cause, ""), tried)

    def _affordable_places(self, sealed: SealedSecret, text: str) -> Iterator[Identity]:
        """Yield where the value may come from, while there are tries left."""
        try:
            length = len(split(text).wrapped_key)
        except SealedValueError:
            return
        cost = sum(1 for _ in self._keyring.candidates(length))
        left = MAXIMUM_TRIES_PER_ITEM if cost else 0
        before = self._found.get(sealed.identity)
        for place in _places(sealed, before, self._neighbours):
            if min(left, self._tries) < cost or not cost:
                return
            left -= cost
            self._tries -= cost
            yield place

    def _try(self, text: str, place: Identity) -> tuple[Fingerprint | None, bool]:
        """Return which key opens a value at a place, and whether the value is damaged there."""
        try:
            return open_value(text, self._keyring, place, unwrap=self._unwrap).key, False
        except CorruptCiphertextError:
            return None, True
        except SealerError:
            return None, False


def _places(
    sealed: SealedSecret, before: Identity | None, neighbours: Neighbours
) -> Iterator[Identity]:
    """Yield the places to try, likely ones first, each label once and never the object's own."""
    seen: set[OaepLabel | None] = {None, _label(sealed.identity)}
    found = () if before is None else (before,)
    for place in chain(found, _near(sealed), _far(sealed, neighbours)):
        label = _label(place)
        if label not in seen:
            seen.add(label)
            yield place


def _label(place: Identity) -> OaepLabel | None:
    try:
        return place.label
    except IdentityError:
        return None


def _near(sealed: SealedSecret) -> Iterator[Identity]:
    """Yield what the object itself says: its other scopes, its template's name and namespace."""
    template = sealed.template
    own = (sealed.namespace, sealed.name)
    named = (template.namespace or sealed.namespace, template.name or sealed.name)
    for (namespace, name), scope in product((own, named), Scope):
        yield Identity(scope, namespace, name)


def _far(sealed: SealedSecret, neighbours: Neighbours) -> Iterator[Identity]:
    """Yield what lies round about: moved, renamed, copied from a neighbour, moved and renamed."""
    for namespace in neighbours.namespaces:
        yield Identity(Scope.STRICT, namespace, sealed.name)
    for name in neighbours.names:
        yield Identity(Scope.STRICT, sealed.namespace, name)
    for namespace in neighbours.namespaces:
        yield Identity(Scope.NAMESPACE_WIDE, namespace, sealed.name)
    for namespace, name in product(neighbours.namespaces, neighbours.names):
        yield Identity(Scope.STRICT, namespace, name)


def _elsewhere(
    sealed: SealedSecret,
    place: Identity,
    key: Fingerprint | None,
    tried: tuple[Fingerprint, ...],
    *,
    is_damaged: bool,
) -> Explanation:
    own = sealed.identity
    message = f"sealed for {place}, this object is {own}"
    if place.scope is not own.scope:
        message = (
            f"sealed for {place} ({place.scope.value}), "
            f"this object is {sealed.namespace}/{sealed.name} ({own.scope.value})"
        )
    if is_damaged:
        return Explanation(Cause.CORRUPT, f"{message}; and it is damaged", _SEAL_ANEW, tried, place)
    return Explanation(Cause.IDENTITY, message, _remedy(sealed, place), tried, place, key)


def _remedy(sealed: SealedSecret, place: Identity) -> str:
    """Return how the object can be made the one that the value was sealed for."""
    widened = replace(sealed.identity, scope=place.scope)
    if place.scope is not Scope.STRICT and _label(widened) == _label(place):
        (annotation,) = place.scope.annotations
        return f'give the object the annotation {annotation}: "true", or seal the value anew'
    if (place.namespace, place.name) == (sealed.namespace, sealed.name):
        return "take the scope's annotation from the object, or seal the value anew"
    return "give the object that name and namespace, or seal the value anew"
