"""A SealedSecret is opened item by item; one bad item means no Secret (compat.md 1.3, 2.2)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sealer.envelope import Opened, Unwrap, open_value, unwrap_key
from sealer.errors import (
    EncodingError,
    FrameError,
    ManyErrors,
    SealedValueError,
    SealerError,
    TemplateError,
    UnsealError,
)
from sealer.manifest.sealedsecret import SealedSecret
from sealer.manifest.secret import Secret, read_secret
from sealer.rendered import Rendered
from sealer.sealing.hints import read_hints
from sealer.sealing.spread import Spread
from sealer.sensitive import SecretBytes
from sealer_keys.fingerprint import Fingerprint, short
from sealer_keys.keyring import Keyring

T = TypeVar("T")
NO_KEY = "no key could decrypt secret"
_V1_ITEM = ""
_DEPRECATED = "using deprecated 'data' field, use 'encryptedData' or flip the feature flag"
BOTH_FORMATS = (
    "cannot use the field 'encryptedData' and the deprecated field 'data' at the same time"
)

Renderer = Callable[[Mapping[str, str], Mapping[str, SecretBytes]], Rendered]


@dataclass(frozen=True, slots=True)
class UnsealOptions:
    """How a SealedSecret is opened.

    Attributes:
        accept_v1: Open the format of before 2019 too, one value for the whole Secret.
        first: A hint which key to try first, by item key.
        spread: Applies a function to every item key; a thread pool's `map` uses all cores.
        render: Renders `spec.template.data` over the opened items; None where there is no engine.
        unwrap: Uses a private key on the first part of a value.
    """

    accept_v1: bool = True
    first: Mapping[str, Fingerprint] | None = None
    spread: Spread = map
    render: Renderer | None = None
    unwrap: Unwrap = unwrap_key


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A SealedSecret, opened.

    Attributes:
        secret: The Secret to produce, without owner references of ours.
        keys: Which key opened each item; the empty key stands for a V1 value.
    """

    secret: Secret
    keys: Mapping[str, Fingerprint]


def unseal_secret(
    sealed: SealedSecret, keyring: Keyring, options: UnsealOptions | None = None
) -> Unsealed:
    """Open a SealedSecret.

    Name and namespace are the object's own, whatever its template says. Items that are for
    templates alone are left out where one has used them (controller.md 8).

    Raises:
        UnsealError: It does not open. The message is the original's; `faults` tells what is wrong
            with each item.
    """
    options = options or UnsealOptions()
    if sealed.legacy_data is not None:
        return _unseal_v1(sealed, sealed.legacy_data, keyring, options)
    opened = refuse_faults(open_items(sealed, keyring, options))
    data = {key: value.plaintext for key, value in opened.items()}
    rendered = _render(sealed, data, options.render)
    hidden = sealed.template_only & rendered.used
    kept = {key: value for key, value in data.items() if key not in hidden}
    # An item is never replaced by a template entry of the same name (compat.md 2.3).
    data = {**rendered.entries, **kept}
    template = sealed.template
    secret = Secret(
        namespace=sealed.namespace,
        name=sealed.name,
        data=data,
        type=template.type,
        immutable=template.immutable,
        labels=template.labels,
        annotations=template.annotations,
        finalizers=template.finalizers,
        owner_references=template.owner_references if template.skips_owner else (),
    )
    return Unsealed(secret, {key: value.key for key, value in opened.items()})


def open_items(
    sealed: SealedSecret, keyring: Keyring, options: UnsealOptions | None = None
) -> dict[str, Opened | SealerError]:
    """Try to open every item, and return what came of each by item key, sorted.

    The one value of the V1 format has the empty key. No error is raised for an item.
    """
    options = options or UnsealOptions()
    identity = sealed.identity
    first = options.first or {}
    texts = sealed_texts(sealed)
    # Items of one object mostly share a key, and to find it can take a try of each.
    found: list[Fingerprint] = []

    def attempt(key: str) -> Opened | SealerError:
        if key in sealed.odd_items:
            return FrameError(f"the value must be a string and is {sealed.odd_items[key]}")
        likely = first.get(key) or (found[-1] if found else None)
        try:
            opened = open_value(texts[key], keyring, identity, first=likely, unwrap=options.unwrap)
        except SealerError as error:
            return error
        found.append(opened.key)
        return opened

    keys = sorted(texts)
    # Side by side the items would all search for the same key.
    leaders = [] if len(keyring) == 1 or first.keys() >= texts.keys() else keys[:1]
    results = [*options.spread(attempt, leaders), *options.spread(attempt, keys[len(leaders) :])]
    return dict(zip(keys, results, strict=True))


def first_tries(sealed: SealedSecret, keyring: Keyring) -> dict[str, Fingerprint]:
    """Return which key to try first for each item that has a hint which key sealed it."""
    known = {short(key.fingerprint): key.fingerprint for key in keyring}
    hints = read_hints(sealed)
    return {item: known[hint] for item, hint in hints.items() if hint in known}


def sealed_texts(sealed: SealedSecret) -> dict[str, str]:
    """Return the sealed values by item key; the one of the V1 format has the empty key."""
    legacy = {} if sealed.legacy_data is None else {_V1_ITEM: sealed.legacy_data}
    return legacy | dict(sealed.encrypted_data)


def refuse_faults(results: Mapping[str, T | SealerError]) -> dict[str, T]:
    """Return what came of the items or entries, where no fault is among it.

    Raises:
        UnsealError: An item does not open, or an entry cannot be rendered.
    """
    faults = {key: each for key, each in results.items() if isinstance(each, SealerError)}
    if faults:
        raise UnsealError(_summary(faults), faults=faults)
    return {key: each for key, each in results.items() if not isinstance(each, SealerError)}


def _summary(faults: Mapping[str, SealerError]) -> str:
    """Return the original's message: equal texts merged, item keys behind them, sorted."""
    keys_by_text: dict[str, list[str]] = {}
    for key, fault in sorted(faults.items()):
        keys_by_text.setdefault(_original_text(fault), []).append(key)
    return "\n".join(f"{text} ({', '.join(keys)})" for text, keys in keys_by_text.items())


def _original_text(fault: SealerError) -> str:
    """Return what the original says: it tells bad base64 apart, and nothing else."""
    if isinstance(fault, SealedValueError) and not isinstance(fault, EncodingError):
        return NO_KEY
    return fault.message


def _render(
    sealed: SealedSecret, data: Mapping[str, SecretBytes], render: Renderer | None
) -> Rendered:
    entries = sealed.template.data
    if not entries:
        return Rendered()
    rendered = (render or _refuse)(entries, data)
    refuse_faults(rendered.faults)
    return rendered


def _refuse(entries: Mapping[str, str], _data: Mapping[str, SecretBytes]) -> Rendered:
    error = TemplateError(
        "spec.template.data cannot be rendered by this version",
        entry=min(entries),
        hint="take the template out of the object; docs/limitations.md says more",
    )
    return Rendered(faults={error.entry: error})


def _unseal_v1(
    sealed: SealedSecret, text: str, keyring: Keyring, options: UnsealOptions
) -> Unsealed:
    """Open the V1 format: one value that holds the whole Secret as JSON (compat.md 1.7)."""
    if not options.accept_v1:
        raise UnsealError(_DEPRECATED)
    if sealed.encrypted_data:
        raise UnsealError(BOTH_FORMATS)
    try:
        first = (options.first or {}).get(_V1_ITEM)
        opened = open_value(text, keyring, sealed.identity, first=first, unwrap=options.unwrap)
    except SealerError as error:
        raise UnsealError(_original_text(error), faults={_V1_ITEM: error}) from error
    secret = replace(
        _read_v1(opened.plaintext),
        namespace=sealed.namespace,
        name=sealed.name,
        owner_references=(),
    )
    return Unsealed(secret, {_V1_ITEM: opened.key})


def _read_v1(plaintext: SecretBytes) -> Secret:
    try:
        manifest = json.loads(plaintext.reveal())
        # Old writers left kind and apiVersion out where the Go type said it all.
        return read_secret({"apiVersion": "v1", "kind": "Secret"} | manifest)
    except (ValueError, TypeError, RecursionError):
        raise UnsealError("the V1 value opens and holds no Secret") from None
    except (SealerError, ManyErrors) as error:
        # The error's own text may name fields of the plaintext, so only the fact is told.
        raise UnsealError("the V1 value opens and holds no Secret") from error
