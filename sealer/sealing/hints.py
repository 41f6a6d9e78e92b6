"""Which key sealed which item, noted beside the ciphertext in an annotation.

The note is advice: controllers and kubeseal ignore it, and a wrong one costs a try. Each item
carries a digest of its ciphertext, so that a value that another tool replaced counts as unknown
and is not told wrongly (cli.md 3).
"""

import json
from collections.abc import Collection, Mapping
from hashlib import sha256
from types import MappingProxyType

from sealer.manifest import SealedSecret
from sealer_keys.fingerprint import Fingerprint, short

SEALING_KEYS = "sealer.dev/sealing-keys"
_DIGEST_LENGTH = 12
_NOTHING: Mapping[str, str] = MappingProxyType({})
_Notes = dict[str, tuple[str, str]]  # item: short fingerprint, digest


def read_hints(sealed: SealedSecret) -> dict[str, str]:
    """Return the short fingerprint of the key that sealed each item, as far as it is known.

    An item whose ciphertext is not the noted one is left out; an annotation that cannot be read
    says nothing.
    """
    noted = _parse(sealed.annotations.get(SEALING_KEYS, ""))
    return {
        item: noted[item][0]
        for item, text in sealed.encrypted_data.items()
        if item in noted and noted[item][1] == digest(text)
    }


def read_digests(sealed: SealedSecret) -> dict[str, str]:
    """Return the digest that is noted for each item, whether or not it fits what stands there."""
    noted = _parse(sealed.annotations.get(SEALING_KEYS, ""))
    return {item: noted_digest for item, (_, noted_digest) in noted.items()}


def write_hints(items: Mapping[str, tuple[str, str]]) -> str:
    """Return the annotation for items.

    Args:
        items: The sealed text, and the fingerprint of the key that sealed it (or its short form),
            by item key.
    """
    return _format(
        {item: (short(Fingerprint(key)), digest(text)) for item, (text, key) in items.items()}
    )


def updated(
    text: str,
    *,
    values: Mapping[str, str] = _NOTHING,
    key: str | None = None,
    removed: Collection[str] = (),
    renamed: Mapping[str, str] = _NOTHING,
) -> str:
    """Return an annotation after items were changed; what it says of the others stays.

    Args:
        text: The annotation.
        values: New sealed texts by item key.
        key: Fingerprint of the key that sealed these, or its short form; None when unknown.
        removed: Item keys that are gone.
        renamed: New item keys by the old ones.
    """
    before = _parse(text)
    gone = {*removed, *renamed, *renamed.values(), *values}
    after = {item: note for item, note in before.items() if item not in gone}
    after |= {new: before[old] for old, new in renamed.items() if old in before}
    if key is not None:
        after |= {item: (short(Fingerprint(key)), digest(text)) for item, text in values.items()}
    return _format(after)


def _parse(text: str) -> _Notes:
    """Return what an annotation notes; anyone may have written it, so nothing in it is an error."""
    try:
        keys = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    notes: _Notes = {}
    contradicted: set[str] = set()
    for key, items in keys.items() if isinstance(keys, dict) else ():
        for item, noted in items.items() if isinstance(items, dict) else ():
            if item in notes:
                contradicted.add(item)
            if isinstance(noted, str):
                notes[item] = (key, noted)
    return {item: note for item, note in notes.items() if item not in contradicted}


def _format(notes: _Notes) -> str:
    keys: dict[str, dict[str, str]] = {}
    for item, (key, noted) in notes.items():
        keys.setdefault(key, {})[item] = noted
    return json.dumps(keys, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """Return the short digest of a sealed text; line ends, which base64 ignores, do not count."""
    data = text.translate({10: None, 13: None}).encode(errors="surrogatepass")
    return sha256(data).hexdigest()[:_DIGEST_LENGTH]
