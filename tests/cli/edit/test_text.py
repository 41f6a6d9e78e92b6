"""What is shown, what people may make of it, and what they may not."""

from pathlib import Path

import pytest

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.sealing.draft import SEALED
from tests.cli.edit.scripted import edit, load, opened, seen


def test_edit_shows_a_secret_without_values(sealed: Path) -> None:
    """Each value is a mark; name, type, labels and annotations are there to see."""
    before = sealed.read_bytes()
    done = edit("")
    assert done.code == 0
    assert "db.yaml: nothing was changed" in done.err
    assert sealed.read_bytes() == before
    lines = [line for line in seen().splitlines() if not line.startswith("#")]
    assert lines[-3:] == ["stringData:", f"  password: {SEALED}", f"  user: {SEALED}"]
    (document,) = read_stream(seen().encode()).documents
    assert document.root is not None
    assert plain(document.root) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "db",
            "namespace": "shop",
            "labels": {"app": "web"},
            "annotations": {"note": "old"},
        },
        "type": "Opaque",
        "stringData": {"password": SEALED, "user": SEALED},
    }


def test_edit_changed_value_touches_its_line_only(sealed: Path) -> None:
    """The other item keeps its ciphertext, and every other line its bytes."""
    before = sealed.read_bytes().splitlines()
    assert edit(f"put('password: {SEALED}', 'password: brand new')").code == 0
    after = sealed.read_bytes().splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert [line[:14] for line in changed] == [b"    password: "]
    assert opened(sealed) == {"password": b"brand new", "user": b"admin"}


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (f"put('  user: {SEALED}', '')", ["password"]),
        (f"put('  user: {SEALED}', '  user: {SEALED}\\n  x: words')", ["password", "user", "x"]),
        ("put('user:', 'login:')", ["password", "login"]),
        ("file.write_text(text + 'data: {bin: AP8=}\\n')", ["bin", "password", "user"]),
    ],
    ids=["removed", "added", "renamed", "binary"],
)
def test_edit_items_come_go_and_change_their_names(
    sealed: Path, body: str, items: list[str]
) -> None:
    """Whatever stays sealed keeps its ciphertext, under a new name too."""
    before = load(sealed).encrypted_data
    assert edit(body).code == 0
    after = load(sealed).encrypted_data
    assert list(after) == items
    assert after["password"] == before["password"]
    if "login" in after:
        assert after["login"] == before["user"]
    if "bin" in after:
        assert opened(sealed)["bin"] == b"\x00\xff"


def test_edit_metadata_and_type_are_spliced(sealed: Path) -> None:
    """Labels, annotations and type go into the template; ciphertext stays."""
    before = load(sealed)
    body = """\
text = text.replace("app: web", "app: shop\\n    tier: data").replace("    note: old\\n", "")
file.write_text(text.replace("annotations:", "annotations: {}").replace("Opaque", "example.com/x"))
"""
    assert edit(body).code == 0
    after = load(sealed)
    assert after.template.labels == {"app": "shop", "tier": "data"}
    assert after.template.annotations == {}
    assert after.template.type == "example.com/x"
    assert after.encrypted_data == before.encrypted_data


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("put('name: db', 'name: web')", "the name cannot be changed from 'db'"),
        ("put('namespace: shop', 'namespace: other')", "the namespace cannot be changed"),
        (
            "put('note: old', 'sealedsecrets.bitnami.com/cluster-wide: \"true\"')",
            "the scope cannot be changed",
        ),
        ("put('type: Opaque', 'immutable: true')", "immutable cannot be edited here"),
        ("put('type: Opaque', 'typ: Opaque')", "a Secret has no field typ"),
        ("put('  labels:', '  finalizers: [a/b]\\n  labels:')", "metadata.finalizers cannot be"),
        (f"put('{SEALED}', '017')", "must be a string and is a number"),
        (f"put('{SEALED}', '[')", "the edited text:"),
        (f"put('user: {SEALED}', 'user: {SEALED[:4]}')", "holds a part of"),
        (f"put('user: {SEALED}', 'a b: c')", "'a b' is no item key"),
        ("put('user:', 'user: x\\n  user:')", "stands twice"),
        ("put('user:', 'x: 1\\n  user:')", "must be a string"),
        (f"put('user:', 'x: {SEALED}\\n  user:')", "x has no sealed value that could stay"),
        (
            "file.write_text(text.replace('user:', 'x:').replace('password:', 'y:'))",
            "it is not clear whether it was password or user",
        ),
        (
            f"text = text.replace('note: old', 'note: words!')\nput('{SEALED}', 'words!')",
            "annotation note holds a copy of a value",
        ),
        ("file.write_text(text + '---\\n' + text)", "there must be one Secret"),
        ("file.write_text('kind: ConfigMap\\napiVersion: v1\\n')", "there must be one Secret"),
        ("file.write_text(text[:-90])", "the text was cut off"),
        ("file.write_bytes(b'\\xff\\xff')", "is not UTF-8 text"),
    ],
)  # fmt: skip
def test_edit_unusable_text_is_opened_once_more_and_changes_nothing(
    sealed: Path, body: str, words: str
) -> None:
    """With the reason on top; where nobody is at a terminal, the second time is the last."""
    before = sealed.read_bytes()
    done = edit(f"if not first: sys.exit()\n{body}")
    assert done.code == 3
    assert words in done.err
    assert "nothing was changed" in done.err
    assert seen().count("#! error:") >= 1
    assert words.removeprefix("the edited text:") in seen()
    assert sealed.read_bytes() == before


def test_edit_mended_text_is_taken(sealed: Path) -> None:
    """The reason tells the line as it is counted then, and is not part of the text."""
    body = f"""\
if first:
    put('password: {SEALED}', 'password: 0123')
else:
    place = int(text.split("error: line ")[1].split(":")[0])
    assert "0123" in text.splitlines()[place - 1]
    put('0123', '"0123"')
"""
    assert edit(body).code == 0
    assert opened(sealed)["password"] == b"0123"


def test_edit_at_a_terminal_is_opened_until_it_is_left_alone(sealed: Path) -> None:
    """People may try as often as they like."""
    body = "count = text.count('bad')\nif count < 3: file.write_text(text + f'bad{count}: [\\n')"
    done = edit(body, terminals="in err")
    assert done.code == 3
    assert seen().count("mend it and save") == 3
    assert sealed.exists()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "put('Opaque', 'kubernetes.io/tls')",
            "type kubernetes.io/tls demands tls.crt and tls.key",
        ),
        (
            "put('Opaque', 'kubernetes.io/dockerconfigjson\\ndata: {.dockerconfigjson: eA==}')",
            'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>',
        ),
        (
            "put('Opaque', 'kubernetes.io/tls\\ndata: {tls.crt: eA==}')",
            "type kubernetes.io/tls demands tls.key",
        ),
        (
            "put('Opaque', 'kubernetes.io/service-account-token')",
            "a service account token is made by the cluster",
        ),
    ],
)
def test_edit_type_that_the_items_do_not_fit_is_opened_again(
    sealed: Path, body: str, reason: str
) -> None:
    """What sealing refuses is refused here, with the reason on top of the text."""
    before = sealed.read_bytes()
    done = edit(f"if first:\n    {body}\n")
    assert done.code == 3
    assert reason in done.err
    assert reason in seen()
    assert sealed.read_bytes() == before


def test_edit_item_that_the_type_demands_cannot_go(sealed: Path) -> None:
    """Another type may be taken with it; what was missing before keeps nobody from editing."""
    basic = "put('Opaque', 'kubernetes.io/basic-auth')"
    assert edit(basic).code == 0
    gone = f"put('  password: {SEALED}', '')"
    assert edit(f"if first:\n    {gone}\n").code == 3
    done = edit(
        f"text = text.replace('  password: {SEALED}', '')\n"
        "put('kubernetes.io/basic-auth', 'Opaque')"
    )
    assert done.code == 0, done.err
    assert "demands" not in done.err
    sealed.write_text(sealed.read_text().replace("Opaque", "kubernetes.io/tls"))
    done = edit("put('web', 'shop-window')")
    assert done.code == 0, done.err
    assert "warning: db.yaml:" in done.err
    assert "type kubernetes.io/tls demands tls.crt and tls.key" in done.err
