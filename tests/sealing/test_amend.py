"""Items of SealedSecrets are amended in their file, and so is the note of their keys."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.documents.edit import Put
from sealer.errors import UnsafeEditError
from sealer.sealing.amend import Amendment, amend
from sealer.sealing.hints import SEALING_KEYS, read_hints, write_hints
from sealer.sealing.mentions import mentions
from sealer.sealing.recovery import find_sealed_secrets
from sealer_keys.fingerprint import short
from tests.support import vectors

OLD, NEW = (vectors.key_pair(name).fingerprint for name in ("rsa2048", "stranger"))
KEYS = st.from_regex(r"[a-z][-._a-z0-9]{0,5}", fullmatch=True)
SEALED = st.from_regex(r"AgB[A-Za-z0-9+/]{4,24}", fullmatch=True)
ITEMS = st.dictionaries(KEYS, SEALED, max_size=4)


def manifest(items: Mapping[str, str], *, name: str = "db", hints: bool = True) -> str:
    """Return a SealedSecret whose items were sealed with the old key."""
    note = write_hints({item: (text, OLD) for item, text in items.items()})
    annotations = f"  annotations:\n    {SEALING_KEYS}: '{note}'\n" if hints else ""
    lines = "".join(f"    {item!r}: {text}\n" for item, text in items.items()) or "    {}\n"
    return (
        "kind: SealedSecret\napiVersion: bitnami.com/v1alpha1\n"
        f"metadata:\n  name: {name}\n  namespace: shop\n{annotations}"
        f"spec:\n  encryptedData:\n{lines}"
    )


def amended(text: str, **changes: Any) -> bytes:  # noqa: ANN401 - as an Amendment takes them
    """Return a file with its first object amended."""
    surveyed, placed = find_sealed_secrets(text.encode())
    return amend(surveyed.stream, [Amendment(placed[0], **changes)])


def test_amend_replaces_values_and_their_note() -> None:
    """The note says which key sealed the new text; the others' notes stay."""
    data = amended(manifest({"a": "AgBa", "b": "AgBb"}), values={"b": "AgBn"}, key=NEW)
    assert b"    'a': AgBa\n    'b': AgBn\n" in data
    (placed,) = find_sealed_secrets(data)[1]
    assert read_hints(placed.sealed) == {"a": short(OLD), "b": short(NEW)}


def test_amend_block_scalar_keeps_its_header() -> None:
    """Base64 has no line ends, so the one that the header adds is no reason for a second change."""
    text = manifest({"a": "|\n      AgBa\n      AgBb", "b": "AgBb"}, hints=False)
    data = amended(text, values={"a": "AgBn"})
    assert data.decode() == text.replace("AgBa\n      AgBb", "AgBn")


def test_amend_without_a_note_adds_none() -> None:
    """It is the owner's choice to have one."""
    text = manifest({"a": "AgBa"}, hints=False)
    assert amended(text, values={"a": "AgBn"}, key=NEW).decode() == text.replace("AgBa", "AgBn")


def test_amend_with_the_key_unknown_forgets_the_note() -> None:
    """What nobody knows is not said."""
    data = amended(manifest({"a": "AgBa", "b": "AgBb"}), values={"a": "AgBn"})
    (placed,) = find_sealed_secrets(data)[1]
    assert read_hints(placed.sealed) == {"b": short(OLD)}


def test_amend_many_objects_of_a_file_at_once() -> None:
    """Each in its place, and nothing between them changes."""
    text = manifest({"a": "AgBa"}) + "# c\n---\n" + manifest({"a": "AgBb"}, name="web", hints=False)
    surveyed, placed = find_sealed_secrets(text.encode())
    amendments = [Amendment(each, {"a": "AgBn"}) for each in placed[1:]]
    assert amend(surveyed.stream, amendments).decode() == text.replace("AgBb", "AgBn")


@pytest.mark.parametrize(
    ("changes", "items"),
    [
        ({"removed": ["a", "b"], "values": {"c": "AgBc"}}, {"c": "AgBc"}),
        ({"removed": ["b"], "renamed": {"a": "b"}}, {"b": "AgBa"}),
        ({"renamed": {"a": "c"}, "values": {"a": "AgBn"}}, {"a": "AgBn", "b": "AgBb", "c": "AgBa"}),
        ({"removed": ["a"], "values": {"a": "AgBn"}}, {"a": "AgBn", "b": "AgBb"}),
        ({"removed": ["a", "b"]}, {}),
    ],
)
def test_amend_changes_that_meet_do_what_they_say(
    changes: dict[str, Any], items: dict[str, str]
) -> None:
    """A name may go, come and be taken over in one amendment."""
    data = amended(manifest({"a": "AgBa", "b": "AgBb"}), key=NEW, **changes)
    (placed,) = find_sealed_secrets(data)[1]
    assert placed.sealed.encrypted_data == items
    assert read_hints(placed.sealed).keys() == items.keys()


def test_amend_other_fields_too() -> None:
    """Labels of the template, for one."""
    text = manifest({"a": "AgBa"}, hints=False)
    change = Put(("spec", "template", "metadata", "labels", "x"), "y")
    data = amended(text, others=[change])
    assert data.decode() == text + '  template:\n    metadata:\n      labels:\n        x: "y"\n'


def test_amend_unsafe_names_the_object() -> None:
    """Of several objects in one document the right one is named."""
    one = "{kind: SealedSecret, apiVersion: bitnami.com/v1alpha1, metadata: {name: %s}, spec: %s}"
    items = [one % ("a", "{encryptedData: {x: z}}"), one % ("b", "{encryptedData: {x: !!str z}}")]
    text = "kind: List\napiVersion: v1\nitems:\n" + "".join(f"- {item}\n" for item in items)
    surveyed, placed = find_sealed_secrets(text.encode())
    with pytest.raises(UnsafeEditError, match="explicit tag") as caught:
        amend(surveyed.stream, [Amendment(each, {"x": "AgBn"}) for each in placed])
    assert (caught.value.where.name, caught.value.where.line) == ("b", 5)
    assert caught.value.where.item == "spec.encryptedData.x"


@given(before=ITEMS, values=ITEMS, data=st.data())
def test_amend_any_change_gives_what_was_meant(
    before: dict[str, str], values: dict[str, str], data: st.DataObject
) -> None:
    """Items and notes are those of a plain computation; the rest of the text stays."""
    removed = data.draw(st.sets(st.sampled_from(sorted(before)))) if before else set()
    left = sorted(before.keys() - removed)
    new_names = (
        data.draw(st.lists(KEYS, max_size=2, unique=True).map(set)) - before.keys() - values.keys()
    )
    renamed = dict(zip(left, sorted(new_names), strict=False))
    text = manifest(before)

    new = amended(text, values=values, key=NEW, removed=removed, renamed=renamed)

    kept = {renamed.get(item, item): before[item] for item in left}
    (placed,) = find_sealed_secrets(new)[1]
    assert placed.sealed.encrypted_data == {**kept, **values}
    notes = {item: short(OLD) for item in kept} | {item: short(NEW) for item in values}
    assert read_hints(placed.sealed) == notes
    assert new.decode().startswith(text.partition("  annotations:")[0])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ .password }}", True),
        ("{{.password|b64enc}}", True),
        ('{{ index . "password" }}', True),
        ("{{ index . `password` }}", True),
        ('{{ with .x }}\n{{ printf "%s" .password }}{{ end }}', True),
        (".password outside", False),
        ("{{ .password2 }}{{ .my.password }}{{ .passwords }}", False),
        ("{{ (index . 1).password }}", False),
    ],
)
def test_mentions_finds_what_an_action_names(text: str, names: bool) -> None:  # noqa: FBT001 - a table
    """Fields and quoted keys count; words outside of actions and longer names do not."""
    assert mentions({"entry": text}, "password") == (["entry"] if names else [])
