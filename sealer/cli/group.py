"""Groups that load a command when it is asked for, and what all commands have in common."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from sealer.cli.errors import WrongUsageError

if TYPE_CHECKING:
    from sealer.cli.console import Console

ENVIRONMENT_PREFIX = "SEALER"
LITERAL_REFUSED = (
    "--from-literal is refused: a value on the command line stays in the shell's history "
    "and shows in the list of processes"
)
CONTEXT_SETTINGS: Mapping[str, Any] = {
    "help_option_names": ["-h", "--help"],
    # Otherwise click would put the command's name into the variables' names.
    "auto_envvar_prefix": ENVIRONMENT_PREFIX,
}


class LazyGroup(click.Group):
    """A group whose commands live in modules that are imported when needed."""

    def __init__(self, *, modules: Mapping[str, str], **attributes: Any) -> None:  # noqa: ANN401 - click's own
        """Take the names of the commands and of the modules that hold them."""
        super().__init__(context_settings=dict(CONTEXT_SETTINGS), **attributes)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table: what people need first stands first."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        module = self._modules.get(cmd_name)
        if module is None:
            return None
        loaded: click.Command = import_module(module).command
        return loaded

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of a command line; name the nearest where there is none."""
        name = args[0]
        if name not in self._modules and not name.startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(name, self._modules, 1)
            hint = f"did you mean {close[0]}?" if close else "`sealer --help` lists all commands"
            raise WrongUsageError(f"there is no command {name}", hint=hint)
        return super().resolve_command(ctx, args)


class Command(click.Command):
    """A command with the options that all commands have."""

    def __init__(
        self,
        name: str | None,
        *,
        params: list[click.Parameter] | None = None,
        **attributes: Any,  # noqa: ANN401 - click's own
    ) -> None:
        """Take what click takes."""
        super().__init__(
            name,
            context_settings=dict(CONTEXT_SETTINGS),
            params=[*(params or ()), *_common_options()],
            **attributes,
        )


def _common_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            expose_value=False,
            callback=_set_verbose,
            help="Say more; show where a bug happened.",
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_set_quiet,
            help="Say errors only.",
        ),
        click.Option(
            ["--from-literal"],
            expose_value=False,
            callback=_refuse_literal,
            hidden=True,
            is_eager=True,
            multiple=True,
            allow_from_autoenv=False,
        ),
    ]


def _set_verbose(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    console: Console = ctx.obj
    console.is_verbose = value


def _set_quiet(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    console: Console = ctx.obj
    console.is_quiet = value


def _refuse_literal(ctx: click.Context, _: click.Parameter, value: tuple[str, ...]) -> None:
    if value:
        raise WrongUsageError(
            LITERAL_REFUSED,
            hint=_other_sources(ctx.command),
        )


def _other_sources(command: click.Command) -> str:
    """Return where a command takes values from, in words."""
    has = {name for parameter in command.params for name in parameter.opts}
    places = {
        "--from-file": "a file (--from-file KEY=PATH)",
        "--from-env-file": "an env file (--from-env-file FILE)",
        "--from-env": "a variable (--from-env KEY=VARIABLE)",
        "--prompt": "the keyboard (--prompt KEY)",
        "--generate": "a generator (--generate KEY=alnum:32)",
    }
    known = [text for option, text in places.items() if option in has]
    if not known:
        return "give the value on standard input, or in a file that is named"
    before = ", ".join(("standard input", *known[:-1]))
    return f"take the value from {before} or {known[-1]}"
