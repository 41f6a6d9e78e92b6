"""Where values come from: each source, its faults, and that no message ever repeats a value."""

import re
from pathlib import Path

import pytest

from tests.cli.create.opening import CERT, FOR_SHOP, created, values
from tests.support.program import Done, run, write_all

GENERIC = ("create", "generic", "db", *FOR_SHOP)
pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with values in it, and an environment."""
    write_all(folder, {"a.txt": "text\n", "x.env": "A=1\nB\n", "many/a": "1", "many/b": "2"})
    monkeypatch.setenv("B", "from outside")
    monkeypatch.setenv("EMPTY", "")
    return folder


def _generic(*arguments: str, stdin: bytes = b"") -> Done:
    return run(*GENERIC, *arguments, stdin=stdin)


def _values(*arguments: str, stdin: bytes = b"") -> dict[str, bytes]:
    return values(created(_generic(*arguments, stdin=stdin)))


def test_values_of_all_sources_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which kubectl refuses, and nothing speaks against."""
    monkeypatch.setenv("RAW", "\udcff\udcfe")
    found = _values(
        *("--from-file", "many", "--from-file", "k=a.txt", "--from-env-file", "x.env"),
        *("--from-env", "v=B", "--from-env", "raw=RAW", "--generate", "g=hex:32"),
        *("--from-file", "in=-"),
        stdin=b"\x00piped\n",
    )
    assert len(found.pop("g")) == 32
    assert found == {
        "a": b"1",
        "b": b"2",
        "k": b"text\n",
        "A": b"1",
        "B": b"from outside",
        "v": b"from outside",
        "raw": b"\xff\xfe",
        "in": b"\x00piped\n",
    }


def test_values_of_an_env_file_may_come_from_standard_input() -> None:
    """As a pipe from another program."""
    assert _values("--from-env-file", "-", stdin=b"A=1\nB=2") == {"A": b"1", "B": b"2"}


@pytest.mark.parametrize("data", ["hunter2", "hunter2\n", "A=1\nB\n  hunter2\n", "hunter2.x\r\n"])
def test_values_env_file_line_of_no_variable_is_refused(here: Path, data: str) -> None:
    """It is a value, not a name, more often than not: a key of an item is no secret."""
    sealed = _generic("--from-env", "k=B").out
    write_all(here, {"pw.txt": data, "db.yaml": sealed})
    for command in (GENERIC, ("set", "db.yaml", *CERT)):
        done = run(*command, "--from-env-file", "pw.txt")
        assert (done.code, done.out) == (3, b"")
        line = data.rstrip().count("\n") + 1
        assert f"error: pw.txt:{line}: the line has no '='" in done.err
        assert "--from-file KEY=PATH" in done.err
        assert "hunter2" not in done.err
    assert Path("db.yaml").read_bytes() == sealed


def test_values_env_file_line_of_an_empty_variable_gives_an_empty_item() -> None:
    """It is set, and that is what it is set to."""
    assert _values("--from-env-file", "-", stdin=b"EMPTY\nB") == {
        "EMPTY": b"",
        "B": b"from outside",
    }


def test_values_from_an_empty_variable_are_told() -> None:
    """It may be meant."""
    done = _generic("--from-env", "k=EMPTY")
    assert "warning: the variable for k is empty" in done.err
    assert values(created(done)) == {"k": b""}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from-file", "missing"), "error: missing: cannot be read: No such file"),
        (("--from-env-file", "missing"), "error: missing: cannot be read: No such file"),
        (("--from-env-file", "many"), "error: many: cannot be read: Is a directory"),
        (("--from-env", "k=UNSET_hunter2"), "error: the variable for k is not set"),
        (("--from-file", "k=many"), "error: many: cannot give a key name for a directory path"),
        (("--from-file", "k k=a.txt"), "error: a.txt: the item key is not legal"),
        (("--from-env", "k/k=B"), "error: the item key is not legal"),
        (("--generate", "..k=uuid"), "error: the item key is not legal"),
        (("--prompt", "k:k"), "error: the item key is not legal"),
        (("--generate", "k.=tls:a b"), "not every host"),
        (("--from-file", "big"), "error: big: the input is larger than 1 MiB"),
        (("--from-env-file", "big.env"), "error: big.env:1: the value of K is larger"),
        (("--from-file", "bad"), "error: bad/with space: the item key is not legal"),
    ],
)
def test_values_that_cannot_be_used_are_refused(
    here: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Code 3 with the place; no certificate helps."""
    write_all(here, {"big": b"x" * 1048577, "big.env": b"K=" + b"x" * 1048577})
    write_all(here, {"bad/with space": "hunter2"})
    done = _generic(*arguments)
    assert (done.code, done.out) == (2 if "tls:" in arguments[1] else 3, b"")
    assert said in done.err
    assert "hunter2" not in done.err


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("--from-file", "A=a.txt"), ("--from-file", "A=many/a")),
        (("--from-file", "A=a.txt"), ("--from-env-file", "x.env")),
        (("--from-env", "A=B"), ("--from-env-file", "x.env")),
        (("--from-env", "A=B"), ("--generate", "A=uuid")),
        (("--generate", "A=uuid"), ("--generate", "A=hex")),
        (("--generate", "A=uuid"), ("--prompt", "A")),
        (("--prompt", "A"), ("--prompt", "A")),
        (("--generate", "A=ssh-ed25519"), ("--from-file", "A.pub=a.txt")),
        (("--generate", "A=tls:x"), ("--from-file", "A.key=a.txt")),
    ],
)
def test_values_under_one_key_twice_are_refused(
    first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    """In kubectl's words, and before anyone has to type."""
    for arguments in ((*first, *second), (*second, *first)):
        done = _generic(*arguments)
        assert (done.code, done.out) == (3, b"")
        assert "cannot add key A" in done.err
        assert "another key by that name already exists" in done.err


def test_values_with_several_faults_tell_them_all() -> None:
    """One run shows everything that has to be mended."""
    done = _generic("--from-file", "no", "--from-env", "k=NO", "--prompt", "a b")
    assert done.code == 3
    assert done.err.count("error: ") == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from-file", "-"), "what comes from standard input needs a key"),
        (("--from-file", "a=-", "--from-file", "b=-"), "the source of one value only"),
        (("--from-file", "a=-", "--from-env-file", "-"), "the source of one value only"),
        (("--from-file", "a=-", "--cert", "-"), "standard input cannot be both"),
        (("--from-file", "=a.txt"), "--from-file takes PATH or KEY=PATH"),
        (("--from-file", "k="), "--from-file takes PATH or KEY=PATH"),
        (("--from-file", "k=a=b"), "--from-file takes PATH or KEY=PATH"),
        (("--from-file", '"a'), "double quotes in a list of files do not match"),
        (("--from-file", '"a"b,c'), "double quotes in a list of files do not match"),
        (("--from-env", "hunter2"), "--from-env takes KEY=VARIABLE"),
        (("--from-env", "=hunter2"), "--from-env takes KEY=VARIABLE"),
        (("--generate", "hunter2"), "--generate takes KEY=SPEC"),
        (("--generate", "k=hunter2"), "--generate k=…: there is no such generator"),
        (("--from-literal", "k=hunter2"), "--from-literal is refused"),
        ((), "there is nothing to put into the Secret"),
        (("--from-file", ""), "there is nothing to put into the Secret"),
    ],
)
def test_values_wrong_usage_is_explained(arguments: tuple[str, ...], said: str) -> None:
    """Code 2; what was typed is not repeated."""
    done = _generic(*arguments, stdin=b"x")
    assert (done.code, done.out) == (2, b"")
    assert said in done.err
    assert "hunter2" not in done.err


def test_from_literal_hint_names_what_the_command_has() -> None:
    """Each of the sources, where there are any."""
    done = _generic("--from-literal=a=hunter2")
    options = ("--from-file", "--from-env-file", "--from-env", "--prompt", "--generate")
    assert all(option in done.err.partition("hint:")[2] for option in options)
    assert "standard input" in done.err
    done = run("seal", "--from-literal=a=hunter2")
    assert "hint: give the value on standard input, or in a file that is named" in done.err


def test_values_options_have_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several stand with commas between them."""
    monkeypatch.setenv("SEALER_FROM_FILE", "k=a.txt,many")
    monkeypatch.setenv("SEALER_FROM_ENV", "v=B,w=B")
    monkeypatch.setenv("SEALER_GENERATE", "g=uuid")
    assert sorted(_values()) == ["a", "b", "g", "k", "v", "w"]


@pytest.mark.parametrize("command", ["set", "create generic", "create basic-auth"])
def test_values_help_tells_how_long_a_generated_value_may_be(command: str) -> None:
    """The numbers are those that are accepted; nobody should have to try."""
    words = " ".join(run(*command.split(), "--help").out.decode().split())
    told = words.partition("A random value: ")[2]
    bounds = dict(re.findall(r"(\w+):\d+ \((\d+ to \d+)", told))
    assert list(bounds) == ["alnum", "hex", "base64", "rsa"]
    for kind, bound in bounds.items():
        done = _generic("--generate", f"k={kind}:1")
        assert f"must be from {bound}" in done.err
