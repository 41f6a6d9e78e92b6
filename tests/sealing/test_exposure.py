"""What a key opens is proved, noted or possible; everything else is left out."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sealer.envelope import Opened, open_value, seal_value
from sealer.manifest import SealedSecret
from sealer.scope import Identity, Scope
from sealer.sealing import exposure
from sealer.sealing.exposure import Evidence, Inquiry, Suspect
from sealer.sealing.hints import SEALING_KEYS, write_hints
from sealer.sensitive import SecretBytes
from sealer.wire import SealedParts, frame, split
from sealer_keys.fingerprint import short
from sealer_keys.keyring import Keyring
from tests.support import vectors

ONE, SAME_SIZE, OTHER_SIZE = (vectors.key_pair(name) for name in ("peer-a", "peer-b", "rsa2048"))
SHOP = Identity(Scope.STRICT, "shop", "db")
BLIND = Suspect(ONE.fingerprint, ONE.private_key.public_key())
SEEING = Suspect(ONE.fingerprint, ONE.private_key.public_key(), ONE)


def sealed_by(name: str, identity: Identity = SHOP) -> str:
    """Return a value that a key of the vectors sealed, and that is no number too large for ONE."""
    key = vectors.key_pair(name).private_key.public_key()
    limit = ONE.private_key.public_key().public_numbers().n
    while True:
        text = seal_value(SecretBytes(b"x"), key, identity)
        if int.from_bytes(split(text).wrapped_key) < limit:
            return str(text)


def sealed(values: Mapping[str, str], noted: Mapping[str, str] | None = None) -> SealedSecret:
    """Return shop/db with values, and notes on which key sealed them."""
    notes = {item: (values[item], key) for item, key in (noted or {}).items()}
    annotations = {SEALING_KEYS: write_hints(notes)} if notes else {}
    return SealedSecret("shop", "db", values, annotations=annotations)


def found(secret: SealedSecret, suspect: Suspect) -> dict[str, Evidence]:
    """Return the items and how it is known."""
    inquiry = Inquiry(suspect)
    verdicts = {each.item: inquiry.verdict(each.text) for each in inquiry.exposed_items(secret)}
    return {item: verdict for item, verdict in verdicts.items() if verdict is not None}


def test_values_of_another_size_are_left_out() -> None:
    """A key of 4096 bits made none of 2048; nor can it have made what is no sealed value."""
    secret = sealed({"a": sealed_by("rsa2048"), "b": "junk!", "c": ""})
    assert found(secret, BLIND) == {}
    assert found(secret, SEEING) == {}


def test_value_larger_than_the_modulus_is_left_out() -> None:
    """As a number, no key of this modulus can have made it."""
    text = str(frame(SealedParts(b"\xff" * 512, bytes(20))))
    assert found(sealed({"a": text}), BLIND) == {}


def test_values_without_a_note_are_possible_until_they_are_tried() -> None:
    """The private key tells its own from those of another key of the same size."""
    secret = sealed({"mine": sealed_by("peer-a"), "other": sealed_by("peer-b")})
    assert found(secret, BLIND) == dict.fromkeys(("mine", "other"), Evidence.POSSIBLE)
    assert found(secret, SEEING) == {"mine": Evidence.TRIED}


def test_notes_add_values_and_take_none_away() -> None:
    """Without the key, one that is noted for another stays possible; which key is told."""
    values = {"mine": sealed_by("peer-a"), "other": sealed_by("peer-b")}
    secret = sealed(values, {"mine": ONE.fingerprint, "other": SAME_SIZE.fingerprint})
    assert found(secret, BLIND) == {"mine": Evidence.NOTED, "other": Evidence.POSSIBLE}
    noted = {each.item: each.noted for each in Inquiry(BLIND).exposed_items(secret)}
    assert noted == {"mine": "", "other": short(SAME_SIZE.fingerprint)}


def test_forged_note_does_not_hide_a_value() -> None:
    """Whoever can write the file can write the note."""
    secret = sealed({"mine": sealed_by("peer-a")}, {"mine": SAME_SIZE.fingerprint})
    assert found(secret, BLIND) == {"mine": Evidence.POSSIBLE}


def test_value_that_another_key_opens_is_left_out() -> None:
    """That proves it, against any note, without the key in question."""
    values = {"mine": sealed_by("peer-a"), "other": sealed_by("peer-b")}
    suspect = replace(BLIND, others=(SAME_SIZE, OTHER_SIZE))
    assert found(sealed(values), suspect) == {"mine": Evidence.POSSIBLE}
    assert found(sealed(values, {"other": ONE.fingerprint}), suspect) == {"mine": Evidence.POSSIBLE}


def test_note_that_is_wrong_hides_nothing_from_the_key() -> None:
    """A note that names another key is advice; with the key at hand the value is tried."""
    values = {"mine": sealed_by("peer-a")}
    assert found(sealed(values, {"mine": SAME_SIZE.fingerprint}), SEEING) == {
        "mine": Evidence.TRIED
    }


def test_note_that_names_the_key_counts_even_if_the_value_does_not_open() -> None:
    """It was sealed for another place, and whoever has the key may know which."""
    values = {"mine": sealed_by("peer-a", Identity(Scope.STRICT, "else", "where"))}
    assert found(sealed(values, {"mine": ONE.fingerprint}), SEEING) == {"mine": Evidence.NOTED}
    assert found(sealed(values), SEEING) == {}


def test_note_of_another_value_says_nothing() -> None:
    """The value was replaced by another tool."""
    values = {"mine": sealed_by("peer-a")}
    notes = sealed(values, {"mine": SAME_SIZE.fingerprint}).annotations
    replaced = SealedSecret("shop", "db", {"mine": sealed_by("peer-a")}, annotations=notes)
    assert found(replaced, BLIND) == {"mine": Evidence.POSSIBLE}


@pytest.mark.parametrize("scope", list(Scope))
def test_values_of_any_scope_are_tried(scope: Scope) -> None:
    """The annotation that says the scope may be gone."""
    identity = Identity(scope, "shop", "db")
    assert found(sealed({"a": sealed_by("peer-a", identity)}), SEEING) == {"a": Evidence.TRIED}


def test_value_of_the_old_format_counts() -> None:
    """One value for the whole Secret."""
    secret = SealedSecret("shop", "db", {}, legacy_data=sealed_by("peer-a"))
    assert found(secret, SEEING) == {"": Evidence.TRIED}


def test_damaged_value_of_the_key_counts() -> None:
    """The key opens its first part; the rest may stand undamaged elsewhere."""
    text = sealed_by("peer-a")
    changed = text[:-8] + ("AAAA" if text[-8:-4] != "AAAA" else "BBBB") + text[-4:]
    assert found(sealed({"a": changed}), SEEING) == {"a": Evidence.TRIED}


def test_illegal_identity_is_no_fault() -> None:
    """An object that could never be applied is looked at all the same."""
    secret = SealedSecret("", "", {"a": sealed_by("peer-a", Identity(Scope.CLUSTER_WIDE, "", ""))})
    assert found(secret, SEEING) == {"a": Evidence.TRIED}


def test_value_of_an_object_without_a_namespace_stays_possible() -> None:
    """It may have been sealed for one that is only named later: nothing else was tried."""
    homeless = SealedSecret("", "db", {"mine": sealed_by("peer-a"), "other": sealed_by("peer-b")})
    assert found(homeless, SEEING) == dict.fromkeys(("mine", "other"), Evidence.POSSIBLE)
    wide = Scope.CLUSTER_WIDE.annotate({})
    values = {"other": sealed_by("peer-b")}
    assert found(SealedSecret("", "db", values, annotations=wide), SEEING) == {}


@pytest.mark.parametrize("is_first", [True, False])
def test_strongest_evidence_of_all_places_counts(*, is_first: bool) -> None:
    """A copy that names its namespace tells what the one without cannot, in either order."""
    values = {"mine": sealed_by("peer-a")}
    inquiry = Inquiry(SEEING)
    shown = [sealed(values), SealedSecret("", "db", values)]
    for each in shown if is_first else reversed(shown):
        assert list(inquiry.exposed_items(each))
    assert inquiry.verdict(values["mine"]) is Evidence.TRIED


def test_place_where_the_key_opens_nothing_proves_nothing() -> None:
    """Whoever adds a copy in another namespace takes no value off the list."""
    values = {"mine": sealed_by("peer-a")}
    inquiry = Inquiry(SEEING)
    assert list(inquiry.exposed_items(SealedSecret("", "db", values)))
    assert not list(inquiry.exposed_items(SealedSecret("dev", "db", values)))
    assert inquiry.verdict(values["mine"]) is Evidence.POSSIBLE


def test_another_key_that_opens_a_value_somewhere_settles_it() -> None:
    """Where it says where it belongs; against a note as well."""
    values = {"mine": sealed_by("peer-a"), "other": sealed_by("peer-b")}
    inquiry = Inquiry(replace(SEEING, others=(OTHER_SIZE, SAME_SIZE)))
    notes = sealed(values, {"other": ONE.fingerprint}).annotations
    base = SealedSecret("", "db", values, annotations=notes)
    assert len(list(inquiry.exposed_items(base))) == 2
    assert inquiry.verdict(values["other"]) is Evidence.NOTED
    assert [each.item for each in inquiry.exposed_items(sealed(values))] == ["mine"]
    assert inquiry.verdict(values["other"]) is None
    assert inquiry.verdict(values["mine"]) is Evidence.TRIED


def test_value_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A history holds the same value in every version of its file."""
    tries: list[str] = []

    def counted(text: str, keyring: Keyring, identity: Identity) -> Opened:
        tries.append(text)
        return open_value(text, keyring, identity)

    monkeypatch.setattr(exposure, "open_value", counted)
    inquiry = Inquiry(SEEING)
    secret = sealed({"mine": sealed_by("peer-a"), "other": sealed_by("peer-b")})
    first = list(inquiry.exposed_items(secret))
    once = len(tries)
    assert list(inquiry.exposed_items(secret)) == first
    assert len(tries) == once > 0
