"""What a run is asked for, as typed values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sealer.certsource import DEFAULT_CONTROLLER_NAME, DEFAULT_CONTROLLER_NAMESPACE
from sealer.cli.kubeseal.flags import Parsed, parse_flags
from sealer.cli.kubeseal.table import CLUSTER, FLAGS
from sealer.cli.kubeseal.variables import read_variables
from sealer.scope import Scope

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach the cluster.

    Attributes:
        kubeconfig: The kubeconfig file; empty for the usual ones.
        context: The context in it; empty for the current one.
        namespace: The namespace that was given; empty when none was.
        options: What else was said about the cluster, by the names of flags.
        controller_name: The controller's Service.
        controller_namespace: The namespace of that Service.
    """

    kubeconfig: str
    context: str
    namespace: str
    options: Mapping[str, object]
    controller_name: str
    controller_namespace: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is asked for; texts that were not given are empty.

    Attributes:
        shows_version: Print the version, nothing else.
        shows_help: Print the list of flags, nothing else.
        certificate: A file or URL.
        form: `json` or `yaml`, as it was typed.
        is_form_given: Whether anybody said which.
        input_file: What to read.
        output_file: What to write.
        merge_into: The file whose SealedSecret gets new items.
        name: The name of the object.
        from_files: What `--raw` reads.
        scope: Where values will open; strict when nobody said otherwise.
        recovery_keys: Files with private keys.
        is_verbose: Show where a bug happened; nothing else says more under `-v`.
        words: What is no flag.
        access: How to reach the cluster.
        warnings: What is to be said about the command line.
    """

    shows_version: bool
    shows_help: bool
    certificate: str
    form: str
    is_form_given: bool
    input_file: str
    output_file: str
    merge_into: str
    name: str
    from_files: tuple[str, ...]
    scope: Scope
    allows_empty: bool
    is_raw: bool
    fetches_certificate: bool
    validates: bool
    re_encrypts: bool
    unseals: bool
    recovery_keys: tuple[str, ...]
    is_verbose: bool
    words: tuple[str, ...]
    access: Access
    warnings: tuple[str, ...]


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Return what a command line asks for, over what the environment says.

    Raises:
        FlagError: One of them cannot be understood.
        HelpRequested: `-h` stands on the command line.
    """
    parsed = Parsed()
    read_variables(FLAGS, environment, parsed)
    parse_flags(FLAGS, arguments, parsed)
    said = parsed.values

    def get(name: str, default: T) -> T:
        value = said.get(name, default)
        return value if isinstance(value, type(default)) else default

    access = Access(
        kubeconfig=get("kubeconfig", ""),
        context=get("context", ""),
        namespace=get("namespace", ""),
        options={flag.name: said[flag.name] for flag in CLUSTER if flag.name in said},
        controller_name=get("controller-name", DEFAULT_CONTROLLER_NAME),
        controller_namespace=get("controller-namespace", DEFAULT_CONTROLLER_NAMESPACE),
    )
    return Settings(
        shows_version=get("version", default=False),
        shows_help=get("help", default=False),
        certificate=get("cert", ""),
        form=get("format", ""),
        is_form_given="format" in said,
        input_file=get("secret-file", ""),
        output_file=get("sealed-secret-file", ""),
        merge_into=get("merge-into", ""),
        name=get("name", ""),
        from_files=get("from-file", ()),
        scope=get("scope", Scope.STRICT),
        allows_empty=get("allow-empty-data", default=False),
        is_raw=get("raw", default=False),
        fetches_certificate=get("fetch-cert", default=False),
        validates=get("validate", default=False),
        re_encrypts=get("re-encrypt", default=False),
        unseals=get("recovery-unseal", default=False),
        recovery_keys=get("recovery-private-key", ()),
        is_verbose=get("v", 0) > 0,
        words=tuple(parsed.words),
        access=access,
        warnings=tuple(
            f"Flag --{flag.name} has been deprecated, please use --{flag.stands_for} instead"
            for flag in parsed.deprecated
        ),
    )
