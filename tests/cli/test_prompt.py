"""Secrets that are typed: on a real terminal, twice, never shown."""

import os
import signal
from pathlib import Path

import pytest

from tests.cli.create.opening import FOR_SHOP, opened, values
from tests.support.terminal import on_terminal, without_terminal

TYPED = "correct horse, battery!"
GENERIC = ("create", "generic", "db", *FOR_SHOP, "-w", "db.yaml")
ASK = (*GENERIC, "--prompt", "password")
pytestmark = pytest.mark.usefixtures("folder")


def _password(folder: Path) -> bytes:
    return values(opened((folder / "db.yaml").read_bytes()))["password"]


@pytest.mark.parametrize("typed", [TYPED, " leading and trailing ", "p\xe4ssw\xf6rd \u20ac"])
def test_prompt_takes_what_was_typed_twice_and_shows_nothing(folder: Path, typed: str) -> None:
    """The line end is no part of it; blanks are."""
    with on_terminal(*ASK) as terminal:
        terminal.wait_for("Value of password: ")
        terminal.type(typed)
        terminal.wait_for("Value of password, again: ")
        terminal.type(typed)
        assert terminal.finish() == 0
    assert typed.strip() not in terminal.shown
    assert _password(folder) == typed.encode()


def test_prompt_asks_again_when_the_two_differ(folder: Path) -> None:
    """And says so; neither is shown."""
    with on_terminal(*ASK) as terminal:
        for first, second in (("one-typed", "two-typed"), (TYPED, TYPED)):
            terminal.wait_for("Value of password: ")
            terminal.type(first)
            terminal.wait_for(", again: ")
            terminal.type(second)
        assert terminal.finish() == 0
    assert "warning: the two differ; once more" in terminal.shown
    assert "-typed" not in terminal.shown
    assert _password(folder) == TYPED.encode()


def test_prompt_asks_again_when_nothing_was_typed(folder: Path) -> None:
    """An empty password is a slip of the finger."""
    with on_terminal(*ASK) as terminal:
        terminal.wait_for("Value of password: ")
        terminal.type("")
        terminal.wait_for("warning: nothing was typed")
        for question in ("Value of password: ", ", again: "):
            terminal.wait_for(question)
            terminal.type(TYPED)
        assert terminal.finish() == 0
    assert _password(folder) == TYPED.encode()


def test_prompt_for_several_keys_asks_in_order(folder: Path) -> None:
    """Each by its name."""
    with on_terminal(*GENERIC, "--prompt", "one", "--prompt", "two") as terminal:
        for key in ("one", "two"):
            for question in (f"Value of {key}: ", f"Value of {key}, again: "):
                terminal.wait_for(question)
                terminal.type(f"{key} {TYPED}")
        assert terminal.finish() == 0
    secret = opened((folder / "db.yaml").read_bytes())
    assert values(secret) == {key: f"{key} {TYPED}".encode() for key in ("one", "two")}


def test_prompt_with_another_value_on_standard_input(folder: Path) -> None:
    """The terminal is asked, whatever standard input is."""
    reader, writer = os.pipe()
    os.write(writer, b"piped")
    os.close(writer)
    with on_terminal(*ASK, "--from-file", "other=-", stdin=reader) as terminal:
        for question in ("Value of password: ", ", again: "):
            terminal.wait_for(question)
            terminal.type(TYPED)
        assert terminal.finish() == 0
    os.close(reader)
    secret = opened((folder / "db.yaml").read_bytes())
    assert values(secret) == {"other": b"piped", "password": TYPED.encode()}


@pytest.mark.parametrize("key", [b"\x03", b"\x04"])
def test_prompt_that_is_left_writes_nothing(folder: Path, key: bytes) -> None:
    """Ctrl-C and Ctrl-D interrupt, and are not taken for a terminal that is missing."""
    with on_terminal(*ASK) as terminal:
        terminal.wait_for("Value of password: ")
        terminal.type(TYPED)
        terminal.wait_for(", again: ")
        terminal.press(key)
        assert terminal.finish() == 130
    assert "interrupted" in terminal.shown
    assert "no terminal" not in terminal.shown
    assert not (folder / "db.yaml").exists()


def test_prompt_that_is_terminated_gives_the_echo_back(folder: Path) -> None:
    """A terminal that shows nothing is a broken one."""
    with on_terminal(*ASK) as terminal:
        terminal.wait_for("Value of password: ")
        assert not terminal.has_echo
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.finish() == 143
        assert terminal.has_echo
    assert not (folder / "db.yaml").exists()


def test_prompt_comes_after_what_can_fail_without_it() -> None:
    """Nobody types for nothing."""
    with on_terminal(*ASK, "--from-file", "missing") as terminal:
        assert terminal.finish() == 3
    assert "Value of" not in terminal.shown
    with on_terminal(
        "create", "generic", "db", "-n", "shop", "--prompt", "a", "--cert", "no"
    ) as one:
        assert one.finish() == 4
    assert "Value of" not in one.shown


def test_password_is_asked_for_where_no_source_gives_it(folder: Path) -> None:
    """Of a registry and of a service, when standard input is a terminal."""
    for arguments in (("docker-registry", "--docker-username"), ("basic-auth", "--username")):
        command = ("create", arguments[0], "db", *FOR_SHOP, arguments[1], "ci", "-w", "db.yaml")
        with on_terminal(*command, "--force") as terminal:
            for question in ("Password: ", "Password, again: "):
                terminal.wait_for(question)
                terminal.type(TYPED)
            assert terminal.finish() == 0
        assert TYPED not in terminal.shown
        data = values(opened((folder / "db.yaml").read_bytes()))
        assert TYPED in str(data)
        (folder / "db.yaml").unlink()


@pytest.mark.parametrize("given", ["", f"{TYPED}\n{TYPED}\n"])
def test_prompt_without_a_terminal_is_explained(folder: Path, given: str) -> None:
    """Code 2, and other ways to give the value; a pipe is not taken for a terminal."""
    done = without_terminal(*ASK, given=given)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: there is no terminal to ask on\nhint: take the value from a file" in done.stderr
    assert TYPED not in done.stderr
    assert not (folder / "db.yaml").exists()
