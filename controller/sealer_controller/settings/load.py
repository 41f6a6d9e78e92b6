"""Put the settings together: command line, environment, defaults; and say where each comes from."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, fields, replace
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn

from sealer.errors import SealerError
from sealer_controller.settings.model import Settings
from sealer_controller.settings.values import Address, boolean, show

__all__ = [
    "Action",
    "Loaded",
    "Origin",
    "SettingsError",
    "flag_of",
    "load",
    "render",
    "variable_of",
]

_PREFIX = "SEALED_SECRETS_"
_LOOPBACK = "127.0.0.1"
_FOLDERS = ("source", "target", "keys")
_FOLDERS_ONLY = ("target_format", "target_mode", "target_owner")
_CONNECTION = ("server", "token_file", "ca_file", "kubeclient_qps", "kubeclient_burst")
_ELECTION = ("leader_elect", "leader_elect_lease_duration", "leader_elect_resource_name")
_CLUSTER_ONLY = (*_CONNECTION, *_ELECTION, "namespace_selector", "old_gc_behavior")
_LISTENING = ("listen_addr", "listen_metrics_addr")
_DESCRIPTION = (
    "Turn SealedSecrets into Secrets. In a cluster no argument is needed; without one give "
    "--source, --target and --keys. Every setting can be given as a variable too: --key-size as "
    "SEALED_SECRETS_KEY_SIZE. docs/controller.md explains all of them."
)


class SettingsError(SealerError):
    """A flag or variable cannot be used; the message names it. Nothing has been started."""


class Origin(Enum):
    """Where a value comes from."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command line"


class Action(Enum):
    """What the program is started for."""

    RUN = "run"
    ONCE = "once"
    PRINT_SETTINGS = "print-settings"
    PRINT_VERSION = "version"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings of one start.

    Attributes:
        settings: The values.
        origins: Where each comes from, by the field's name.
        action: What to do with them.
    """

    settings: Settings
    origins: Mapping[str, Origin]
    action: Action

    @property
    def without_effect(self) -> list[str]:
        """The flags with their values that ask for something that we do not do, on purpose."""
        return [
            f"{flag_of(each.name)}={show(getattr(self.settings, each.name))}"
            for each in fields(Settings)
            if "inert" in each.metadata
            and getattr(self.settings, each.name) != each.metadata["inert"]
        ]


def flag_of(name: str) -> str:
    """Return the flag of a field."""
    return "--" + name.replace("_", "-")


def variable_of(name: str) -> str:
    """Return the environment variable of a field."""
    return _PREFIX + name.upper()


def load(arguments: Sequence[str], environ: Mapping[str, str]) -> Loaded:
    """Return the settings.

    Raises:
        SettingsError: A flag is unknown, or a value cannot be used.
        SystemExit: The help was asked for and is printed.
    """
    given = vars(_parser().parse_args(_with_values(arguments)))
    action = given.pop("action", Action.RUN)
    chosen: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    for each in fields(Settings):
        origins[each.name] = Origin.DEFAULT
        for name in filter(None, (each.metadata["alias"], each.name)):  # the later one wins
            if variable_of(name) in environ:
                _from_environment(each, variable_of(name), environ, chosen, origins)
        if each.name in given:
            flag = flag_of(each.name)
            chosen[each.name] = _read(each, given[each.name], f"argument {flag}")
            origins[each.name] = Origin.COMMAND_LINE
    settings = Settings(**chosen)  # type: ignore[arg-type] # each was read by its field's reader
    if action is not Action.PRINT_VERSION:
        _check(settings, origins, action)
    return Loaded(_with_loopback(settings, origins), origins, action)


def render(loaded: Loaded) -> str:
    """Return every setting with its value and where that comes from, a line each."""
    lines = [
        (f"{flag_of(each.name)}={show(getattr(loaded.settings, each.name))}", each.name)
        for each in fields(Settings)
    ]
    width = max(len(line) for line, _ in lines)
    return "".join(f"{line:<{width}}  # {loaded.origins[name].value}\n" for line, name in lines)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingsError(message, hint="--help lists all settings")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sealer-controller",
        description=_DESCRIPTION,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    for action, words in (
        (Action.PRINT_VERSION, "print the version and exit"),
        (Action.PRINT_SETTINGS, "print each setting and where it comes from, and exit"),
        (Action.ONCE, "with --source: do everything once and exit; 1 if anything failed"),
    ):
        flag = f"--{action.value}"
        parser.add_argument(flag, dest="action", action="store_const", const=action, help=words)
    for each in fields(Settings):
        alias = each.metadata["alias"]
        names = [flag_of(name) for name in (each.name, alias) if name]
        parser.add_argument(
            *names, dest=each.name, metavar=each.metadata["metavar"], help=_help(each)
        )
    return parser


def _help(each: Field[Any]) -> str:
    words = str(each.metadata["words"])
    default = show(each.default)
    words += f" (default {default})" if default else ""
    return words + (" [no effect]" if "inert" in each.metadata else "")


def _with_values(arguments: Sequence[str]) -> list[str]:
    """Spell `--update-status` as `--update-status=true`, as Go's flags mean it."""
    switches = {flag_of(each.name) for each in fields(Settings) if each.metadata["read"] is boolean}
    return [f"{each}=true" if each in switches else each for each in arguments]


def _from_environment(
    each: Field[Any],
    variable: str,
    environ: Mapping[str, str],
    chosen: dict[str, object],
    origins: dict[str, Origin],
) -> None:
    text = environ[variable]
    # An empty variable means an empty text, and nothing where there is no empty value.
    if text or isinstance(each.default, str):
        chosen[each.name] = _read(each, text, f"variable {variable}")
        origins[each.name] = Origin.ENVIRONMENT


def _read(each: Field[Any], text: str, what: str) -> object:
    try:
        value: object = each.metadata["read"](text)
    except ValueError as error:
        raise SettingsError(f"{what}: {error}") from None
    return value


def _check(settings: Settings, origins: Mapping[str, Origin], action: Action) -> None:
    """Refuse what contradicts itself; a setting is never silently ignored."""
    given = {name for name, origin in origins.items() if origin is not Origin.DEFAULT}
    folders = [name for name in _FOLDERS if getattr(settings, name) is not None]
    if folders and len(folders) < len(_FOLDERS):
        missing = ", ".join(flag_of(name) for name in _FOLDERS if name not in folders)
        raise SettingsError(f"argument {flag_of(folders[0])}: {missing} must be given too")
    for name in _CLUSTER_ONLY if folders else _FOLDERS_ONLY:
        if name in given:
            where = "folders (--source)" if folders else "a cluster"
            raise SettingsError(f"argument {flag_of(name)}: means nothing on {where}")
    if action is Action.ONCE and not folders:
        raise SettingsError("argument --once: needs --source, --target and --keys")
    if not settings.server and (settings.token_file or settings.ca_file):
        name = "token_file" if settings.token_file else "ca_file"
        raise SettingsError(f"argument {flag_of(name)}: needs --server")
    if folders:
        _check_apart(settings)


def _check_apart(settings: Settings) -> None:
    """Refuse folders inside each other: a repository must never hold Secrets or private keys."""
    paths = {name: Path(getattr(settings, name)).resolve() for name in _FOLDERS}
    for name, path in paths.items():
        for other, outer in paths.items():
            if name != other and path.is_relative_to(outer):
                raise SettingsError(
                    f"argument {flag_of(name)}: {getattr(settings, name)} lies in the folder of "
                    f"{flag_of(other)}",
                    hint="give three folders that lie apart",
                )


def _with_loopback(settings: Settings, origins: Mapping[str, Origin]) -> Settings:
    """On folders listen only where asked to, and to this machine unless another host is named."""
    if not settings.is_on_folders:
        return settings
    changes: dict[str, Address | None] = {}
    for name in _LISTENING:
        wanted: Address | None = getattr(settings, name)
        if wanted is None or origins[name] is Origin.DEFAULT:
            changes[name] = None
        elif not wanted.host:
            changes[name] = wanted._replace(host=_LOOPBACK)
    return replace(settings, **changes)  # type: ignore[arg-type] # names and types as above
