"""Groups that load a command when it is asked for, and what all commands have in common."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from sealer.cli.console import Console, counted
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.output import write_standard_output
from sealer.cli.wrongusage import looks_like_name

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


def printing_option(
    names: Sequence[str], text: Callable[[click.Context], str], words: str
) -> click.Option:
    """Return an option that prints something instead of running the command.

    No variable sets it: it would take every command over.

    Args:
        names: What to type.
        text: What to print.
        words: What the help says.
    """

    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            write_standard_output(f"{text(ctx)}\n".encode())
            ctx.exit()

    return click.Option(
        names,
        is_flag=True,
        is_eager=True,
        expose_value=False,
        allow_from_autoenv=False,
        callback=show,
        help=words,
    )


class _Helpful(click.Command):
    """What has `--help`."""

    _help: click.Option | None = None

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option; always the same one, by which click finds its place in the order."""
        if self._help is None:
            names = self.get_help_option_names(ctx)
            self._help = printing_option(names, click.Context.get_help, "Show this and exit.")
        return self._help


class LazyGroup(_Helpful, click.Group):
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
        if name not in self._modules and not ctx.resilient_parsing:
            from difflib import get_close_matches

            close = get_close_matches(name, self._modules, 1)
            hint = f"did you mean {close[0]}?" if close else "`sealer --help` lists all commands"
            named = f"there is no command {name}" if looks_like_name(name) else "no such command"
            raise WrongUsageError(named, hint=hint)
        return super().resolve_command(ctx, args)


class Command(_Helpful):
    """A command with the options that all commands have."""

    allow_extra_args = True  # refused below, because click would repeat them

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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse what is left over, and do not repeat it: it may be a value.

        Raises:
            WrongUsageError: There are more arguments than the command takes.
        """
        rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            raise WrongUsageError(
                f"{counted(len(rest), 'argument')} more than the command takes",
                hint=_other_sources(self) or f"`{ctx.command_path} --help` shows what is possible",
            )
        return rest


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
            hint=_other_sources(ctx.command)
            or "give the value on standard input, or in a file that is named",
        )


def _other_sources(command: click.Command) -> str:
    """Return where a command takes values from, in words; empty if no option says so."""
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
        return ""
    before = ", ".join(("standard input", *known[:-1]))
    return f"take the value from {before} or {known[-1]}"
