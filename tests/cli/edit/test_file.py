"""The file that is edited: changed by others meanwhile, of several documents, in JSON."""

import json
from pathlib import Path

from sealer.sealing.draft import SEALED
from tests.cli.edit.scripted import edit, load, opened
from tests.support.program import write_all

MEDDLE = """\
theirs = here.parent / "db.yaml"
if first: theirs.write_text(theirs.read_text().replace("spec:", "# theirs\\nspec:"))
"""


def test_edit_file_changed_meanwhile_is_refused(sealed: Path) -> None:
    """What the other one wrote stays (6)."""
    before = sealed.read_text()
    done = edit(MEDDLE + "put('user:', 'login:')")
    assert done.code == 6
    assert "db.yaml was changed meanwhile; nothing was written" in done.err
    assert sealed.read_text() == before.replace("spec:", "# theirs\nspec:")


def test_edit_file_changed_meanwhile_is_edited_on_top_when_asked(sealed: Path) -> None:
    """At a terminal the text is not lost: it is opened again, for the file as it is now."""
    body = f"""\
{MEDDLE}
if first: put('user: {SEALED}', 'user: from the editor')
else: file.write_text(text.partition("give up\\n")[2])
"""
    done = edit(body, terminals="in err", stdin="y\n")
    assert done.code == 0
    assert "Open your text again?" in done.err
    assert "# theirs" in sealed.read_text()
    assert opened(sealed)["user"] == b"from the editor"


def test_edit_item_that_others_added_meanwhile_stays(sealed: Path) -> None:
    """Only what was shown can be removed by leaving it out."""
    body = f"""\
theirs = here.parent / "db.yaml"
if first:
    theirs.write_text(theirs.read_text().replace("    user:", "    token: AgB\\n    user:"))
    put('  user: {SEALED}\\n', '')
else: file.write_text(text.partition("give up\\n")[2])
"""
    assert edit(body, terminals="in err", stdin="y\n").code == 0
    assert load(sealed).encrypted_data.keys() == {"password", "token"}


def test_edit_unsafe_file_is_told_and_left_alone(sealed: Path) -> None:
    """What cannot be spliced is refused with its place in the file (3)."""
    text = sealed.read_text().replace("    user: ", "    user: &u ") + "x: *u\n"
    sealed.write_text(text)
    done = edit(f"if first: put('user: {SEALED}', 'user: new words')")
    assert done.code == 3
    assert "db.yaml:1" in done.err
    assert "through an anchor: unsafe to edit" in done.err
    assert sealed.read_text() == text


def test_edit_one_of_several_documents(sealed: Path) -> None:
    """Named, it is edited; the others stay as they are."""
    both = sealed.read_text() + sealed.read_text().replace("name: db", "name: web")
    sealed.write_text(both)
    assert edit("").code == 2
    assert edit("put('user:', 'login:')", "--name", "web").code == 0
    assert sealed.read_text() == "login:".join(both.rsplit("user:", 1))


def test_edit_json_keeps_its_layout(sealed: Path) -> None:
    """A file of minified JSON stays one."""
    manifest = json.dumps(load(sealed).to_object(), separators=(",", ":"))
    write_all(sealed.parent, {"db.json": manifest})
    assert edit(f"put('user: {SEALED}', 'a: new words')", file="db.json").code == 0
    after = (sealed.parent / "db.json").read_text()
    assert after == json.dumps(json.loads(after), separators=(",", ":"))
    assert opened(sealed.parent / "db.json")["a"] == b"new words"


def test_edit_text_saved_as_utf_16_is_read(sealed: Path) -> None:
    """As some editors do on Windows."""
    body = f"file.write_text(text.replace('user: {SEALED}', 'user: é'), encoding='utf-16')"
    assert edit(body).code == 0
    assert opened(sealed)["user"] == "é".encode()


def test_edit_same_value_typed_again_keeps_its_ciphertext(sealed: Path) -> None:
    """Known from the digests of this user; `--fresh` seals it anew."""
    body = f"put('user: {SEALED}', 'user: same words')"
    edit(body)
    before = sealed.read_bytes()
    assert "nothing to change" in edit(body).err
    assert sealed.read_bytes() == before
    assert edit(body, "--fresh").code == 0
    assert sealed.read_bytes() != before


def test_edit_item_that_others_removed_too_is_no_conflict(sealed: Path) -> None:
    """What is gone already need not be removed; what they took out cannot stay sealed."""
    line = next(line for line in sealed.read_text().splitlines() if "user:" in line)
    body = f"""\
theirs = here.parent / "db.yaml"
if first:
    theirs.write_text(theirs.read_text().replace({line + chr(10)!r}, ""))
    put('  user: {SEALED}\\n', '  x: more words\\n')
else: file.write_text(text.partition("give up\\n")[2])
"""
    assert edit(body, terminals="in err", stdin="y\n").code == 0
    assert load(sealed).encrypted_data.keys() == {"password", "x"}
