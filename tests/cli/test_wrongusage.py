"""Wrong usage is explained, and what was typed is not repeated where it may be a value."""

from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.cli.options import PATH
from sealer.cli.wrongusage import looks_like_name
from tests.cli.test_exit_codes import COMMANDS
from tests.support.program import run, snapshot

VALUE = "hunter2hunter2"
CERT = ("--cert", "rsa2048.crt.pem")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "generic", "x", "-n", "s", f"password={VALUE}"), "1 argument more"),
        (("create", "generic", "x", "-n", "s", VALUE, VALUE), "2 arguments more"),
        (("create", "generic", f"password={VALUE}", "-n", "s", "--prompt", "k"), "'NAME'"),
        (("create", "generic", "x", "-n", f"{VALUE}!"), "'--namespace': it takes lower-case"),
        (("create", "generic", "x", "-n", "s", "--label", f"{VALUE}!=x"), "'--label': it takes"),
        (("create", "generic", "x", "-n", "s", "--scope", VALUE), "one of strict, namespace-wide"),
        (("create", "generic", "x", "-n", "s", f"--{VALUE}"), "No such option."),
        (("create", "generic", "x", "-n", "s", f"--immutable={VALUE}"), "does not take a value"),
        (("create", f"password={VALUE}"), "no such command"),
        (("set", "db.yaml", VALUE, "--prompt", "k"), "an option names another source"),
        (("set", "db.yaml", "k", VALUE), "only one KEY"),
        (("keys", "backup", "-w", "x", "--passphrase-fd", VALUE), "it takes a number from 0 on"),
        (("keys", "backup", "-w", "x", VALUE), "1 argument more"),
        (("keys", "generate", "--bits", VALUE), "it takes a number from 2048 to 16384"),
        (("doctor", "--timeout", VALUE), "it takes a number from 0.1 to 600"),
        (("doctor", "--timeout", "0"), "it takes a number from 0.1 to 600"),
        (("value", "secret.yaml", "-o", VALUE), "No such option '-o'"),
        (("unset", "db.yaml", "k", f"--name={VALUE}="), "'--name': it takes"),
    ],
)
def test_wrong_usage_is_told_without_what_was_typed(
    folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    """Code 2, and nothing is written."""
    before = snapshot(folder)
    done = run(*arguments, *(CERT if arguments[0] == "create" and len(arguments) > 3 else ()))
    assert (done.code, done.out) == (2, b"")
    assert words in done.err
    assert "hunter2" not in done.err
    assert snapshot(folder) == before


def test_key_with_a_value_behind_it_is_not_repeated(folder: Path) -> None:
    """Not where a key is asked for either: it is no key, and the value stands in it."""
    assert run("seal", "secret.yaml", *CERT, "-w", "db.yaml").code == 0
    before = snapshot(folder)
    done = run("set", "db.yaml", "--prompt", f"k={VALUE}", *CERT)
    assert done.code == 3
    assert "error: the item key is not legal" in done.err
    assert "hunter2" not in done.err
    assert snapshot(folder) == before


def test_arguments_that_are_left_over_come_with_other_ways_to_give_a_value() -> None:
    """Those that the command has."""
    done = run("create", "generic", "x", "-n", "s", f"password={VALUE}", *CERT)
    assert "hint: take the value from" in done.err
    assert "--from-file KEY=PATH" in done.err
    assert "`sealer rename --help`" in run("rename", "a", "b", "c", VALUE).err


def test_variable_that_is_no_flag_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it takes is told."""
    monkeypatch.setenv("SEALER_JSON", VALUE)
    done = run("lint", "x.yaml")
    assert (done.code, "hunter2" in done.err) == (2, False)
    assert "'--json': it takes true or false" in done.err


@pytest.mark.parametrize("typed", ["--strict", "-x", "create", "ssh-auth", "--no-such"])
def test_names_of_options_and_commands_look_like_names(typed: str) -> None:
    """So that what is mistyped is repeated."""
    assert looks_like_name(typed)


@given(st.text().filter(lambda text: any(not ("a" <= each <= "z") for each in text.strip("-"))))
def test_what_has_other_than_letters_looks_like_no_name(text: str) -> None:
    """Inner hyphens and a single letter after one are all that is taken besides."""
    if not set(text) <= set("-abcdefghijklmnopqrstuvwxyz") and len(text) > 2:
        assert not looks_like_name(text)


@pytest.mark.parametrize("path", COMMANDS)
def test_no_path_is_looked_at_before_it_is_read(path: str) -> None:
    """Whoever reads it knows with which code, and tells all faults."""
    for parameter in COMMANDS[path].params:
        kind = parameter.type
        if isinstance(kind, click.Path):
            checks = (kind.exists, kind.readable, kind.writable, kind.executable)
            assert not any(checks), parameter.opts
            assert kind.file_okay, parameter.opts
            assert kind.dir_okay, parameter.opts
    assert not PATH.readable


_WRITES = sorted(
    (path, option.opts[0])
    for path, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option) and option.name in {"write", "directory"}
)


@pytest.mark.parametrize(("path", "option"), _WRITES)
def test_target_that_is_a_hyphen_is_refused(folder: Path, path: str, option: str) -> None:
    """It means a standard stream everywhere else, and a file of that name is never meant."""
    before = snapshot(folder)
    arguments = {"unseal": ("--keys", "rsa2048.key.pem"), "seal": ("secret.yaml", *CERT)}
    name = ("x",) if path.startswith("create ") else ()
    done = run(*path.split(), *name, *arguments.get(path, ()), option, "-")
    assert (done.code, done.out) == (2, b"")
    assert f"error: {option} takes the name of a file or folder, and - is none" in done.err
    assert f"{option} ./-" in done.err
    assert snapshot(folder) == before
