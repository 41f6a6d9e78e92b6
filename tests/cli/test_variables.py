"""Options as variables: those that make no sense as one are none, and several stand with commas."""

from pathlib import Path

import click
import pytest

from sealer.cli.main import cli
from sealer.cli.options import CommaPaths, CommaText
from tests.cli.create.opening import FOR_SHOP, created, values
from tests.cli.test_exit_codes import COMMANDS
from tests.support.program import run, write_all

CERT = ("--cert", "rsa2048.crt.pem")
_ALL: dict[str, click.Command] = {"": cli, **COMMANDS}
_SEVERAL = [
    (path, option)
    for path, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option) and option.multiple and option.allow_from_autoenv
]


@pytest.mark.parametrize("name", ["VERSION", "HELP", "_CLICK_DEFAULT_HELP", "H"])
@pytest.mark.parametrize("value", ["1", "true", "0.1.0"])
@pytest.mark.usefixtures("folder")
def test_variable_that_takes_every_command_over_is_none(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Where a version is in the environment, nothing is printed instead of the work."""
    monkeypatch.setenv(f"SEALER_{name}", value)
    monkeypatch.setenv(f"SEALED_SECRETS_{name}", value)
    done = run("seal", "secret.yaml", *CERT)
    assert done.code == 0
    assert b"kind: SealedSecret" in done.out
    assert run("seal", "--check", "secret.yaml").code == 1
    assert b"kind: SealedSecret" in run("seal", "secret.yaml", *CERT).out


@pytest.mark.parametrize("path", _ALL)
def test_options_that_come_before_all_others_are_no_variables(path: str) -> None:
    """What prints or refuses instead of working is asked for on the command line only."""
    command = _ALL[path]
    context = click.Context(command, info_name="sealer", help_option_names=["-h", "--help"])
    for option in command.get_params(context):
        if isinstance(option, click.Option) and option.is_eager:
            assert not option.allow_from_autoenv, option.opts
            assert not option.envvar, option.opts


def test_version_is_still_printed() -> None:
    """On the command line it is meant."""
    done = run("--version")
    assert done.code == 0
    assert done.out.startswith(b"sealer ")


@pytest.mark.parametrize(("path", "option"), _SEVERAL, ids=[f"{p} {o.name}" for p, o in _SEVERAL])
def test_option_that_may_be_repeated_takes_commas_in_its_variable(
    path: str, option: click.Option, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts are taken apart here, paths by the command, which does so on the command line too."""
    variable = f"SEALER_{option.opts[-1].removeprefix('--').replace('-', '_').upper()}"
    monkeypatch.setenv(variable, 'a=1,"b=2,3",c:d')
    context = click.Context(COMMANDS[path], auto_envvar_prefix="SEALER")
    several = option.value_from_envvar(context)
    if isinstance(option.type, CommaText):
        assert several == ["a=1", "b=2,3", "c:d"]
    else:
        assert isinstance(option.type, CommaPaths)
        assert several == ['a=1,"b=2,3",c:d']


@pytest.fixture
def here(folder: Path) -> Path:
    """Return a folder with files to take values from."""
    write_all(folder, {"a.txt": "A", "b,c.txt": "B", "one.env": "X=1\n", "two.env": "Y=2\n"})
    return folder


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("FROM_FILE", 'k=a.txt,"l=b,c.txt"', {"k": b"A", "l": b"B"}),
        ("FROM_ENV_FILE", "one.env,two.env", {"X": b"1", "Y": b"2"}),
        ("FROM_ENV", "k=ONE,l=TWO", {"k": b"1", "l": b"2"}),
    ],
)
@pytest.mark.usefixtures("here")
def test_several_sources_of_values_in_a_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, expected: dict[str, bytes]
) -> None:
    """Commas separate them; double quotes keep a name with a comma together."""
    monkeypatch.setenv("ONE", "1")
    monkeypatch.setenv("TWO", "2")
    monkeypatch.setenv(f"SEALER_{variable}", text)
    assert values(created(run("create", "generic", "db", *FOR_SHOP))) == expected


@pytest.mark.usefixtures("here")
def test_several_generators_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has commas itself stands in double quotes."""
    monkeypatch.setenv("SEALER_GENERATE", '"web=tls:a.example,b.example",id=uuid')
    made = values(created(run("create", "generic", "db", *FOR_SHOP)))
    assert set(made) == {"web.crt", "web.key", "id"}


@pytest.mark.usefixtures("here")
def test_several_labels_and_rules_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of options whose values are texts."""
    monkeypatch.setenv("SEALER_LABEL", "a=1,b=2")
    done = run("create", "generic", "db", *FOR_SHOP, "--generate", "k=uuid")
    assert created(done).labels == {"a": "1", "b": "2"}
    monkeypatch.setenv("SEALER_IGNORE", "no-such,other")
    assert "there is no rule no-such\n" in run("lint", "secret.yaml").err


@pytest.mark.usefixtures("here")
def test_quotes_that_do_not_match_in_a_variable_are_wrong_usage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Code 2, and nothing of it is repeated."""
    monkeypatch.setenv("SEALER_LABEL", 'a=1,"b=hunter2"x')
    done = run("create", "generic", "db", *FOR_SHOP, "--generate", "k=uuid")
    assert done.code == 2
    assert "double quotes" in done.err
    assert "hunter2" not in done.err
