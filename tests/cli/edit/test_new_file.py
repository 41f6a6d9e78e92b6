"""A file that does not exist is begun in the editor."""

from pathlib import Path

import pytest

from sealer.sealing.draft import SEALED
from tests.cli.edit.scripted import edit, load, opened, seen
from tests.support.program import snapshot

FILL = "put('# key: value', 'key: some words')"


def test_edit_new_file_begins_with_a_template_and_is_sealed(folder: Path) -> None:
    """Name from the file, the rest from options; what is written opens."""
    done = edit(FILL, "-n", "shop", "--scope", "namespace-wide", file="web.yaml")
    assert done.code == 0
    assert "name: web\n" in seen()
    assert opened(folder / "web.yaml") == {"key": b"some words"}
    assert load(folder / "web.yaml").identity.scope.value == "namespace-wide"
    assert b"some words" not in (folder / "web.yaml").read_bytes()
    assert edit(FILL, "-n", "shop", "--name", "x", file="x.json").code == 0
    assert (folder / "x.json").read_text().startswith('{\n  "kind"')


@pytest.mark.parametrize(
    ("body", "options", "file", "code"),
    [
        ("", ["-n", "shop"], "web.yaml", 0),
        (FILL, [], "web.yaml", 3),
        ("put('# key: value', 'key: 1')", ["-n", "shop"], "web.yaml", 3),
        (f"put('# key: value', 'key: {SEALED}')", ["-n", "shop"], "web.yaml", 3),
        ("(here.parent / 'web.yaml').write_text('theirs')\n" + FILL, ["-n", "s"], "web.yaml", 6),
        (FILL, ["-n", "shop"], "missing/web.yaml", 6),
        (FILL, ["--scope", "cluster-wide"], "config.yaml", 3),
        (FILL, [], "-", 2),
    ],
)
def test_edit_new_file_is_not_made_without_need(
    folder: Path, body: str, options: list[str], file: str, code: int
) -> None:
    """Unchanged, incomplete or invalid texts write nothing, and no file is overwritten."""
    before = snapshot(folder)
    assert edit(f"if not first: sys.exit()\n{body}", *options, file=file).code == code
    after = snapshot(folder)
    assert {name for name in after if not name.startswith("tools")} - before.keys() <= {"web.yaml"}
    assert after.get("web.yaml", b"theirs") == b"theirs"


def test_edit_scope_of_an_existing_file_is_refused(sealed: Path) -> None:
    """It is the file's own."""
    assert edit("", "--scope", "strict", file=sealed.name).code == 2
