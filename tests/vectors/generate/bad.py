"""The cases that must not open, each with the class of its failure."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator

from tests.vectors.generate.case import (
    CORRUPT,
    ENCODING,
    FRAME,
    IDENTITY,
    NO_KEY,
    Case,
    encode,
)
from tests.vectors.generate.good import begins_with_zero
from tests.vectors.generate.place import (
    ANYWHERE,
    CLUSTER_WIDE,
    ILLEGAL,
    NAMESPACE_WIDE,
    SHOP,
    SHOP_DB,
    Place,
)
from tests.vectors.generate.recipe import Recipe, join, power, recipe
from tests.vectors.generate.rsa import VectorKey, derived

_RSA_END = 2 + 256
_TEXT = b"seven b"


def bad_cases(keys: dict[str, VectorKey]) -> Iterator[Case]:
    """Return the cases that must not open."""
    base = recipe("bad", keys["rsa2048"], b"shop/db", _TEXT)
    yield from _encodings(base)
    yield from _cuts(base.blob)
    yield from _frames(base)
    yield from _flips(base.blob)
    yield from _longer(base)
    yield from _places(keys["rsa2048"])
    yield from _illegal(base)
    yield from _keys(keys)
    yield from _other_paddings(base)
    yield from _other_ciphers(base)


def _encodings(base: Recipe) -> Iterator[Case]:
    """Return texts that are not base64."""
    text = encode(base.but(plaintext=b"six by").blob)
    urls = base.but(seed=derived("has both odd characters", 32)).blob
    for name, spelling in {
        "blank-inside": text[:8] + " " + text[8:],
        "blank-behind": text + " ",
        "tab-behind": text + "\t",
        "form-feed-before": "\f" + text,
        "zero-byte-inside": text[:8] + "\0" + text[9:],
        "other-script": text[:8] + "\u0410" + text[9:],
        "byte-order-mark": "\ufeff" + text,
        "no-padding": text.rstrip("="),
        "half-the-padding": text[:-1],
        "too-much-padding": text + "=",
        "padding-inside": text[:8] + "=" + text[9:],
        "padding-before": "=" + text,
        "text-behind-padding": text + text,
        "character-behind-padding": text + "A",
        "one-character-more": text.rstrip("=")[:-3],
        "padding-only": "====",
        "url-alphabet": urlsafe_b64encode(urls).decode(),
        "hexadecimal-with-a-colon": "01:00",
        "in-quotes": f'"{text}"',
    }.items():
        yield Case(f"base64-{name}", spelling, ENCODING)


def _cuts(blob: bytes) -> Iterator[Case]:
    """Return a value cut at and around the ends of its parts."""
    for length in (0, 1, 2, 3, 100, 257, 258, 259, 272, 273):
        yield Case(f"cut-to-{length}", encode(blob[:length]), FRAME)
    for length in range(_RSA_END + 16, len(blob)):
        yield Case(f"cut-to-{length}", encode(blob[:length]), CORRUPT)
    yield Case("cut-in-front", encode(blob[1:]), FRAME)
    yield Case("without-its-length", encode(blob[2:]), FRAME)
    yield Case("line-end-only", "\n", FRAME)


def _frames(base: Recipe) -> Iterator[Case]:
    """Return a value that declares another length than it has."""
    for declared in (0, 1, 16, 32, 128, 255, 257, 264, 272, 384, 512, 32_767):
        blob = declared.to_bytes(2) + base.blob[2:]
        yield Case(f"declares-{declared}", encode(blob), FRAME)
    for declared in (0x8000, 0x8100, 0xFFFF):
        blob = declared.to_bytes(2) + base.blob[2:]
        yield Case(f"second-format-{declared:x}", encode(blob + bytes(65_536)), FRAME)
    yield Case("length-in-little-endian", encode(b"\x00\x02" + base.blob[2:]), FRAME)
    yield Case("plain-base64-of-text", b64encode(b"hunter2").decode(), FRAME)
    short = begins_with_zero(base).wrapped_key[1:]
    yield Case("wrapped-key-without-its-zero", encode(join(short, base.ciphertext)), FRAME)
    long = b"\x00" + base.wrapped_key
    yield Case("wrapped-key-with-one-zero-more", encode(join(long, base.ciphertext)), FRAME)


def _flips(blob: bytes) -> Iterator[Case]:
    """Return a value with one bit changed, in each of its parts."""
    for bit in range(16):
        yield _flipped(blob, "length", bit, FRAME)
    for bit in (*range(16, 16 + 2048, 73), 8 * _RSA_END - 1):
        yield _flipped(blob, "wrapped-key", bit, NO_KEY)
    for bit in range(8 * _RSA_END, 8 * (_RSA_END + len(_TEXT)), 5):
        yield _flipped(blob, "ciphertext", bit, CORRUPT)
    for bit in range(8 * (_RSA_END + len(_TEXT)), 8 * len(blob), 7):
        yield _flipped(blob, "tag", bit, CORRUPT)


def _flipped(blob: bytes, part: str, bit: int, expect: str) -> Case:
    """Return the value with one bit changed, counted from the most significant of the first."""
    changed = bytearray(blob)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return Case(f"flipped-{part}-bit-{bit}", encode(bytes(changed)), expect)


def _longer(base: Recipe) -> Iterator[Case]:
    """Return a value with something behind it."""
    for name, more in {"zero": b"\x00", "line-end": b"\n", "itself": base.blob}.items():
        yield Case(f"followed-by-{name}", encode(base.blob + more), CORRUPT)


def _places(key: VectorKey) -> Iterator[Case]:
    """Return values opened at another place than they were sealed for."""
    for sealed_for, places in {
        SHOP_DB.label: {
            "another-name": Place("shop", "other", None),
            "another-namespace": Place("other", "db", None),
            "both-exchanged": Place("db", "shop", None),
            "name-with-more-behind": Place("shop", "db1", None),
            "namespace-wide": SHOP,
            "cluster-wide": ANYWHERE,
        },
        SHOP.label: {
            "strict": SHOP_DB,
            "another-namespace": Place("other", "db", None, NAMESPACE_WIDE),
            "cluster-wide": ANYWHERE,
            "annotation-in-capitals": Place(
                "shop", "db", None, dict.fromkeys(NAMESPACE_WIDE, "True")
            ),
        },
        ANYWHERE.label: {
            "strict": SHOP_DB,
            "namespace-wide": SHOP,
            "annotation-in-capitals": Place(
                "shop", "db", None, dict.fromkeys(CLUSTER_WIDE, "True")
            ),
        },
    }.items():
        assert sealed_for is not None
        for name, place in places.items():
            origin = sealed_for.decode().replace("/", "-") or "anywhere"
            sealed = recipe("places", key, sealed_for, _TEXT).blob
            yield Case(f"sealed-for-{origin}-opened-as-{name}", encode(sealed), NO_KEY, place)
    for name, label in {
        "zero-byte-behind": b"shop/db\x00",
        "line-end-behind": b"shop/db\n",
        "namespace-in-front-of-a-slash": b"shop/",
        "in-utf-16": "shop/db".encode("utf-16"),
    }.items():
        yield Case(f"label-{name}", encode(recipe("places", key, label, _TEXT).blob), NO_KEY)


def _illegal(base: Recipe) -> Iterator[Case]:
    """Return values at places that cannot be: refused before anything is looked at."""
    for name, place in ILLEGAL.items():
        label = f"{place.namespace}/{place.name}".encode()
        yield Case(f"illegal-{name}", encode(base.but(label=label).blob), IDENTITY, place)
    yield Case("illegal-comes-before-base64", "?", IDENTITY, ILLEGAL["slash-in-name"])
    yield Case("illegal-comes-before-keys", "", IDENTITY, ILLEGAL["no-name"], ())


def _keys(keys: dict[str, VectorKey]) -> Iterator[Case]:
    """Return values without the key that opens them."""
    sealed = {
        name: encode(recipe("keys", key, b"shop/db", _TEXT).blob) for name, key in keys.items()
    }
    yield Case("foreign-key", sealed["rsa2048"], NO_KEY, keys=("stranger",))
    yield Case("foreign-key-among-others", sealed["stranger"], NO_KEY, keys=_all_but("stranger"))
    yield Case("no-key-held", sealed["rsa2048"], NO_KEY, keys=())
    yield Case("no-key-held-and-an-odd-length", encode(join(bytes(9), bytes(16))), NO_KEY, keys=())
    for name in ("rsa2048", "rsa3072", "rsa4096"):
        others = tuple(each for each in _all_but(name) if each != "stranger" or name != "rsa2048")
        yield Case(f"no-key-of-the-size-of-{name}", sealed[name], FRAME, keys=others)
    damaged = encode(recipe("keys", keys["rsa2048"], b"shop/db", _TEXT).blob[:-1])
    yield Case("damaged-with-other-keys-held", damaged, CORRUPT, keys=("stranger", "rsa2048"))


def _all_but(name: str) -> tuple[str, ...]:
    return tuple(each for each in ("rsa2048", "stranger", "rsa3072", "rsa4096") if each != name)


def _other_paddings(base: Recipe) -> Iterator[Case]:
    """Return first parts that are no content key under OAEP as it is prescribed."""
    key, size = base.key, base.key.size
    sha1 = base.but(label_hash="sha1", seed=base.seed[:20])
    filling = bytes(byte or 1 for byte in derived("filling", size - 3 - 32))
    for name, wrapped in {
        "oaep-with-sha-1": sha1.but(mask_hash="sha1").wrapped_key,
        "oaep-with-sha-1-over-the-label": sha1.wrapped_key,
        "mgf1-with-sha-1": base.but(mask_hash="sha1").wrapped_key,
        "oaep-with-sha-512": base.but(
            label_hash="sha512", mask_hash="sha512", seed=derived("long seed", 64)
        ).wrapped_key,
        "pkcs1-v1.5": power(key, b"\x00\x02" + filling + b"\x00" + base.content_key),
        "no-padding": power(key, base.content_key),
        "zero": bytes(size),
        "one": (1).to_bytes(size),
        "the-modulus": key.modulus.to_bytes(size),
        "above-the-modulus": b"\xff" * size,
        "the-modulus-added": _above(base),
    }.items():
        yield Case(f"wrapped-by-{name}", encode(join(wrapped, base.ciphertext)), NO_KEY)


def _above(base: Recipe) -> bytes:
    """Return a right first part plus the modulus: the same remainder, and not below it."""
    modulus, size = base.key.modulus, base.key.size
    attempts = (base.but(seed=derived(f"above: {attempt}", 32)) for attempt in range(10_000))
    sums = (int.from_bytes(attempt.wrapped_key) + modulus for attempt in attempts)
    return next(each for each in sums if each < 1 << 8 * size).to_bytes(size)


def _other_ciphers(base: Recipe) -> Iterator[Case]:
    """Return second parts that are not what the content key has to make."""
    for size in (16, 24):
        short = base.but(content_key=base.content_key[:size])
        yield Case(f"content-key-of-{size}-bytes", encode(short.blob), CORRUPT)
    for size in (0, 31, 33):
        odd = base.but(content_key=derived("odd", size)).wrapped_key
        yield Case(f"content-key-of-{size}-bytes", encode(join(odd, base.ciphertext)), CORRUPT)
    other = recipe("another value", base.key, base.label, b"another value").ciphertext
    for name, ciphertext in {
        "nonce-of-one": base.but(nonce=bytes(11) + b"\x01").ciphertext,
        "label-as-additional-data": base.but(additional=base.label).ciphertext,
        "another-values-second-part": other,
        "no-encryption": _TEXT + bytes(16),
        "tag-in-front": base.ciphertext[-16:] + base.ciphertext[:-16],
    }.items():
        yield Case(f"encrypted-with-{name}", encode(join(base.wrapped_key, ciphertext)), CORRUPT)
