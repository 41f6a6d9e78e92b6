"""Options that several commands have, so that they are called and explained alike."""

import csv
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from sealer.cli.errors import IllegalValueError, WrongUsageError
from sealer.cli.files.inputs import STANDARD_INPUT
from sealer.errors import IdentityError

if TYPE_CHECKING:
    from sealer.certsource import Wish
    from sealer.cli.certificates.certificates import Certificates

Function = TypeVar("Function", bound=Callable[..., Any])
SCOPES = ("strict", "namespace-wide", "cluster-wide")
_SETTINGS = "sealer.certificate"


# Nobody looks at a file before it is read, since whoever reads it knows what is wrong with it.
PATH = click.Path(readable=False)


class CommaPaths(click.Path):
    """Paths with commas between them; the command takes them apart, wherever they come from."""

    def __init__(self) -> None:
        super().__init__(readable=False)

    def split_envvar_value(self, rv: str) -> list[str]:
        """Return what a variable stands for: the same as if the option were used once."""
        return [rv]


class CommaText(click.types.StringParamType):
    """A text; several in a variable stand with commas between them.

    One that has a comma itself stands in double quotes there.
    """

    def split_envvar_value(self, rv: str) -> list[str]:
        """Take the value of a variable apart.

        Raises:
            IllegalValueError: Quotes are wrong.
        """
        try:
            return split_commas(rv)
        except ValueError as error:
            raise IllegalValueError(str(error)) from None


def split_commas(text: str) -> list[str]:
    """Take a list apart that has commas between its parts, and quotes around parts with commas.

    Raises:
        ValueError: Quotes are wrong.
    """
    try:
        return [part for part in next(csv.reader([text], strict=True), []) if part]
    except csv.Error:
        raise ValueError(
            "commas separate several, and one that has a comma stands in double quotes"
        ) from None


def environment(name: str) -> list[str]:
    """Return the variables of an option: ours, then the original's of the same name."""
    return [f"SEALER_{name}", f"SEALED_SECRETS_{name}"]


def _add(function: Function, *options: Callable[[Function], Function]) -> Function:
    """Add options so that the help lists them in this order."""
    for option in reversed(options):
        function = option(function)
    return function


def paths_argument(function: Function) -> Function:
    """Add the files, folders and `-` that a command reads."""
    return click.argument("paths", nargs=-1, metavar="[PATH]...", type=PATH)(function)


def json_option(function: Function) -> Function:
    """Add `--json`; the command gets `as_json`."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        envvar="SEALER_JSON",
        help="Print JSON, for machines.",
    )(function)


def target_options(function: Function) -> Function:
    """Add `-w`, `-d` and `-o`: where results go, and how they are written."""
    return _add(
        function,
        write_option("Write everything to FILE instead of standard output."),
        directory_option("Write each result into DIR, under the name of its input."),
        form_option,
    )


def write_option(text: str) -> Callable[[Function], Function]:
    """Add `-w`, with what it means for the command."""
    return _target("-w", "--write", metavar="FILE", default="", help=text)


def directory_option(text: str) -> Callable[[Function], Function]:
    """Add `-d`, with what it means for the command."""
    return _target("-d", "--directory", metavar="DIR", default="", help=text)


def required_write_option(text: str) -> Callable[[Function], Function]:
    """Add a `-w` that has to be used."""
    return _target("-w", "--write", metavar="FILE", required=True, help=text)


def _target(*names: str, **settings: Any) -> Callable[[Function], Function]:  # noqa: ANN401 - click's own
    return click.option(*names, type=PATH, callback=_check_target, **settings)


def _check_target(_: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse to write a file of the name that stands for a standard stream everywhere else."""
    if value == STANDARD_INPUT:
        name = parameter.opts[0]
        otherwise = "" if parameter.required else "without it, standard output is written to; "
        raise WrongUsageError(
            f"{name} takes the name of a file or folder, and - is none",
            hint=f"{otherwise}for one that is called so: {name} ./-",
        )
    return value


def form_option(function: Function) -> Function:
    """Add `-o`; the command gets `form`."""
    return click.option(
        "-o",
        "--format",
        "form",
        type=click.Choice(("yaml", "json"), case_sensitive=False),
        envvar=environment("FORMAT"),
        help="How to write objects. Default: JSON for a .json target, else YAML.",
    )(function)


def cache_option(function: Function) -> Function:
    """Add `--no-cache`: no digests of earlier runs; the command gets `no_cache`."""
    return click.option(
        "--no-cache",
        is_flag=True,
        envvar="SEALER_NO_CACHE",
        help="Keep no digests of what is sealed, and use none.",
    )(function)


def hints_option(function: Function) -> Function:
    """Add `--no-hints`: no annotation that says which key sealed what; gives `no_hints`."""
    return click.option(
        "--no-hints",
        is_flag=True,
        envvar="SEALER_NO_HINTS",
        help="Leave out the annotation that says which key sealed each item.",
    )(function)


def identity_options(*, namespace: str, name: str) -> Callable[[Function], Function]:
    """Add `--scope`, `-n` and `--name`, with what the last two mean for the command."""

    def decorate(function: Function) -> Function:
        return _add(
            function,
            scope_option,
            namespace_option(namespace),
            click.option(
                "--name",
                default="",
                envvar=environment("NAME"),
                callback=legal_name,
                help=name,
            ),
        )

    return decorate


def choice_options(function: Function) -> Function:
    """Add `--name` and `-n`, which choose one of several SealedSecrets in a file."""
    return _add(
        function,
        click.option(
            "--name",
            default="",
            envvar=environment("NAME"),
            callback=legal_name,
            help="The SealedSecret that is meant, where FILE holds several.",
        ),
        namespace_option("Its namespace, where the name is not enough."),
    )


def scope_option(function: Function) -> Function:
    """Add `--scope`; the command gets the scope's name, or None."""
    return click.option(
        "--scope",
        type=click.Choice(SCOPES),
        envvar=environment("SCOPE"),
        help="Where it will open: under one name, in one namespace, or anywhere.",
    )(function)


def namespace_option(text: str) -> Callable[[Function], Function]:
    """Add `-n`, with what it means for the command."""
    return click.option(
        "-n",
        "--namespace",
        default="",
        envvar=environment("NAMESPACE"),
        callback=legal_namespace,
        help=text,
    )


def keys_option(text: str, *, required: bool = False) -> Callable[[Function], Function]:
    """Add `--keys`, with what it means for the command: files and folders with private keys."""
    return click.option(
        "--keys",
        multiple=True,
        required=required,
        type=CommaPaths(),
        metavar="FILE|DIR",
        help=text,
    )


def exposure_options(dry_run: str) -> Callable[[Function], Function]:
    """Add which key is meant, and where to look for what it opens.

    Args:
        dry_run: What `--dry-run` means for the command.
    """

    def decorate(function: Function) -> Function:
        return _add(
            function,
            click.argument("key", metavar="FINGERPRINT|CERT"),
            click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=PATH),
            click.option(
                "--history", is_flag=True, help="Look at all refs of the repositories too."
            ),
            click.option(
                "--live", is_flag=True, help="Look at all SealedSecrets of the cluster too."
            ),
            click.option("--dry-run", is_flag=True, help=dry_run),
            cluster_options,
            json_option,
        )

    return decorate


def certificate_options(function: Function) -> Function:
    """Add what decides about the certificate; `certificates_of` uses it."""
    return _add(
        function,
        source_options("The certificate to seal with."),
        click.option(
            "--allow-expired",
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Use an expired certificate all the same.",
        ),
    )


def source_options(text: str) -> Callable[[Function], Function]:
    """Add what names a certificate, with what it is for; `wish_of` uses it."""

    def decorate(function: Function) -> Function:
        return _add(function, _remembered("--cert", "FILE|URL|-", "CERT", text), cluster_options)

    return decorate


def cluster_options(function: Function) -> Function:
    """Add what names a cluster; `wish_of` uses it."""
    return _add(
        function,
        _remembered("--cluster", "NAME", "", "A cluster of .sealer.yaml."),
        _remembered(
            "--controller-name",
            "NAME",
            "CONTROLLER_NAME",
            "The controller's Service. Default: sealed-secrets-controller.",
        ),
        _remembered(
            "--controller-namespace",
            "NAMESPACE",
            "CONTROLLER_NAMESPACE",
            "The namespace of that Service. Default: kube-system.",
        ),
    )


def wish_of(ctx: click.Context) -> "Wish":
    """Return which certificate the options ask for.

    What the environment says comes after what is typed, whatever it names.
    """
    from sealer.certsource import Wish

    settings: dict[str, Any] = ctx.meta[_SETTINGS]

    def given(name: str, *, typed: bool) -> str:
        is_typed = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        return settings.get(name, "") if is_typed is typed else ""

    return Wish(
        certificate=given("cert", typed=True),
        cluster=given("cluster", typed=True),
        fallback_certificate=given("cert", typed=False),
        fallback_cluster=given("cluster", typed=False),
        controller_name=settings["controller_name"],
        controller_namespace=settings["controller_namespace"],
    )


def certificates_of(ctx: click.Context, *, reads_standard_input: bool) -> "Certificates":
    """Return the certificates to seal with.

    Raises:
        WrongUsageError: Input and certificate would both come from standard input.
    """
    from sealer.cli.certificates.certificates import Certificates

    wish = wish_of(ctx)
    check_one_reader(wish, reads_standard_input=reads_standard_input)
    return Certificates(wish, ctx.obj, allow_expired=ctx.meta[_SETTINGS]["allow_expired"])


def check_one_reader(wish: "Wish", *, reads_standard_input: bool) -> None:
    """Refuse to read two things from standard input.

    Raises:
        WrongUsageError: Input and certificate would both come from there.
    """
    if reads_standard_input and STANDARD_INPUT in (wish.certificate, wish.fallback_certificate):
        raise WrongUsageError("standard input cannot be both, the input and the certificate")


def _remembered(
    name: str, metavar: str, variable: str, text: str
) -> Callable[[Function], Function]:
    return click.option(
        name,
        metavar=metavar,
        default="",
        envvar=environment(variable) if variable else None,
        expose_value=False,
        callback=_remember,
        help=text,
    )


def _remember(ctx: click.Context, parameter: click.Parameter, value: str | bool) -> None:
    ctx.meta.setdefault(_SETTINGS, {})[parameter.name] = value


def legal_namespace(_: click.Context, __: click.Parameter, value: str) -> str:
    """Refuse an option's value that is no namespace."""
    from sealer.scope import check_namespace

    return _checked(value, check_namespace)


def legal_name(_: click.Context, __: click.Parameter, value: str) -> str:
    """Refuse an option's value that is no object name."""
    from sealer.scope import check_name

    return _checked(value, check_name)


def _checked(value: str, check: Callable[[str], None]) -> str:
    if value:
        try:
            check(value)
        except IdentityError as error:
            raise IllegalValueError(f"it takes {error.hint}") from None
    return value
