"""Templates in the controller: rendered from the opened items, and again with the same text."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import bcrypt
import pytest

from sealer.errors import UnsealError
from sealer.manifest import Template
from sealer_controller.rendering import Rendering
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from tests.controller.folders import make_folders, sealed
from tests.controller.memory import seal, secret, stored
from tests.controller.process import finished
from tests.support import vectors

KEY = vectors.key_pair("rsa2048")
DIGEST_KEY_FILE = "sealed-secrets-digest-key.yaml"
HASHES = {"line": '{{ htpasswd "bob" .k }}', "hash": "{{ bcrypt .k }}"}


async def rendered(entries: dict[str, str], digest_key: bytes, **names: str) -> dict[str, bytes]:
    """Unseal an object with these entries, and one item."""
    plain = secret({"k": b"hunter2"}, **names)
    made = replace(seal(plain), template=Template(data=entries))
    with Unsealer(lambda: Keyring([KEY]), render=Rendering(lambda: digest_key)) as unsealer:
        opened = await unsealer.unseal(stored(made))
    return {key: value.reveal() for key, value in opened.secret.data.items()}


async def test_unseal_renders_the_entries_beside_the_items() -> None:
    """The produced Secret holds both (compat.md 2.3)."""
    found = await rendered({"conf": "p={{ .k }}"}, bytes(32))
    assert found == {"k": b"hunter2", "conf": b"p=hunter2"}


async def test_password_hashes_fit_and_stay_as_they_are() -> None:
    """Rendered again, by whichever replica, they are the same text; another key gives another."""
    first, again = [await rendered(HASHES, bytes(32)) for _ in range(2)]
    other = await rendered(HASHES, b"1" * 32)
    assert first == again
    user, _, hashed = first["line"].partition(b":")
    assert user == b"bob"
    for each in (hashed, first["hash"], other["hash"]):
        assert bcrypt.checkpw(b"hunter2", each)
    assert first["hash"] != other["hash"]


async def test_equal_passwords_do_not_show() -> None:
    """Neither in two namespaces, nor in two objects, entries or of two users."""
    entries = {**HASHES, "other": '{{ htpasswd "eve" .k }}'}
    places = [{}, {"name": "other"}, {"namespace": "other"}]
    found = [await rendered(entries, bytes(32), **names) for names in places]
    hashes = [each[key].rpartition(b":")[2] for each in found for key in entries]
    assert len({*hashes}) == 9


async def test_entry_that_does_not_render_fails_the_whole_object() -> None:
    """All or nothing, in the original's words."""
    with pytest.raises(UnsealError) as caught:
        await rendered({"conf": "{{ nosuch }}"}, bytes(32))
    assert caught.value.message == 'template: conf:1: function "nosuch" not defined (conf)'


def test_engine_is_imported_with_the_first_template() -> None:
    """It is large, and few objects need it."""
    code = (
        "import sys, sealer_controller.app, sealer_controller.rendering as r; "
        "one = r.Rendering(lambda: bytes(32)); "
        "assert not [name for name in sys.modules if name.startswith('sealer.templates')]; "
        "one(r.Key('a', 'b'))({'a': 'b'}, {}); assert 'sealer.templates' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_program_renders_and_gives_the_same_hash_after_a_restart(tmp_path: Path) -> None:
    """The key of the salts is kept beside the sealing keys; without it there is another hash."""
    folders = make_folders(tmp_path)
    template = Template(data={"line": '{{ htpasswd "bob" .password }}'})
    folders.put("db.yaml", replace(sealed(), template=template))
    found = []
    for lost in ((), (folders.target,), (folders.target, folders.keys / DIGEST_KEY_FILE)):
        for path in lost:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        assert finished(*folders.arguments, "--once").returncode == 0
        found.append((folders.secret() or {})["line"])
    assert found[0].startswith("bob:$2")
    assert found[0] == found[1] != found[2]
