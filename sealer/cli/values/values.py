"""Values of items and where they come from: files, variables, prompts, generators; no arguments.

A value on a command line would stay in the shell's history and show in the list of processes, so
options name only places. Files and folders are taken as `kubectl create secret generic` takes
them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sealer.cli.console import Console
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import STANDARD_INPUT
from sealer.cli.options import CommaPaths, CommaText, split_commas

if TYPE_CHECKING:
    from sealer.cli.values.generate import Generator
    from sealer.sensitive import SecretBytes

Function = TypeVar("Function", bound=Callable[..., Any])
_SETTINGS = "sealer.values"
_GENERATORS = (
    "A random value: alnum:32 (11 to 4096 characters), hex:32 (16 to 4096), base64:32 (8 to 4096 "
    "bytes), rsa:4096 (2048 to 16384 bits), uuid, ssh-ed25519, tls:HOST."
)
_NO_FILES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sources:
    """Where values come from, as it was typed.

    Attributes:
        files: `[KEY=]PATH` of files and folders; `KEY=-` for standard input.
        env_files: Env files; `-` for standard input.
        variables: `KEY=VARIABLE` of environment variables.
        prompts: Keys to ask for.
        generators: `KEY=SPEC` of generators.
        named: Keys and paths of files that have options of their own.
    """

    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    generators: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        every = (self.files, self.env_files, self.variables, self.prompts, self.generators)
        return any((*every, self.named))

    @property
    def paths(self) -> list[str]:
        """The paths of all files and folders."""
        files = [source.rpartition("=")[2] for source in self.files]
        return [*files, *self.env_files, *(path for _, path in self.named)]

    @property
    def reads_standard_input(self) -> bool:
        """Whether a value comes from standard input."""
        return STANDARD_INPUT in self.paths


def value_options(function: Function) -> Function:
    """Add the options that say where values come from; `sources_of` returns what was said."""
    path, text = CommaPaths(), CommaText()
    for name, metavar, kind, words in reversed(
        (
            ("--from-file", "[KEY=]PATH", path, "A file's bytes; of a folder, each file's."),
            ("--from-env-file", "FILE", path, "Lines NAME=value; NAME alone: that variable."),
            ("--from-env", "KEY=VARIABLE", text, "The value of an environment variable."),
            ("--prompt", "KEY", text, "Ask for the value, twice, without showing it."),
            ("--generate", "KEY=SPEC", text, _GENERATORS),
        )
    ):
        function = click.option(
            name,
            metavar=metavar,
            type=kind,
            multiple=True,
            expose_value=False,
            callback=_remember,
            help=words,
        )(function)
    return function


def sources_of(ctx: click.Context, named: Mapping[str, str] = _NO_FILES) -> Sources:
    """Return the sources that were named on the command line.

    Commas separate several files in one option, as kubectl has it; double quotes keep a name with
    a comma together.

    Args:
        ctx: The command that is run.
        named: The paths, by item key, of files that have options of their own; an empty path
            stands for an option that is not used.

    Raises:
        WrongUsageError: Quotes are wrong, or two sources are standard input.
    """
    said: dict[str, tuple[str, ...]] = ctx.meta.get(_SETTINGS, {})
    sources = Sources(
        tuple(_split_commas(said.get("from_file", ()))),
        tuple(_split_commas(said.get("from_env_file", ()))),
        said.get("from_env", ()),
        said.get("prompt", ()),
        said.get("generate", ()),
        tuple((key, path) for key, path in named.items() if path),
    )
    if sources.paths.count(STANDARD_INPUT) > 1:
        raise WrongUsageError("standard input can be the source of one value only")
    return sources


def read_values(
    sources: Sources, console: Console, *, generated_key: str = ""
) -> "dict[str, SecretBytes]":
    """Read, ask for and make the values of items.

    Args:
        sources: Where they come from.
        console: Where to say what people should know, and what is public of what was made.
        generated_key: The key of a generator that names none; empty if it has to.

    Raises:
        InputError: A source cannot be read, a key is not legal or there twice, a variable is not
            set, or a value is larger than a Secret.
        ManyErrors: There are several faults.
        WrongUsageError: A source is not named as it should be, or there is no terminal to ask on.
    """
    from sealer.cli.values.collect import Collected

    collected = Collected(console)
    for key, path in (*sources.named, *map(_parse_file, sources.files)):
        collected.add_file(key, path)
    for path in sources.env_files:
        collected.add_env_file(path)
    for text in sources.variables:
        collected.add_variable(*_parse_pair("--from-env", text, "KEY=VARIABLE"))
    generators = [_parse_generator(text, generated_key) for text in sources.generators]
    for key in (*sources.prompts, *(key for each in generators for key in each.keys)):
        collected.reserve(key)
    collected.faults.check()  # nobody likes to type, and to wait, for nothing
    for key in sources.prompts:
        collected.ask(key)
    for generator in generators:
        collected.generate(generator)
    collected.faults.check()
    return collected.values


def _remember(ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> None:
    ctx.meta.setdefault(_SETTINGS, {})[parameter.name] = value


def _split_commas(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            yield from split_commas(text)
        except ValueError:
            raise WrongUsageError(
                "the double quotes in a list of files do not match",
                hint="commas separate files; a name that has one stands in quotes: '\"a,b\"'",
            ) from None


def _parse_file(source: str) -> tuple[str, str]:
    """Return key and path; an empty key stands for the file's own name."""
    parts = source.split("=")
    if len(parts) > 2 or not all(parts):  # noqa: PLR2004 - a key and a path
        raise WrongUsageError(
            "--from-file takes PATH or KEY=PATH, and neither may hold another '='",
            hint="rename the file, or give it on standard input: --from-file KEY=-",
        )
    key, path = parts if len(parts) > 1 else ("", source)
    if path == STANDARD_INPUT and not key:
        raise WrongUsageError(
            "what comes from standard input needs a key", hint="--from-file KEY=-"
        )
    return key, path


def _parse_pair(option: str, text: str, form: str) -> tuple[str, str]:
    # What was typed is not repeated: it may be a value that someone thought belongs here.
    key, _, other = text.partition("=")
    if not key or not other:
        raise WrongUsageError(f"{option} takes {form}")
    return key, other


def _parse_generator(text: str, generated_key: str) -> "Generator":
    from sealer.cli.values.generate import parse_generator

    if generated_key and "=" not in text:
        return parse_generator(generated_key, text)
    return parse_generator(*_parse_pair("--generate", text, "KEY=SPEC"))
