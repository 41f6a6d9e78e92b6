"""Every exit code of docs/cli.md has a way to provoke it, and means the same everywhere."""

import importlib
import pkgutil
from pathlib import Path

import click
import pytest

import sealer
import sealer_keys
from sealer.cli import main as program
from sealer.cli.main import cli, exit_code
from sealer.errors import (
    DocumentError,
    ManyErrors,
    OutputError,
    SealerError,
    UnsealError,
)
from sealer_keys.errors import CertificateError
from tests.cli.conftest import SECRET
from tests.support.program import run, write_all

CERT = ("--cert", "rsa2048.crt.pem")


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with one of everything that goes wrong, and without a kubectl."""
    run("seal", "secret.yaml", *CERT, "-w", "sealed.yaml")
    sealed = (folder / "sealed.yaml").read_text()
    write_all(folder, {"bad.yaml": "a: [\n", "moved.yaml": sealed.replace("name: db", "name: x")})
    monkeypatch.setenv("PATH", "")
    return folder


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("seal", "secret.yaml", *CERT), 0),
        (("inspect", "sealed.yaml"), 0),
        (("--help",), 0),
        (("--version",), 0),
        (("seal", "--check", "secret.yaml"), 1),
        (("unseal", "moved.yaml", "--keys", "rsa2048.key.pem"), 1),
        ((), 2),
        (("sael",), 2),
        (("seal", "--no-such"), 2),
        (("keys",), 2),
        (("keys", "no-such"), 2),
        (("value", "secret.yaml", *CERT), 2),
        (("completion", "tcsh"), 2),
        (("seal", "bad.yaml", *CERT), 3),
        (("seal", "missing.yaml", *CERT), 3),
        (("inspect", "bad.yaml"), 3),
        (("unseal", "bad.yaml", "--keys", "rsa2048.key.pem"), 3),
        (("value", "missing", "--scope", "cluster-wide", *CERT), 3),
        (("seal", "secret.yaml", "--cert", "missing.pem"), 4),
        (("seal", "secret.yaml", "--cert", "secret.yaml"), 4),
        (("unseal", "sealed.yaml", "--keys", "rsa2048.crt.pem"), 4),
        (("cert", "show", "secret.yaml"), 4),
        (("seal", "secret.yaml"), 5),
        (("value", "secret.yaml", "--scope", "cluster-wide"), 5),
        (("seal", "secret.yaml", "-w", "no/such/folder.yaml", *CERT), 6),
        (("seal", "secret.yaml", "-w", ".", *CERT), 6),
        (("unseal", "sealed.yaml", "--keys", "rsa2048.key.pem", "-w", "no/such"), 6),
    ],
)
@pytest.mark.usefixtures("here")
def test_exit_code_is_the_documented_one(arguments: tuple[str, ...], code: int) -> None:
    """And whatever is not 0 or an answer is explained on standard error."""
    done = run(*arguments)
    assert done.code == code, done.err
    if code > 1 and arguments and arguments != ("keys",):
        assert "error: " in done.err
        assert done.out == b""


def test_exit_code_of_a_bug_shows_no_message(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug's message may quote a value, so only type and place are shown; `-v` shows the way."""

    def fail(*_: object, **__: object) -> None:
        secret = "correct-horse"
        try:
            int(secret)
        except ValueError as error:
            raise KeyError(secret) from error

    assert here.is_dir()
    monkeypatch.setattr("sealer.cli.commands.seal.find_inputs", fail)
    done = run("seal", "secret.yaml", *CERT)
    assert (done.code, done.out) == (70, b"")
    assert "error: a bug in sealer: KeyError in fail, line" in done.err
    assert "Traceback" not in done.err
    done = run("seal", "secret.yaml", "-v", *CERT)
    assert "Traceback (most recent call last)" in done.err
    assert "ValueError\n\ncaused:\n\n" in done.err
    assert "raise KeyError(secret)" in done.err
    assert "correct-horse" not in done.err.replace('secret = "correct-horse"', "")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("error", [KeyboardInterrupt, click.Abort])
def test_exit_code_when_interrupted(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """130, as shells expect it, and words instead of a traceback."""

    def interrupt(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("sealer.cli.commands.seal.find_inputs", interrupt)
    done = run("seal", "secret.yaml", *CERT)
    assert (done.code, done.err.strip()) == (130, "interrupted")


def test_exit_code_of_several_faults_is_the_first_of_3_4_5_6_1() -> None:
    """The order is that of docs/cli.md."""
    answers = [UnsealError("x"), OutputError("x"), CertificateError("x"), DocumentError("x")]
    codes = [exit_code(ManyErrors(answers[: count + 1])) for count in range(len(answers))]
    assert codes == [1, 6, 4, 3]
    nested = ManyErrors([ManyErrors([UnsealError("x")]), OutputError("x")])
    assert exit_code(nested) == 6


# Raised nowhere in the command line, only as one of their subclasses, or always caught.
NEVER_SHOWN = {"SealerError", "ManyErrors", "RetryableError", "TerminalError", "StateError"}
NEVER_SHOWN |= {"RotationError", "NotKnownError"}


def test_exit_code_exists_for_every_error_of_the_library() -> None:
    """A new error class gets a code of its own, or fails here."""
    for package in (sealer, sealer_keys):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    mapped = tuple(kind for kind, _ in program._CODES)  # noqa: SLF001 - the table under test
    for kind in _subclasses(SealerError):
        if kind.__module__.startswith("sealer.cli.kubeseal."):
            continue  # the drop-in has the codes of the original, and catches everything
        if kind.__module__.startswith(("sealer.", "sealer_keys.")):
            is_mapped = issubclass(kind, mapped) or kind.__name__ in NEVER_SHOWN
            assert is_mapped or kind.__name__ == "UnknownClusterError", kind


def _subclasses(kind: type[SealerError]) -> set[type[SealerError]]:
    direct = kind.__subclasses__()
    return {kind, *direct, *(each for child in direct for each in _subclasses(child))}


def _commands(group: click.Group, path: str = "") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= _commands(command, f"{path}{name} ")
        else:
            found[path + name] = command
    return found


COMMANDS = _commands(cli)


@pytest.mark.parametrize("path", COMMANDS)
def test_options_of_every_command_have_a_variable(path: str) -> None:
    """Each is SEALER_ and the option's long name; the value of a Secret is no option's."""
    context = click.Context(COMMANDS[path], auto_envvar_prefix="SEALER")
    for option in COMMANDS[path].params:
        if not isinstance(option, click.Option) or option.hidden or option.name == "help":
            continue
        long = next(name for name in option.opts if name.startswith("--"))
        variable = "SEALER_" + long.removeprefix("--").replace("-", "_").upper()
        own = option.envvar or f"{context.auto_envvar_prefix}_{str(option.name).upper()}"
        names = [own] if isinstance(own, str) else list(own)
        assert names[0] == variable or (path, long) in OTHER_VARIABLES


# The namespace of a key is the controller's, not that of anything to seal.
OTHER_VARIABLES = {("keys generate", "--namespace")}


@pytest.mark.parametrize("path", COMMANDS)
def test_help_of_every_command_has_an_example_and_needs_nothing_heavy(path: str) -> None:
    """A line that can be typed, under a heading that everyone finds."""
    done = run(*path.split(), "--help")
    assert done.code == 0
    assert f"Example: sealer {path}" in " ".join(done.out.decode().split())
    assert run(*path.split(), "-h").out == done.out


@pytest.mark.parametrize("path", COMMANDS)
def test_from_literal_is_refused_by_every_command(path: str, folder: Path) -> None:
    """Users of kubectl will type it; the value is not repeated."""
    assert folder.is_dir()
    for arguments in (("--from-literal", "a=hunter2hunter"), ("--from-literal=a=hunter2hunter",)):
        done = run(*path.split(), *arguments)
        assert done.code == 2
        assert "hunter2" not in done.err
        assert "--from-literal is refused" in done.err or "Missing" in done.err


def test_colour_only_on_a_terminal_that_wants_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_COLOR and dumb terminals are obeyed, and so is a pipe."""
    assert folder.is_dir()
    assert "\x1b[" in run("sael", terminals="err").err
    assert "\x1b[" not in run("sael").err
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[" not in run("sael", terminals="err").err
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("sael", terminals="err").err


def test_progress_shows_on_a_terminal_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long work on many files; never in CI, in pipes or when quiet."""
    write_all(folder, {f"m/{number}.yaml": SECRET for number in range(30)})
    seal = ("seal", "m", "-d", "out", *CERT)
    assert "sealing" in run(*seal, terminals="err").err
    assert "%" in run(*seal, terminals="err").err
    assert "%" not in run(*seal).err
    assert run(*seal, "-q", terminals="err").err == ""
    monkeypatch.setenv("CI", "true")
    assert "%" not in run(*seal, terminals="err").err
