"""docs/cli.md, written from the commands themselves: `make docs` renews it, a test compares it."""

import re
from collections.abc import Iterator
from inspect import cleandoc

import click

from sealer.cli import main as program
from sealer.cli.group import CONTEXT_SETTINGS, ENVIRONMENT_PREFIX

_COMMON = ("verbose", "quiet", "help")
_EXAMPLE = re.compile(r"\s*^Example: (?P<line>.*)\Z", re.MULTILINE | re.DOTALL)
_EXIT_CODES = (
    (0, "done; the answer is yes"),
    (program.ANSWER_IS_NO, "the answer is no: a value does not open, a finding, something to do"),
    (program.WRONG_USAGE, "wrong usage"),
    (program.INPUT, "input cannot be used: missing, malformed, an invalid Secret, unsafe to edit"),
    (program.KEY, "certificate or key cannot be used: missing, expired, not RSA, not the pinned"),
    (program.CLUSTER, "the cluster cannot be reached, or refuses"),
    (program.OUTPUT, "the output could not be written, or a file changed meanwhile"),
    (program.BUG, "a bug in sealer; `-v` shows where"),
    (program.INTERRUPTED, "interrupted"),
)
_HEAD = """\
# The commands of `sealer`

Every command with its options, written from the program (`make docs`). [guide.md](guide.md)
explains what they have in common, with examples that build on each other.

Every option can be given as a variable too; the command line wins. Of options that may be
repeated, several stand in the variable with commas between them. All commands have `-h`,
`--help`; `-q`, `--quiet` (say errors only) and `-v`, `--verbose` (say more, and show where a bug
happened). The examples run in a folder with a Secret (`secret.yaml`), the same one sealed
(`db.yaml`) and a later version of it (`new-db.yaml`), a certificate (`prod.pem`) that
`.sealer.yaml` pins, its private key (`key.yaml`), and manifests (`clusters/prod/`).

"""


def reference() -> str:
    """Return the page."""
    commands = list(_commands(program.cli, "sealer"))
    lines = [
        _HEAD,
        "## Exit codes\n\nWhere several apply, the first of 3, 4, 5, 6, 1 is taken.\n\n",
        "| code | meaning |\n|---|---|\n",
        *(f"| {code} | {meaning} |\n" for code, meaning in _EXIT_CODES),
        "\n## Commands\n\n| command | |\n|---|---|\n",
        *(
            f"| [`{path}`](#{path.replace(' ', '-')}) | {_cell(_escaped(_summary(command)))} |\n"
            for path, command in commands
        ),
    ]
    for path, command in commands:
        lines += ("\n", *_section(path, command))
    return "".join(lines)


def example_of(command: click.Command) -> str:
    """Return the example of a command's help; empty for a group."""
    found = _EXAMPLE.search(_help(command))
    return " ".join(found["line"].split()) if found else ""


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")


def _section(path: str, command: click.Command) -> Iterator[str]:
    yield f"### `{path}`\n\n"
    yield _escaped(_EXAMPLE.sub("", _help(command)).strip()) + "\n\n"
    context = click.Context(command, info_name=path, **CONTEXT_SETTINGS)
    usage = " ".join((path, *command.collect_usage_pieces(context)))
    yield f"```text\n{usage}\n```\n"
    options = [
        parameter
        for parameter in command.params
        if isinstance(parameter, click.Option)
        and not parameter.hidden
        and parameter.name not in _COMMON
    ]
    if options and not isinstance(command, click.Group):
        yield "\n| option | variable | |\n|---|---|---|\n"
        for option in options:
            variables = ", ".join(f"`{name}`" for name in _variables(option))
            words = _cell(_escaped(option.help or ""))
            yield f"| {_names(option, context)} | {variables} | {words} |\n"
    example = example_of(command)
    if example:
        yield f"\n```console\n$ {example}\n```\n"


def _names(option: click.Option, context: click.Context) -> str:
    metavar = "" if option.is_flag or option.count else f" {option.make_metavar(context)}"
    names = [f"`{name}`" for name in option.opts[:-1]] + [f"`{option.opts[-1]}{metavar}`"]
    names += (f"`{name}`" for name in option.secondary_opts)
    return _cell(", ".join(names))


def _variables(option: click.Option) -> list[str]:
    if option.envvar:
        return [option.envvar] if isinstance(option.envvar, str) else list(option.envvar)
    if not option.allow_from_autoenv or option.name is None:
        return []
    return [f"{ENVIRONMENT_PREFIX}_{option.name.upper()}"]


def _summary(command: click.Command) -> str:
    """Return the first sentence of a command's help."""
    return _help(command).partition("\n\n")[0].replace("\n", " ")


def _help(command: click.Command) -> str:
    return cleandoc(command.help or "")


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it is; what stands in backticks is left alone."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([*_<])", r"\\\1", part) for part in parts
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    import sys

    sys.stdout.write(reference())
