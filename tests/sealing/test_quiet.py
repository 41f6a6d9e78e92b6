"""Keyed digests of sealed items: the same for the same item, and different for any other."""

from hypothesis import example, given
from hypothesis import strategies as st

from sealer.scope import Identity, Scope
from sealer.sealing.quiet import ItemDigests, item_digests
from sealer.sensitive import SecretBytes

Item = tuple[Scope, str, str, str, str, str, bytes]
PARTS = st.text("ab", max_size=3)
ITEMS = st.tuples(st.sampled_from(Scope), PARTS, PARTS, PARTS, PARTS, PARTS, st.binary(max_size=3))


def _digests(item: Item, key: bytes = b"k" * 32) -> ItemDigests:
    scope, namespace, name, *parts, value = item
    item_key, fingerprint, text = (str(part) for part in parts)
    identity = Identity(scope, namespace, name)
    return item_digests(identity, item_key, fingerprint, text, SecretBytes(value), key=key)


@given(ITEMS, ITEMS, st.integers(0, 6))
@example((Scope.STRICT, "a", "b", "", "", "", b""), (Scope.STRICT, "ab", "", "", "", "", b""), 6)
def test_digests_of_two_items_are_equal_only_if_the_items_are(
    one: Item, another: Item, first: int
) -> None:
    """No part is left out, and none can flow into the next."""
    other: Item = (*one[:first], *another[first:])  # type: ignore[assignment] # as long as both
    near: Item = (*one[:first], another[first], *one[first + 1 :])  # type: ignore[assignment] # as above
    for each in (another, other, near):
        _, value = _pair(_digests(each))
        assert (_digests(one).value == value) is (one == each)
        same_ciphertext = _digests(one).ciphertext == _digests(each).ciphertext
        assert same_ciphertext is (one[:-1] == each[:-1])


@given(ITEMS)
def test_digests_say_nothing_without_the_key(item: Item) -> None:
    """Another key gives other digests, and the two digests of an item are unrelated."""
    digests = _digests(item)
    assert len({*_pair(digests), *_pair(_digests(item, b"K" * 32))}) == 4
    assert all(len(digest) == 32 for digest in _pair(digests))


def test_digests_do_not_depend_on_line_ends_in_the_ciphertext() -> None:
    """Folded base64 is the same ciphertext."""
    item: Item = (Scope.STRICT, "shop", "db", "password", "SHA256:x", "AAAA", b"value")
    folded: Item = (*item[:5], "AA\r\nAA\n", b"value")
    assert _digests(folded) == _digests(item)


def _pair(digests: ItemDigests) -> tuple[bytes, bytes]:
    return digests.ciphertext, digests.value
