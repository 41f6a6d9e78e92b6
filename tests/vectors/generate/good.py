"""The cases that open: every scope, key size and kind of bytes, and what is easily got wrong."""

import json
from collections.abc import Iterator

from tests.vectors.generate.case import Case, encode, good
from tests.vectors.generate.place import ANYWHERE, LEGAL, SHOP, SHOP_DB, Place
from tests.vectors.generate.recipe import Recipe, recipe
from tests.vectors.generate.rsa import VectorKey, derived

_SCOPES = {"strict": SHOP_DB, "namespace-wide": SHOP, "cluster-wide": ANYWHERE}
_BYTES = {
    "all-bytes": bytes(range(256)),
    "no-utf-8": b"\xff\xfe\x80\xc3(\xf0\x9f",
    "zeros": bytes(40),
    "line-end-at-the-end": b"hunter2\n",
    "utf-16": "hunter2".encode("utf-16"),
    "base64-inside": b"aHVudGVyMg==",
    "longer-than-16-bits-can-count": derived("a long value", 65_537),
    "whole-secret-of-the-older-format": json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "db", "namespace": "shop"},
            "data": {"password": "aHVudGVyMg=="},
        }
    ).encode(),
}


def good_cases(keys: dict[str, VectorKey]) -> Iterator[Case]:
    """Return the cases that open."""
    small = keys["rsa2048"]
    for length in range(65):
        yield _case(f"length-{length}", small, SHOP_DB, derived("lengths", length))
    for key in keys.values():
        for scope, place in _SCOPES.items():
            for length in (0, 1, 16, 255, 1000):
                plaintext = derived("scopes", length)
                yield _case(f"{key.name}-{scope}-{length}", key, place, plaintext)
    for name, plaintext in _BYTES.items():
        yield _case(name, small, SHOP_DB, plaintext)
    for name, place in LEGAL.items():
        yield _case(f"label-{name}", small, place, b"seven b")
    yield from _reaching(small)
    yield from _edges(small)
    yield from _lenient(small)
    for others in (("stranger",), ("rsa3072", "rsa4096"), ("rsa4096", "stranger", "rsa3072")):
        name = f"held-with-{'-'.join(others)}"
        yield good(name, recipe(name, small, b"shop/db", b"seven b"), SHOP_DB, *others)


def _case(name: str, key: VectorKey, place: Place, plaintext: bytes) -> Case:
    return good(name, recipe(name, key, _label(place), plaintext), place)


def _label(place: Place) -> bytes:
    assert place.label is not None
    return place.label


def _reaching(key: VectorKey) -> Iterator[Case]:
    """Return values that open at another place than they were sealed at, as their scope says."""
    for name, place in {
        "namespace-wide-opens-under-another-name": Place(
            "shop", "other", b"shop", SHOP.annotations
        ),
        "cluster-wide-opens-elsewhere": Place("other", "thing", b"", ANYWHERE.annotations),
    }.items():
        yield _case(name, key, place, b"seven b")


def _edges(key: VectorKey) -> Iterator[Case]:
    """Return values whose parts begin with zeros, which integers do not keep."""
    plain = recipe("edges", key, b"shop/db", b"seven b")
    yield good("content-key-of-zeros", plain.but(content_key=bytes(32)), SHOP_DB)
    yield good(
        "content-key-begins-with-zero",
        plain.but(content_key=b"\x00" + plain.content_key[1:]),
        SHOP_DB,
    )
    yield good("seed-of-zeros", plain.but(seed=bytes(32)), SHOP_DB)
    yield good("wrapped-key-begins-with-zero", begins_with_zero(plain), SHOP_DB)


def begins_with_zero(plain: Recipe) -> Recipe:
    """Return the recipe with a seed that makes the first byte of the wrapped key zero."""
    attempts = (
        plain.but(seed=derived(f"wrapped key begins with zero: {attempt}", 32))
        for attempt in range(10_000)
    )
    return next(attempt for attempt in attempts if attempt.wrapped_key[0] == 0)


def _lenient(key: VectorKey) -> Iterator[Case]:
    """Return base64 that is not as it is written, and is read all the same."""
    plain = recipe("lenient", key, b"shop/db", b"seven b")
    no_pad, two_pads = plain.but(plaintext=b"five!"), plain.but(plaintext=b"six by")
    text, one, two = (encode(each.blob) for each in (no_pad, plain, two_pads))
    folded = "\r\n".join(two[at : at + 76] for at in range(0, len(two), 76))
    for name, recipe_, spelling in (
        ("line-end-behind", no_pad, text + "\n"),
        ("line-ends-before", no_pad, "\r\n\n" + text),
        ("folded-lines", two_pads, folded + "\r\n"),
        ("line-end-inside-the-padding", two_pads, two[:-1] + "\n" + two[-1:]),
        ("carriage-return-inside-a-group", no_pad, text[:6] + "\r" + text[6:]),
        ("unused-bits-before-one-pad", plain, _with_unused_bits(one, 1)),
        ("unused-bits-before-two-pads", two_pads, _with_unused_bits(two, 2)),
    ):
        yield good(f"base64-{name}", recipe_, SHOP_DB, text=spelling)


def _with_unused_bits(text: str, pads: int) -> str:
    """Return the text with bits set that belong to no byte."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    assert text.endswith("=" * pads)
    last = alphabet.index(text[-pads - 1])
    return f"{text[: -pads - 1]}{alphabet[last + 1]}{'=' * pads}"
