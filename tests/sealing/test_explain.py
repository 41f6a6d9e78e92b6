"""Where a value was sealed for is found among likely places, in a bounded number of tries."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealer.envelope import open_value, seal_value
from sealer.errors import EncodingError, IdentityError, NoMatchingKeyError, SealerError
from sealer.manifest import SealedSecret, Template
from sealer.scope import Identity, Scope
from sealer.sealing.explain import MAXIMUM_TRIES_PER_ITEM, Cause, Explanation, Neighbours, Search
from sealer.sensitive import SecretBytes
from sealer_keys.keyring import Keyring
from tests.support import vectors
from tests.support.counting import CountingKeyring

KEY = vectors.key_pair("rsa2048")
STRANGER = vectors.key_pair("stranger")


def sealed_for(identity: Identity) -> str:
    """Return a value sealed for an identity."""
    return seal_value(SecretBytes(b"value"), KEY.private_key.public_key(), identity)


def explained(
    search: Search, sealed: SealedSecret, text: str, keyring: Keyring | None = None
) -> Explanation:
    """Return why a value of an object does not open."""
    with pytest.raises(SealerError) as caught:
        open_value(text, keyring or Keyring((KEY,)), sealed.identity)
    return search.explain(sealed, text, caught.value)


def an_object(
    namespace: str = "team-b", name: str = "db", template: Template | None = None
) -> SealedSecret:
    """Return an object without items."""
    return SealedSecret(namespace, name, {}, template or Template())


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)


@settings(max_examples=25, deadline=None)
@given(names=st.sets(NAMES, min_size=2, max_size=5), data=st.data())
def test_search_finds_every_combination_of_neighbours(names: set[str], data: st.DataObject) -> None:
    """Any namespace with any name, in any scope, as long as there are tries."""
    ordered = sorted(names)
    neighbours = Neighbours()
    for name in ordered:
        neighbours.add(namespace=name, name=name)
    places = [Identity(scope, *pair) for scope, pair in product(Scope, product(ordered, ordered))]
    place = data.draw(st.sampled_from(places))
    found = explained(
        Search(Keyring((KEY,)), neighbours), an_object("own", "own"), sealed_for(place)
    )
    assert found.sealed_for is not None
    assert (found.cause, found.sealed_for.label) == (Cause.IDENTITY, place.label)
    assert found.key == KEY.fingerprint


def test_search_tries_what_the_object_says_first() -> None:
    """Its template and its other scopes cost a handful of tries."""
    neighbours = Neighbours()
    for number in range(300):
        neighbours.add(namespace=f"n{number}", name=f"n{number}")
    for place in (
        Identity(Scope.STRICT, "team-a", "old"),
        Identity(Scope.NAMESPACE_WIDE, "team-b", "db"),
        Identity(Scope.CLUSTER_WIDE, "", ""),
    ):
        keyring = CountingKeyring(KEY)
        sealed = an_object(template=Template(name="old", namespace="team-a"))
        found = explained(Search(keyring, neighbours), sealed, sealed_for(place))
        assert found.sealed_for is not None
        assert keyring.tries < 20


def test_search_is_bounded_for_an_item_and_for_all() -> None:
    """Private-key operations are counted over all keys of the right size."""
    neighbours = Neighbours()
    for number in range(2_000):
        neighbours.add(namespace=f"n{number}", name=f"n{number}")
    text = sealed_for(Identity(Scope.STRICT, "far", "away"))
    keyring = CountingKeyring(KEY, STRANGER, vectors.key_pair("rsa3072"))
    search = Search(keyring, neighbours, tries=MAXIMUM_TRIES_PER_ITEM + 10)
    before = len(list(Keyring.candidates(keyring, 256)))
    assert before == 2
    assert explained(search, an_object(), text).cause is Cause.NO_KEY
    first = keyring.tries
    assert first <= MAXIMUM_TRIES_PER_ITEM + before
    explained(search, an_object(), text)
    assert keyring.tries <= first + 10 + 2 * before
    spent = keyring.tries
    explained(search, an_object(), text)
    assert keyring.tries <= spent + before  # only counting what a try would cost


def test_search_without_a_fitting_key_tries_nothing() -> None:
    """A value for a key of another size is no damage, and no place would help."""
    keyring = CountingKeyring(vectors.key_pair("rsa3072"))
    text = sealed_for(Identity(Scope.STRICT, "a", "a"))
    found = explained(Search(keyring), an_object(), text, keyring)
    assert (found.cause, keyring.tries, found.sealed_for) == (Cause.NO_KEY, 0, None)


def test_search_goes_on_for_an_object_with_an_illegal_name() -> None:
    """No key is tried on it as it stands; where the value comes from is found all the same."""
    sealed = an_object("shop", "Not_Legal", Template(name="db", namespace="shop"))
    with pytest.raises(IdentityError) as caught:
        open_value(
            sealed_for(Identity(Scope.STRICT, "shop", "db")), Keyring((KEY,)), sealed.identity
        )
    text = sealed_for(Identity(Scope.STRICT, "shop", "db"))
    found = Search(Keyring((KEY,))).explain(sealed, text, caught.value)
    assert found.message == "sealed for shop/db, this object is shop/Not_Legal"
    assert found.tried == ()
    junk = Search(Keyring((KEY,))).explain(sealed, "%", caught.value)
    assert (junk.cause, junk.sealed_for) == (Cause.IDENTITY, None)


def test_search_tells_a_damaged_value_of_another_place() -> None:
    """The key shows where it was sealed for; that it is damaged is told as well."""
    text = sealed_for(Identity(Scope.STRICT, "team-a", "db"))
    damaged = text[:-8] + ("AAAA" if text[-8:-4] != "AAAA" else "BBBB") + text[-4:]
    neighbours = Neighbours()
    neighbours.add(namespace="team-a")
    found = explained(Search(Keyring((KEY,)), neighbours), an_object(), damaged)
    assert found.cause is Cause.CORRUPT
    assert found.message == "sealed for team-a/db, this object is team-b/db; and it is damaged"


def test_search_does_not_look_for_what_is_no_sealed_value() -> None:
    """Bad base64 is told as it is, and costs nothing."""
    keyring = CountingKeyring(KEY)
    found = Search(keyring).explain(an_object(), "%", EncodingError(0))
    assert (found.cause, keyring.tries) == (Cause.ENCODING, 0)
    assert "illegal base64 data at input byte 0" in found.message


def test_search_keeps_what_was_tried() -> None:
    """The keys of the first failure, not those of the search."""
    fault = NoMatchingKeyError("no", tried=(STRANGER.fingerprint,))
    text = sealed_for(Identity(Scope.CLUSTER_WIDE, "", ""))
    found = Search(Keyring((KEY,))).explain(an_object(), text, fault)
    assert found.tried == (STRANGER.fingerprint,)
    assert found.hint.startswith("give the object the annotation sealedsecrets.bitnami.com/cluster")
