"""`sealer git install`: hooks, diff and merge drivers for the repository around."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.options import CommaText

if TYPE_CHECKING:
    from sealer.cli.console import Console
    from sealer.cli.gitsetup import Part


@click.command("install", cls=Command)
@click.option(
    "--path",
    "patterns",
    metavar="PATTERN",
    multiple=True,
    type=CommaText(),
    envvar="SEALER_PATH",
    help="Files to show and merge by item, as in .gitattributes. Default: *.yaml *.yml *.json.",
)
@click.option("--no-hooks", is_flag=True, help="Leave the hooks alone.")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if something is missing.")
@click.pass_context
def command(ctx: click.Context, *, patterns: tuple[str, ...], no_hooks: bool, check: bool) -> int:
    """Set up this clone of a git repository.

    Hooks refuse commits, merges and pushes that bring readable Secrets. `git diff` and `git log
    -p` show which items were sealed anew, instead of ciphertext. Merges go item by item: only an
    item that both sides changed is a conflict. Hooks that are there already run first. Nothing is
    written outside this repository, and no file that git would commit is changed.

    Example: sealer git install
    """
    parts = installation(patterns, with_hooks=not no_hooks)
    return show_missing(parts) if check else install(parts, ctx.obj)


def installation(patterns: tuple[str, ...] = (), *, with_hooks: bool = True) -> "list[Part]":
    """Return what is installed into the repository around the current folder.

    Raises:
        InputError: There is no repository with a work tree.
        WrongUsageError: A pattern is none.
    """
    from sealer.cli.gitsetup.attributes import Attributes
    from sealer.cli.gitsetup.hooks import Hooks
    from sealer.cli.gitsetup.repository import Repository
    from sealer.cli.gitsetup.settings import Settings

    repository = Repository(Path.cwd())
    # The attributes come last: they are what the settings are used by.
    parts: list[Part] = [Settings(repository), Attributes(repository, patterns)]
    return [Hooks(repository), *parts] if with_hooks else parts


def show_missing(parts: "list[Part]") -> int:
    """Print what is missing, and return the exit code."""
    from sealer.cli.gitsetup import missing

    lines = missing(parts)
    write_standard_output("".join(f"{line}\n" for line in lines).encode())
    return 1 if lines else 0


def install(parts: "list[Part]", console: "Console") -> int:
    """Install what is missing, and say so."""
    from sealer.cli import gitsetup

    lines = gitsetup.missing(parts)
    gitsetup.install(parts)
    console.note(f"installed: {len(lines)} things were missing" if lines else "all is in place")
    return 0
