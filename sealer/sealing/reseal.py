"""SealedSecrets are sealed anew with the newest key; of a file, only the ciphertexts change.

How an object is renewed is given: with the private keys (below), or by a controller that has them
(`sealer.sealing.rotation`). An object is renewed with all its items, or not at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sealer.documents import Stream
from sealer.envelope import open_value, seal_value
from sealer.errors import FrameError, NoMatchingKeyError, SealerError, UnsealError, Where
from sealer.manifest import SealedSecret
from sealer.manifest.fields import FieldError
from sealer.manifest.places import place, placed
from sealer.scope import Scope
from sealer.sealing.amend import Amendment, amend
from sealer.sealing.hints import read_hints
from sealer.sealing.recovery import PlacedSealedSecret, find_sealed_secrets, item_faults
from sealer.sealing.spread import Spread
from sealer.sealing.unseal import UnsealOptions, first_tries, open_items, refuse_faults
from sealer_keys.certificate import Certificate
from sealer_keys.fingerprint import Fingerprint, short
from sealer_keys.keyring import Keyring

_NOTHING: Mapping[str, str] = MappingProxyType({})
_NewText = str | None  # None: the item stays as it is


@dataclass(frozen=True, slots=True)
class Renewal:
    """What comes of the items of an object.

    Attributes:
        values: New sealed texts by item key.
        kept: The items that the newest key sealed already.
        unknown: The items that stay because nobody can tell which key sealed them.
        key: Which key seals the new texts; None when that is not known.
        opened_by: Which key opened the items, one of those that did; None when none was opened.
    """

    values: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    kept: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    key: Fingerprint | None = None
    opened_by: Fingerprint | None = None


Renew = Callable[[SealedSecret], Renewal]


@dataclass(frozen=True, slots=True)
class RenewedObject:
    """A SealedSecret of a file, and what came of it.

    Attributes:
        where: Where it stands.
        scope: Its scope.
        renewal: What comes of its items; None where it stays as it is because of a fault.
        faults: Why.
    """

    where: Where
    scope: Scope
    renewal: Renewal | None
    faults: tuple[SealerError, ...] = ()


@dataclass(frozen=True, slots=True)
class RenewedStream:
    """A file with its SealedSecrets sealed anew.

    Attributes:
        data: The new file; the old one where nothing had to be done.
        objects: Its SealedSecrets, in order.
    """

    data: bytes
    objects: tuple[RenewedObject, ...]


def reseal_stream(data: bytes, renew: Renew, *, lenient: bool = False) -> RenewedStream:
    """Seal every SealedSecret of a file anew; what is wrong with one does not keep the others.

    Args:
        data: The file.
        renew: Renews the items of an object; may raise any `SealerError`.
        lenient: The file was found in a folder and may be anything.

    Raises:
        InputError: The file cannot be used, or not be edited without changing anything else.
        ManyErrors: There are several faults.
    """
    surveyed, every = find_sealed_secrets(data, lenient=lenient)
    objects = tuple(_renewed(surveyed.stream, each, renew) for each in every)
    amendments = [
        Amendment(each, values=renewed.renewal.values, key=renewed.renewal.key)
        for each, renewed in zip(every, objects, strict=True)
        if renewed.renewal is not None and renewed.renewal.values
    ]
    return RenewedStream(amend(surveyed.stream, amendments) if amendments else data, objects)


def renew_with_keys(
    sealed: SealedSecret,
    keyring: Keyring,
    target: Certificate,
    *,
    likely: Fingerprint | None = None,
    spread: Spread = map,
) -> Renewal:
    """Seal every item anew that the target's key does not open. Plaintext is never kept.

    What `sealer.dev/sealing-keys` says orders the tries. It is believed only where the target's
    private key is not at hand and none that is opens the item.

    Args:
        sealed: The object.
        keyring: The private keys.
        target: The certificate to seal with.
        likely: The key to try first where there is no hint: the one that opened the object before.
        spread: Applies a function to every item key; a thread pool's `map` uses all cores.

    Raises:
        UnsealError: An item does not open; `faults` tells which, and what was tried.
        FieldError: The object is in the V1 format and not sealed with the target's key.
        IdentityError: Its name or namespace is not legal.
    """
    identity = sealed.identity
    identity.label  # noqa: B018 - refuses illegal names once, and not for every item
    if sealed.legacy_data is not None:
        return _keep_v1(sealed, keyring, target)
    hints = read_hints(sealed)
    first = first_tries(sealed, keyring)
    is_blind = keyring.get(target.fingerprint) is None
    opened_by: Fingerprint | None = None

    def renew(item: str) -> _NewText | SealerError:
        nonlocal opened_by
        try:
            text = sealed.encrypted_data[item]
            opened = open_value(text, keyring, identity, first=first.get(item, opened_by or likely))
        except (NoMatchingKeyError, FrameError) as error:
            is_done = is_blind and hints.get(item) == short(target.fingerprint)
            return None if is_done else error
        except SealerError as error:
            return error
        opened_by = opened.key
        if opened.key == target.fingerprint:
            return None
        return seal_value(opened.plaintext, target.public_key, identity)

    items = sorted(sealed.encrypted_data)
    texts = refuse_faults(dict(zip(items, spread(renew, items), strict=True)))
    values = {item: text for item, text in texts.items() if text is not None}
    kept = tuple(item for item in items if item not in values)
    return Renewal(values, kept, key=target.fingerprint, opened_by=opened_by)


def refuse_v1(sealed: SealedSecret) -> None:
    """Refuse the V1 format, whose one value cannot be sealed anew where it stands.

    Raises:
        FieldError: The object has `spec.data`.
    """
    if sealed.legacy_data is not None:
        raise FieldError(
            "spec.data of the format before 2019 cannot be sealed anew in place",
            ("spec", "data"),
            hint="unseal the object and seal the Secret: sealer unseal FILE --keys KEYS, sealer "
            "seal",
        )


def _keep_v1(sealed: SealedSecret, keyring: Keyring, target: Certificate) -> Renewal:
    opened = refuse_faults(open_items(sealed, keyring, UnsealOptions()))
    if any(each.key != target.fingerprint for each in opened.values()):
        refuse_v1(sealed)
    return Renewal(kept=tuple(opened))


def _renewed(stream: Stream, each: PlacedSealedSecret, renew: Renew) -> RenewedObject:
    where, scope = place(stream, each.found), each.sealed.identity.scope
    try:
        with placed(stream, each.found):
            return RenewedObject(where, scope, renew(each.sealed))
    except UnsealError as error:
        return RenewedObject(where, scope, None, tuple(item_faults(stream, each.found, error)))
    except SealerError as error:
        return RenewedObject(where, scope, None, (error,))
