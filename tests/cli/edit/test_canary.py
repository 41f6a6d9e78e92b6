"""A marked value goes through the editor and shows up nowhere it should not."""

import base64
from pathlib import Path

import pytest

from sealer.sealing.draft import SEALED
from tests.cli.edit.scripted import CERT, script
from tests.support.program import run, snapshot

CANARY = "cAnArY-4d7e21-value"
HIDDEN = CANARY.encode().hex()


@pytest.mark.parametrize("mishap", ["", "put_twice", "bug", "full"])
def test_edit_value_shows_up_nowhere(
    sealed: Path, mishap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a file, a message, an argument or a traceback, whatever goes wrong."""
    from sealer.cli.editing import session as editsession

    def fail(*_: object) -> bool:
        raise RuntimeError(CANARY) if mishap == "bug" else OSError(28, CANARY)

    if mishap in ("bug", "full"):
        monkeypatch.setattr(editsession, "write_amended", fail)
    line = f"'user: ' + bytes.fromhex('{HIDDEN}').decode()"
    twice = f"{line} + '\\n  ' + {line}" if mishap == "put_twice" else line
    editor = script(f"if first: put('user: {SEALED}', {twice})", "--blind")
    done = run("edit", "db.yaml", "--editor", editor, "-v", "--fresh", *CERT)
    assert done.code == {"": 0, "put_twice": 3, "bug": 70, "full": 70}[mishap]
    everything = b"".join(snapshot(sealed.parent).values())
    forms = [CANARY.encode(), base64.b64encode(CANARY.encode())]
    assert not any(form in everything for form in forms)
    assert CANARY not in done.err
    assert CANARY.encode() not in done.out
