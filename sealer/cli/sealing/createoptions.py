"""The options that all types of `sealer create` have, and what they say together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sealer.cli.errors import IllegalValueError, WrongUsageError
from sealer.cli.options import (
    CommaText,
    cache_option,
    certificate_options,
    directory_option,
    form_option,
    hints_option,
    legal_name,
    namespace_option,
    scope_option,
    write_option,
)
from sealer.errors import IdentityError

if TYPE_CHECKING:
    from sealer.scope import Scope

ENDING_LENGTH = 10  # as many characters as kubectl's hash has
_LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class Order:
    """What the options say that all types have.

    Attributes:
        name: The Secret's name; with `append_hash`, what it begins with.
        namespace: Its namespace; empty where the scope needs none.
        scope: The scope's name; None for what the annotations say.
        labels: Its labels.
        annotations: Its annotations.
        immutable: It may never be changed in the cluster.
        append_hash: Its name gets a random ending.
        write: The file to write; empty for none.
        directory: The folder to write into, under the Secret's name; empty for none.
        form: `yaml` or `json`; None where the file's name decides.
        force: An existing file of the same Secret may be replaced.
        fresh: Nothing keeps its ciphertext.
        no_cache: No digests are kept or used.
        no_hints: The annotation with the sealing keys is left out.
    """

    name: str
    namespace: str
    scope: str | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    immutable: bool
    append_hash: bool
    write: str
    directory: str
    form: str | None
    force: bool
    fresh: bool
    no_cache: bool
    no_hints: bool

    @property
    def target(self) -> Path | None:
        """The file to write; None for standard output."""
        if self.directory:
            return Path(self.directory, f"{self.name}.{self.form or 'yaml'}")
        return Path(self.write) if self.write else None

    @property
    def is_json(self) -> bool:
        """Whether to write JSON."""
        if self.form:
            return self.form == "json"
        return self.write.lower().endswith(".json")

    @property
    def effective_scope(self) -> "Scope":
        """The scope that the value will be sealed in."""
        from sealer.scope import Scope

        return Scope(self.scope) if self.scope else Scope.of(self.annotations)

    def check(self) -> None:
        """Refuse an order that cannot be carried out, before any value is read or asked for.

        Raises:
            WrongUsageError: It says why.
        """
        from sealer.scope import Scope

        if self.write and self.directory:
            raise WrongUsageError("-w and -d exclude each other")
        if self.effective_scope is not Scope.CLUSTER_WIDE and not self.namespace:
            raise WrongUsageError(
                f"scope {self.effective_scope.value} needs --namespace",
                hint="name the namespace that the Secret will be in: -n NAMESPACE",
            )
        longest = _LONGEST_NAME - ENDING_LENGTH - 1
        if self.append_hash and len(self.name) > longest:
            raise WrongUsageError(f"with --append-hash, a name has at most {longest} characters")


def create_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument NAME and the options; the command gets them as `order`, checked."""
    names = [field.name for field in fields(Order)]

    @wraps(function)
    def run(**values: Any) -> Any:  # noqa: ANN401 - whatever the command takes and returns
        order = Order(**{name: values.pop(name) for name in names})
        order.check()
        return function(order=order, **values)

    command: Callable[..., Any] = run
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _pairs(_: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    """Return the labels or annotations that an option was given."""
    from sealer.manifest.labels import check_annotation, check_label

    pairs: dict[str, str] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator:
            raise IllegalValueError("it takes KEY=VALUE")
        if key in pairs:
            raise IllegalValueError(f"{key} is there twice")
        try:
            if parameter.name == "labels":
                check_label(key, value)
            else:
                check_annotation(key)
        except IdentityError as error:
            raise IllegalValueError(f"it takes {error.hint}") from None
        pairs[key] = value
    return pairs


def _pairs_option(name: str, field: str, text: str) -> Callable[..., Any]:
    return click.option(
        name,
        field,
        metavar="KEY=VALUE",
        type=CommaText(),
        multiple=True,
        envvar=f"SEALER_{name.removeprefix('--').upper()}",
        callback=_pairs,
        help=text,
    )


_OPTIONS: tuple[Callable[..., Any], ...] = (
    click.argument("name", metavar="NAME", callback=legal_name),
    namespace_option("The namespace that the Secret will be in."),
    scope_option,
    _pairs_option("--label", "labels", "A label of the Secret."),
    _pairs_option("--annotation", "annotations", "An annotation of the Secret."),
    click.option("--immutable", is_flag=True, help="The cluster refuses to change the Secret."),
    click.option(
        "--append-hash",
        is_flag=True,
        help="End the name in random characters, new ones whenever the content changes.",
    ),
    write_option("Write to FILE instead of standard output."),
    directory_option("Write into DIR, to a file of the Secret's name."),
    form_option,
    click.option("--force", is_flag=True, help="Replace a file that holds this Secret."),
    click.option("--fresh", is_flag=True, help="Seal unchanged values anew too."),
    cache_option,
    hints_option,
    certificate_options,
)
