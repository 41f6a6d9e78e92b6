"""`sealer seal`: where Secrets come from, where SealedSecrets go, and what is said about it."""

import json
import stat
from pathlib import Path

import pytest

from sealer.sealing.recovery import unseal_stream
from sealer_keys.keyring import Keyring
from tests.cli.conftest import CONFIG, SECRET, VALUE
from tests.support import vectors
from tests.support.program import run, snapshot, write_all

CERT = ("--cert", "rsa2048.crt.pem")
pytestmark = pytest.mark.usefixtures("folder")


def _opens(data: bytes) -> bool:
    """Tell whether there are SealedSecrets in it, and all hold the value."""
    keyring = Keyring([vectors.key_pair("rsa2048")])
    result = unseal_stream(data, keyring)
    return bool(result.count) and b"Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5" in result.data


def test_seal_file_prints_yaml_that_opens() -> None:
    """The plain case: a file in, a SealedSecret out, words on standard error."""
    done = run("seal", "secret.yaml", *CERT)
    assert done.code == 0
    assert done.out.startswith(b"---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n")
    assert _opens(done.out)
    assert "sealing with the certificate from rsa2048.crt.pem: key " in done.err
    assert VALUE not in done.err


def test_seal_standard_input_without_a_path_or_with_a_dash() -> None:
    """Both mean standard input."""
    for arguments in ((), ("-",)):
        assert _opens(run("seal", *arguments, *CERT, stdin=SECRET.encode()).out)


def test_seal_at_a_terminal_without_a_path_says_what_to_type() -> None:
    """Nobody waits for input that nobody knows of."""
    done = run("seal", *CERT, terminals="in")
    assert done.code == 2
    assert "hint: name a file, such as: sealer seal secret.yaml" in done.err


def test_seal_without_a_secret_passes_all_and_says_so() -> None:
    """Success after doing nothing is told; no certificate is needed for it."""
    done = run("seal", "config.yaml")
    assert (done.code, done.out) == (0, CONFIG.encode())
    assert "there is no Secret to seal; passed through as they are: ConfigMap 1" in done.err


def test_seal_several_files_joins_them_as_documents(folder: Path) -> None:
    """A marker stands between files where there is none; a mark in the middle goes."""
    write_all(folder, {"marked.yaml": b"\xef\xbb\xbf" + CONFIG.encode().rstrip(), "c.json": "{}"})
    done = run("seal", "marked.yaml", "config.yaml", "secret.yaml", *CERT)
    assert done.out.startswith(CONFIG.encode().rstrip() + b"\n---\n" + CONFIG.encode() + b"---\n")
    assert _opens(done.out)


def test_seal_several_files_of_other_encodings_is_refused(folder: Path) -> None:
    """Bytes of two encodings make no file."""
    write_all(folder, {"wide.yaml": SECRET.encode("utf-16")})
    done = run("seal", "wide.yaml", "secret.yaml", *CERT)
    assert (done.code, done.out) == (3, b"")
    assert "error: wide.yaml: only UTF-8 files can be joined" in done.err


def test_seal_to_file_writes_it_for_its_owner_only(folder: Path) -> None:
    """A new file has mode 0600."""
    done = run("seal", "secret.yaml", "-w", "sealed.yaml", *CERT)
    assert (done.code, done.out) == (0, b"")
    assert _opens((folder / "sealed.yaml").read_bytes())
    assert stat.S_IMODE((folder / "sealed.yaml").stat().st_mode) == 0o600
    assert "sealed 1 Secret in 1 file" in done.err


@pytest.mark.parametrize(
    ("arguments", "begin"),
    [
        (("-w", "out.json"), "{"),
        (("-w", "out.yaml"), "---\n"),
        (("-w", "out.yaml", "-o", "json"), "{"),
        (("-w", "out.json", "-o", "yaml"), "---\n"),
        (("-w", "out.json", "-o", "YAML"), "---\n"),
    ],
)
def test_seal_form_follows_option_then_target(
    folder: Path, arguments: tuple[str, ...], begin: str
) -> None:
    """`-o` decides, else the name of the target does."""
    assert run("seal", "secret.yaml", *arguments, *CERT).code == 0
    assert (folder / arguments[1]).read_text().startswith(begin)


def test_seal_in_place_rewrites_what_holds_secrets_only(folder: Path) -> None:
    """Files without Secrets are not touched, JSON stays JSON, modes stay."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"},
        "stringData": {"password": VALUE},
    }
    write_all(folder, {"m/a.json": json.dumps(manifest), "m/b.yml": SECRET, "m/c.yaml": CONFIG})
    (folder / "m" / "b.yml").chmod(0o640)
    untouched = (folder / "m" / "c.yaml").stat().st_mtime_ns
    done = run("seal", "--in-place", "m", *CERT)
    assert done.code == 0
    assert (folder / "m" / "c.yaml").stat().st_mtime_ns == untouched
    assert json.loads((folder / "m" / "a.json").read_text())["kind"] == "SealedSecret"
    assert stat.S_IMODE((folder / "m" / "b.yml").stat().st_mode) == 0o640
    assert all(_opens((folder / "m" / name).read_bytes()) for name in ("a.json", "b.yml"))
    assert "sealed 2 Secrets in 2 files; passed through as they are: ConfigMap 1" in done.err


def test_seal_in_place_twice_changes_nothing_the_second_time(folder: Path) -> None:
    """What is sealed is another kind."""
    run("seal", "--in-place", ".", *CERT)
    before = snapshot(folder)
    done = run("seal", "--in-place", ".", *CERT)
    assert done.code == 0
    assert snapshot(folder) == before


def test_seal_folder_with_one_bad_file_changes_nothing(folder: Path) -> None:
    """All or nothing, and every fault is told."""
    bad = SECRET.replace("stringData", "data")
    write_all(folder, {"m/a.yaml": SECRET, "m/b.yaml": bad, "m/c.yaml": bad, "m/d.yaml": SECRET})
    before = snapshot(folder)
    done = run("seal", "--in-place", "m", *CERT)
    assert done.code == 3
    assert snapshot(folder) == before
    assert "error: m/b.yaml:7:13: shop/db: data.password: illegal base64 data" in done.err
    assert "error: m/c.yaml:7:13: shop/db: data.password: illegal base64 data" in done.err


def test_seal_to_folder_mirrors_manifests(folder: Path) -> None:
    """Every manifest has its counterpart; what is no manifest is left alone and counted."""
    write_all(folder, {"in/a/s.yaml": SECRET, "in/c.yaml": CONFIG, "in/values.yaml": "x: 1\n"})
    done = run("seal", "in", "-d", "out/deep", *CERT)
    assert done.code == 0
    written = snapshot(folder / "out" / "deep")
    assert sorted(written) == ["a/s.yaml", "c.yaml"]
    assert written["c.yaml"] == CONFIG.encode()
    assert _opens(written["a/s.yaml"])
    assert "left alone, being no manifest: 1 file\n" in done.err


def test_seal_to_folder_inside_the_input_does_not_read_it_back(folder: Path) -> None:
    """Results of an earlier run are no input of the next."""
    write_all(folder, {"m/s.yaml": SECRET})
    for _ in range(2):
        assert run("seal", "m", "-d", "m/sealed", *CERT).code == 0
    assert sorted(snapshot(folder / "m")) == ["s.yaml", "sealed/s.yaml"]


def test_seal_folder_without_any_manifest_is_an_error(folder: Path) -> None:
    """Doing nothing is no success."""
    write_all(folder, {"m/values.yaml": "x: 1\n", "empty/readme.md": ""})
    assert run("seal", "m", *CERT).code == 3
    done = run("seal", "empty", *CERT)
    assert done.code == 3
    assert "error: empty: the folder holds no file to look at (.json, .yaml, .yml)" in done.err


def test_seal_check_tells_what_is_readable_and_writes_nothing(folder: Path) -> None:
    """It needs no certificate; the answer is no while a Secret can be read."""
    before = snapshot(folder)
    done = run("seal", "--check", ".")
    assert (done.code, done.out) == (1, b"secret.yaml:1:1: shop/db is not sealed\n")
    assert snapshot(folder) == before
    assert run("seal", "--in-place", ".", *CERT).code == 0
    assert run("seal", "--check", ".").code == 0


def test_seal_check_of_a_bad_file_is_unusable_input(folder: Path) -> None:
    """Unusable input goes before the answer, which is given all the same."""
    write_all(folder, {"bad.yaml": "a: [\n"})
    done = run("seal", "--check", "bad.yaml", "secret.yaml")
    assert done.code == 3
    assert b"secret.yaml:1:1" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("secret.yaml", "-w", "secret.yaml"),
            "to replace the file itself: sealer seal --in-place",
        ),
        (
            ("secret.yaml", "-w", "./link.yaml"),
            "to replace the file itself: sealer seal --in-place",
        ),
        ((".", "-d", "."), "to replace the file itself: sealer seal --in-place"),
        (("secret.yaml", "-w", "a", "-d", "b"), "exclude each other"),
        (("secret.yaml", "--in-place", "-d", "b"), "exclude each other"),
        (("-", "--in-place"), "standard input has no name"),
        (("-", "-d", "out"), "standard input has no name"),
        (("m/a/x.yaml", "m/b/x.yaml", "-d", "out"), "would both become out/x.yaml"),
        (("secret.yaml", "--check", "--fresh"), "--check and --fresh exclude each other"),
        (("secret.yaml", "m/a/x.yaml", "--name", "one"), "--name is for one Secret"),
        (("secret.yaml", "--scope", "global"), "'--scope': it takes one of strict"),
        (("secret.yaml", "-n", "Not_Legal"), "it takes lower-case letters"),
        (("secret.yaml", "--name", "Not_Legal"), "it takes lower-case letters"),
        (("secret.yaml", "--no-such"), "No such option"),
        (("--from-literal", "a=hunter2hunter"), "--from-literal is refused"),
        (("--from-literal=a=hunter2hunter",), "--from-literal is refused"),
        (("-", "--cert", "-"), "standard input cannot be both"),
    ],
)
def test_seal_wrong_usage_is_explained(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    """Code 2, nothing written, and what to type instead."""
    write_all(folder, {"m/a/x.yaml": SECRET, "m/b/x.yaml": SECRET})
    (folder / "link.yaml").symlink_to("secret.yaml")
    before = snapshot(folder)
    done = run("seal", *arguments, *(() if "--cert" in arguments else CERT))
    assert done.code == 2
    assert said in done.err
    assert "hunter2" not in done.err
    assert snapshot(folder) == before


def test_seal_options_reach_the_object() -> None:
    """Scope, name and namespace are those of the command line."""
    text = SECRET.replace("  namespace: shop\n", "")
    arguments = ("--scope", "namespace-wide", "-n", "team-a", "--name", "other")
    done = run("seal", *arguments, *CERT, stdin=text.encode())
    assert b'namespace-wide: "true"' in done.out
    assert b"name: other\n  namespace: team-a\n" in done.out


def test_seal_namespace_of_another_is_refused() -> None:
    """A Secret's own namespace is not overridden by accident."""
    done = run("seal", "secret.yaml", "-n", "other", *CERT)
    assert done.code == 3
    assert "error: secret.yaml:5:14: shop/db" in done.err
    assert "namespace mismatch" in done.err


def test_seal_empty_secret_needs_to_be_meant() -> None:
    """A Secret without items is an error, as in the original, unless it is allowed."""
    text = SECRET.split("stringData", maxsplit=1)[0].encode()
    assert run("seal", *CERT, stdin=text).code == 3
    assert run("seal", "--allow-empty-data", *CERT, stdin=text).code == 0


@pytest.mark.parametrize("prefix", ["SEALER", "SEALED_SECRETS"])
def test_seal_settings_come_from_the_environment_too(
    monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    """Both names are read, and the command line wins."""
    monkeypatch.setenv(f"{prefix}_CERT", "rsa2048.crt.pem")
    monkeypatch.setenv(f"{prefix}_SCOPE", "cluster-wide")
    monkeypatch.setenv(f"{prefix}_FORMAT", "json")
    monkeypatch.setenv("SEALER_NO_HINTS", "1")
    done = run("seal", "secret.yaml")
    assert json.loads(done.out)["metadata"]["annotations"] == {
        "sealedsecrets.bitnami.com/cluster-wide": "true"
    }
    assert b"annotations" not in run("seal", "secret.yaml", "--scope", "strict").out


def test_seal_own_environment_goes_before_the_originals(monkeypatch: pytest.MonkeyPatch) -> None:
    """SEALER_ is read first."""
    monkeypatch.setenv("SEALER_SCOPE", "namespace-wide")
    monkeypatch.setenv("SEALED_SECRETS_SCOPE", "cluster-wide")
    assert b"namespace-wide" in run("seal", "secret.yaml", *CERT).out


def test_seal_verbose_remarks_on_short_values_and_quiet_says_nothing(folder: Path) -> None:
    """`-v` adds, `-q` takes away."""
    write_all(folder, {"short.yaml": SECRET.replace(VALUE, "abc")})
    assert "fewer than 8 bytes" not in run("seal", "short.yaml", *CERT).err
    assert "short.yaml:7:13: shop/db" in run("seal", "short.yaml", "-v", *CERT).err
    assert run("seal", "short.yaml", "-q", *CERT).err == ""


def test_seal_file_twice_on_the_command_line_is_sealed_once() -> None:
    """The same file under two names is one input."""
    done = run("seal", "secret.yaml", "./secret.yaml", *CERT)
    assert done.out.count(b"kind: SealedSecret") == 1


def test_seal_warnings_name_the_file() -> None:
    """A warning has its place as an error has."""
    text = SECRET + f"# was {VALUE}\n"
    done = run("seal", *CERT, stdin=text.encode())
    assert "warning: -:8:1: the comment holds a copy of a value and is taken out" in done.err
    assert VALUE not in done.err


def test_seal_names_with_control_characters_are_made_harmless() -> None:
    """A manifest cannot steer the terminal of whoever seals it."""
    text = SECRET.replace("name: db", 'name: "\\e]0;x\\a\\r\\u202e"')
    done = run("seal", *CERT, stdin=text.encode(), terminals="err")
    assert done.code == 3
    assert "shop/\\x1b]0;x\\x07\\r\\u202e: " in done.err
    assert not {"\x07", "\r", "\u202e"} & set(done.err)


_LIST = "apiVersion: v1\nkind: List\nitems:\n- {}\n- {}\n"


@pytest.mark.parametrize(
    ("text", "only", "sealed"),
    [
        ("{s}---\n{p}", ("1",), [0]),
        ("{p}---\n{s}", ("2",), [1]),
        ("{s}---\n{p}---\n{s}", ("1", "3"), [0, 2]),
        ("{s}---\n{p}---\nkind: x\n---\na: 1\n---\nx\n", ("1",), [0]),
        ("{s}---\napiVersion: v1\nkind: Secret\ndata: {{a: '!'}}\n", ("1",), [0]),
        ("apiVersion: v1\nkind: List\nitems:\n- {j}\n- {q}\n", ("1/items/0",), [0]),
        ("apiVersion: v1\nkind: List\nitems:\n- {q}\n- {j}\n", ("1/items/1",), [1]),
        ("- {q}\n- {j}\n", ("1/1",), [1]),
        ("{p}---\napiVersion: v1\nkind: List\nitems:\n- {j}\n", ("2",), [1]),
    ],
)
def test_seal_only_some_places_leaves_the_rest_byte_for_byte(
    folder: Path, text: str, only: tuple[str, ...], sealed: list[int]
) -> None:
    """Neither a Secret elsewhere nor what is wrong with it matters."""
    parts = {
        "s": SECRET,
        "p": SECRET.replace(VALUE, "${PASSWORD}"),
        "j": json.dumps(_object(VALUE)),
        "q": json.dumps(_object("${PASSWORD}")),
    }
    write_all(folder, {"a.yaml": text.format(**parts)})
    places = [word for place in only for word in ("--only", place)]
    done = run("seal", "--in-place", "a.yaml", *places, *CERT)
    assert done.code == 0, done.err
    after = (folder / "a.yaml").read_text()
    assert after.count("kind: SealedSecret") + after.count('"SealedSecret"') == len(sealed)
    assert after.count("${PASSWORD}") == text.format(**parts).count("${PASSWORD}")
    assert VALUE not in after
    assert "placeholder" not in done.err


def _object(value: str) -> dict[str, object]:
    metadata = {"name": "db", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"a": value}}


@pytest.mark.parametrize("place", ["3", "/1", "0", "x", "1/items/0", ""])
def test_seal_only_a_place_without_a_secret_is_refused(folder: Path, place: str) -> None:
    """Nothing is sealed that was not meant, and nothing left open that was."""
    write_all(folder, {"a.yaml": f"{SECRET}---\n{CONFIG}"})
    before = snapshot(folder)
    done = run("seal", "--in-place", "a.yaml", "--only", "1", "--only", place, *CERT)
    assert done.code != 0
    assert f"there is no Secret at '{place}'" in done.err
    assert snapshot(folder) == before


def test_seal_only_a_place_in_a_file_that_cannot_be_read_is_refused(folder: Path) -> None:
    """What stands where is not certain in such a file."""
    write_all(folder, {"a.yaml": f"{SECRET}---\na: 1\na: 2\n"})
    done = run("seal", "--in-place", "a.yaml", "--only", "1", *CERT)
    assert (done.code, "stands twice" in done.err) == (3, True)


def test_seal_only_is_about_one_file_that_is_rewritten() -> None:
    """A place means something else in the next file."""
    done = run("seal", "secret.yaml", "config.yaml", "--only", "1", *CERT)
    assert (done.code, "--only is about one file" in done.err) == (2, True)
    done = run("seal", "--check", "secret.yaml", "--only", "1")
    assert (done.code, "exclude each other" in done.err) == (2, True)
