"""Sealing again: what did not change keeps its ciphertext, and `--check` tells what did."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.manifest import find_objects
from sealer.sealing.recovery import unseal_stream
from sealer_keys.keyring import Keyring
from tests.cli.conftest import CONFIG, SECRET, VALUE
from tests.support import vectors
from tests.support.program import Done, run, snapshot, write_all

CERT = ("--cert", "rsa2048.crt.pem")
OTHER_CERT = ("--cert", str(vectors.KEYS / "rsa3072.crt.pem"))
TWO = SECRET + "  user: admin-of-the-shop\n"
OLD = 1_000_000_000 * 10**9
pytestmark = pytest.mark.usefixtures("folder")


def _seal(*arguments: str, cert: tuple[str, ...] = CERT) -> Done:
    done = run("seal", *arguments, *cert)
    assert done.code == 0, done.err
    return done


def _seal_to_file(text: str = TWO, *arguments: str, cert: tuple[str, ...] = CERT) -> Done:
    """Seal a text to `sealed.yaml`, which has an old modification time before."""
    Path("secret.yaml").write_text(text)
    if Path("sealed.yaml").exists():
        os.utime("sealed.yaml", ns=(OLD, OLD))
    return _seal("secret.yaml", "-w", "sealed.yaml", *arguments, cert=cert)


def _is_untouched(name: str = "sealed.yaml") -> bool:
    return Path(name).stat().st_mtime_ns == OLD


def _objects(name: str = "sealed.yaml") -> list[dict[str, Any]]:
    documents = read_stream(Path(name).read_bytes()).documents
    return [plain(found.node) for each in documents for found in find_objects(each)]  # type: ignore[misc] # JSON values


def _items(name: str = "sealed.yaml") -> dict[str, str]:
    (manifest,) = _objects(name)
    items: dict[str, str] = manifest["spec"]["encryptedData"]
    return items


def _opened(name: str = "sealed.yaml") -> bytes:
    return unseal_stream(Path(name).read_bytes(), Keyring([vectors.key_pair("rsa2048")])).data


@pytest.mark.parametrize(
    "arguments", [(), ("--no-hints",), ("-o", "json"), ("--scope", "cluster-wide")]
)
def test_seal_again_unchanged_touches_nothing(arguments: tuple[str, ...]) -> None:
    """No byte, no modification time; and it is said."""
    _seal_to_file(TWO, *arguments)
    before = Path("sealed.yaml").read_bytes()
    done = _seal_to_file(TWO, *arguments)
    assert Path("sealed.yaml").read_bytes() == before
    assert _is_untouched()
    assert "sealed 1 Secret in 1 file; kept as they were: 2 values" in done.err


def test_seal_again_seals_what_changed_and_nothing_else() -> None:
    """A changed value, a new item and one that is gone; the others keep their ciphertext."""
    _seal_to_file(TWO + "  old: old-value\n")
    before = _items()
    _seal_to_file(TWO.replace(VALUE, "another-value") + "  new: new-value\n")
    after = _items()
    assert after["user"] == before["user"]
    assert after["password"] != before["password"]
    assert after.keys() == {"user", "password", "new"}
    assert b"YW5vdGhlci12YWx1ZQ==" in _opened()


def test_seal_again_back_to_an_earlier_value_seals_it_anew() -> None:
    """Only the ciphertext that is there can be kept."""
    _seal_to_file()
    first = _items()
    _seal_to_file(TWO.replace(VALUE, "another-value"))
    _seal_to_file()
    assert _items()["password"] != first["password"]
    assert VALUE.encode() not in _opened()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("metadata:\n", "metadata:\n  labels: {tier: backend}\n"),
        ("metadata:\n", "metadata:\n  annotations: {note: text}\n"),
        ("stringData:\n", "type: example.com/own\nstringData:\n"),
        ("stringData:\n", "immutable: true\nstringData:\n"),
    ],
)
def test_seal_again_shows_changes_around_the_values(old: str, new: str) -> None:
    """Metadata and type change while all ciphertext stays."""
    _seal_to_file()
    before = _items()
    _seal_to_file(TWO.replace(old, new, 1))
    assert _items() == before
    assert not _is_untouched()


@pytest.mark.parametrize(
    ("text", "arguments", "cert"),
    [
        (TWO, ("--fresh",), CERT),
        (TWO, ("--no-cache",), CERT),
        (TWO, (), OTHER_CERT),
        (TWO, ("--scope", "namespace-wide"), CERT),
        (TWO.replace("name: db", "name: other"), (), CERT),
        (TWO.replace("namespace: shop", "namespace: other"), (), CERT),
    ],
)
def test_seal_again_otherwise_seals_everything_anew(
    text: str, arguments: tuple[str, ...], cert: tuple[str, ...]
) -> None:
    """Another key, name, namespace or scope needs other ciphertext; two options ask for it."""
    _seal_to_file()
    before = _items()
    _seal_to_file(text, *arguments, cert=cert)
    assert set(_items().values()).isdisjoint(before.values())


def test_seal_again_without_cache_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is read as for every option; then nothing is kept of the run either."""
    monkeypatch.setenv("SEALER_NO_CACHE", "1")
    _seal_to_file()
    monkeypatch.delenv("SEALER_NO_CACHE")
    before = _items()
    _seal_to_file()
    assert set(_items().values()).isdisjoint(before.values())


def test_seal_again_after_fresh_keeps_the_fresh_ciphertext() -> None:
    """What `--fresh` made is remembered."""
    _seal_to_file()
    _seal_to_file(TWO, "--fresh")
    _seal_to_file()
    assert _is_untouched()


def test_seal_again_in_a_folder_touches_only_what_changed(folder: Path) -> None:
    """Each file has its counterpart; copies of other kinds are not touched either."""
    write_all(folder, {"in/a.yaml": SECRET, "in/b/b.yaml": SECRET, "in/c.yaml": CONFIG})
    _seal("in", "-d", "out")
    before = snapshot(folder / "out")
    names = ("out/a.yaml", "out/b/b.yaml", "out/c.yaml")
    for name in names:
        os.utime(name, ns=(OLD, OLD))
    _seal("in", "-d", "out")
    assert snapshot(folder / "out") == before
    assert all(map(_is_untouched, names))
    write_all(folder, {"in/a.yaml": SECRET.replace(VALUE, "another-value")})
    _seal("in", "-d", "out")
    assert [_is_untouched(name) for name in names] == [False, True, True]


def test_seal_again_finds_objects_wherever_they_stand_in_the_output(folder: Path) -> None:
    """Several inputs go to one file; their order changes, and one more comes."""
    write_all(folder, {"b.yaml": TWO.replace("name: db", "name: b")})
    _seal("secret.yaml", "b.yaml", "-w", "sealed.yaml")
    before = {each["metadata"]["name"]: each["spec"]["encryptedData"] for each in _objects()}
    write_all(folder, {"c.yaml": TWO.replace("name: db", "name: c")})
    _seal("c.yaml", "b.yaml", "secret.yaml", "-w", "sealed.yaml")
    after = {each["metadata"]["name"]: each["spec"]["encryptedData"] for each in _objects()}
    assert list(after) == ["c", "b", "db"]
    assert {name: after[name] for name in before} == before


def test_seal_again_takes_items_of_lists_too() -> None:
    """An object in a list is an object."""
    item = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"}}
    manifest = {"apiVersion": "v1", "kind": "List", "items": [item | {"stringData": {"a": VALUE}}]}
    _seal_to_file(json.dumps(manifest))
    _seal_to_file(json.dumps(manifest))
    assert _is_untouched()


def test_seal_again_over_output_of_another_tool_seals_anew(folder: Path) -> None:
    """What nobody here sealed may hold anything; what is no manifest is written over."""
    run("seal", "secret.yaml", "-w", "sealed.yaml", "--no-cache", *CERT)
    before = _items()
    _seal_to_file(SECRET)
    assert set(_items().values()).isdisjoint(before.values())
    for content in (b"\xff\xfe\xfd", b"a: [\n", b"", b"kind: SealedSecret\n"):
        write_all(folder, {"sealed.yaml": content})
        _seal_to_file(SECRET)
        assert VALUE.encode() not in _opened()


def test_seal_again_keeps_ciphertext_of_a_reformatted_output() -> None:
    """Somebody may break lines; the ciphertext is the same, and is written on one line again."""
    _seal_to_file(SECRET)
    before = Path("sealed.yaml").read_text()
    text = _items()["password"]
    lines = "".join(f"      {text[at : at + 80]}\n" for at in range(0, len(text), 80))
    Path("sealed.yaml").write_text(before.replace(text + "\n", "|\n" + lines))
    assert "\n" in _items()["password"]
    _seal_to_file(SECRET)
    assert Path("sealed.yaml").read_text() == before


def test_seal_in_place_is_remembered_for_later_outputs(folder: Path) -> None:
    """The same Secret sealed to the file that was sealed in place keeps what is there."""
    write_all(folder, {"sealed.yaml": SECRET})
    _seal("--in-place", "sealed.yaml")
    before = _items()
    _seal_to_file(SECRET)
    assert _items() == before
    assert _is_untouched()


def test_seal_to_standard_output_keeps_no_record() -> None:
    """What runs in a pipe would fill the store with what is never seen again."""
    _seal("secret.yaml")
    assert not (Path(os.environ["XDG_STATE_HOME"]) / "sealer").exists()


@pytest.mark.parametrize("how", ["file", "folder"])
def test_seal_check_of_unchanged_outputs_is_yes(folder: Path, how: str) -> None:
    """Nothing is printed, nothing is written."""
    arguments = _arguments(how)
    _seal(*arguments)
    before = snapshot(folder)
    done = run("seal", "--check", *arguments, *CERT)
    assert (done.code, done.out) == (0, b"")
    assert "nobody" not in done.err
    assert snapshot(folder) == before


def _arguments(how: str) -> tuple[str, ...]:
    write_all(Path(), {"in/s.yaml": TWO, "out/other.yaml": CONFIG})
    return ("in/s.yaml", "-w", "out/s.yaml") if how == "file" else ("in", "-d", "out")


CHANGES: Mapping[str, tuple[str, str, bytes]] = {
    "value": (VALUE, "another-value", b"out/s.yaml: shop/db: item password has another value\n"),
    "item": (
        "  user:",
        "  login:",
        b"out/s.yaml: shop/db: item login is new\nout/s.yaml: shop/db: item user is gone\n",
    ),
    "name": (
        "name: db",
        "name: other",
        b"out/s.yaml: shop/other: is not there under this name and scope\n",
    ),
    "label": (
        "metadata:\n",
        "metadata:\n  labels: {a: b}\n",
        b"out/s.yaml would be written otherwise\n",
    ),
}


@pytest.mark.parametrize("how", ["file", "folder"])
@pytest.mark.parametrize("change", CHANGES)
def test_seal_check_of_changed_inputs_is_no(folder: Path, how: str, change: str) -> None:
    """What changed is told by output and item; nothing is written."""
    arguments = _arguments(how)
    _seal(*arguments)
    old, new, said = CHANGES[change]
    write_all(folder, {"in/s.yaml": TWO.replace(old, new)})
    before = snapshot(folder)
    done = run("seal", "--check", *arguments, *CERT)
    assert (done.code, done.out) == (1, said)
    assert snapshot(folder) == before
    assert VALUE not in done.err


def test_seal_check_of_a_missing_output_is_no(folder: Path) -> None:
    """Folders are not made either."""
    done = run("seal", "--check", "secret.yaml", "-d", "no/such", *CERT)
    assert (done.code, done.out) == (1, b"no/such/secret.yaml is missing\n")
    assert not (folder / "no").exists()


def test_seal_check_of_copied_kinds_compares_them(folder: Path) -> None:
    """A folder is mirrored as a whole, and so it is compared."""
    write_all(folder, {"in/c.yaml": CONFIG})
    _seal("in", "-d", "out")
    write_all(folder, {"out/c.yaml": CONFIG + "# more\n"})
    done = run("seal", "--check", "in", "-d", "out", *CERT)
    assert (done.code, done.out) == (1, b"out/c.yaml would be written otherwise\n")


@pytest.mark.parametrize("arguments", [(), ("--no-cache",)])
def test_seal_check_without_a_record_does_not_know_and_says_so(arguments: tuple[str, ...]) -> None:
    """Unknown is not changed: the code is 0, and the note says what could not be told."""
    _seal("secret.yaml", "-w", "sealed.yaml", "--no-cache")
    done = run("seal", "--check", "secret.yaml", "-w", "sealed.yaml", *arguments, "-v", *CERT)
    assert (done.code, done.out) == (0, b"")
    assert "note: sealed.yaml: nobody here can tell whether 1 value changed" in done.err
    assert "note: sealed.yaml: shop/db, item password: there is no record of how" in done.err


def test_seal_check_without_a_record_still_sees_everything_else() -> None:
    """Metadata, items and the noted key are there to be compared."""
    _seal_to_file(TWO, "--no-cache")
    Path("secret.yaml").write_text(SECRET)
    done = run("seal", "--check", "secret.yaml", "-w", "sealed.yaml", *CERT)
    assert (done.code, done.out) == (1, b"sealed.yaml: shop/db: item user is gone\n")
    Path("secret.yaml").write_text(TWO.replace("metadata:", "immutable: true\nmetadata:"))
    done = run("seal", "--check", "secret.yaml", "-w", "sealed.yaml", *CERT)
    assert (done.code, done.out) == (1, b"sealed.yaml would be written otherwise\n")
    Path("secret.yaml").write_text(SECRET)
    done = run("seal", "--check", "secret.yaml", "-w", "sealed.yaml", *OTHER_CERT)
    assert b"sealed.yaml: shop/db: item password is sealed with another key\n" in done.out


def test_seal_check_of_standard_input_against_a_file() -> None:
    """A pipe can be compared as well."""
    _seal_to_file(SECRET)
    arguments = ("seal", "--check", "-", "-w", "sealed.yaml", *CERT)
    assert run(*arguments, stdin=SECRET.encode()).code == 0
    assert run(*arguments, stdin=TWO.encode()).code == 1
