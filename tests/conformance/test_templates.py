"""`spec.template.data` of an object, as the controller renders it (conformance 33 to 36)."""

import json
from dataclasses import replace

from sealer.manifest import SealedSecret, Template
from sealer_controller.rendering import Rendering
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from tests.controller.memory import seal, secret, stored
from tests.support import vectors


async def produced(entries: dict[str, str], items: dict[str, bytes]) -> dict[str, str]:
    """Return the items of the Secret that an object with these entries and items turns into."""
    sealed = seal(secret(items)) if items else SealedSecret("shop", "db", {})
    made = replace(sealed, template=Template(data=entries))
    keyring = Keyring([vectors.key_pair("rsa2048")])
    with Unsealer(lambda: keyring, render=Rendering(lambda: bytes(32))) as unsealer:
        unsealed = await unsealer.unseal(stored(made))
    return {key: value.reveal().decode() for key, value in unsealed.secret.data.items()}


async def test_entry_sees_items_and_functions() -> None:
    """By name and by `index`; `toJson` escapes what JSON needs escaped (33)."""
    value = 'say "hi"\n'
    entries = {"plain": '{{ index . "foo" }}', "json": '{"foo": {{ toJson .foo }}}'}
    found = await produced(entries, {"foo": value.encode()})
    assert found["plain"] == found["foo"] == value
    assert json.loads(found["json"]) == {"foo": value}


async def test_entry_is_rendered_without_any_item() -> None:
    """An object may be all template (34)."""
    assert await produced({"a": '{{ upper "b" }}', "c": "d"}, {}) == {"a": "B", "c": "d"}


async def test_entry_sees_the_text_of_the_others_beside_the_items() -> None:
    """The text as it is written, and not what it is rendered to (35)."""
    entries = {
        "host": "db.example.com",
        "raw": "{{ .password }}",
        "url": "{{ .password }}@{{ .host }} {{ .raw }}",
    }
    found = await produced(entries, {"password": b"hunter2"})
    assert found["url"] == "hunter2@db.example.com {{ .password }}"
    assert found["raw"] == "hunter2"


async def test_item_is_neither_shadowed_nor_overwritten_by_an_entry() -> None:
    """Of one name the sealed item counts, for the Secret and for other entries (36)."""
    entries = {"password": "from the entry", "copy": "{{ .password }}"}
    found = await produced(entries, {"password": b"sealed"})
    assert found == {"password": "sealed", "copy": "sealed"}
