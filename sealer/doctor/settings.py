"""What a controller was told to do: the arguments and variables of its container.

Both controllers take the same flags, as `--flag=value` or `--flag value`, and variables of the same
names (`SEALED_SECRETS_...`); the command line wins. Here are only those that checks ask for.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sealer.certsource import DEFAULT_CONTROLLER_NAME
from sealer.doctor.facts import Object
from sealer.keysecret import DEFAULT_PREFIX
from sealer.manifest.cursor import Cursor

_PREFIX = "SEALED_SECRETS_"
_FLAG = re.compile(r"--?(?P<name>[a-z0-9][a-z0-9-]*)(?:=(?P<value>.*))?", re.DOTALL)
_TRUE = ("1", "t", "true")
# A flag without a value of its own; pflag takes the next word for the value of all others.
_SWITCHES = frozenset(
    {"all-namespaces", "leader-elect", "old-gc-behavior", "recreate-immutable", "skip-recreate"}
    | {"update-status", "watch-for-secrets", "log-info-stdout", "version", "print-settings"}
    | {"accept-deprecated-v1-data", "metrics-omit-secret-labels", "require-existing-key"}
)
# Of its flags those that hardly any other program has.
_OWN = frozenset(
    {"key-renew-period", "key-cutoff-time", "old-gc-behavior", "recreate-immutable"}
    | {"accept-deprecated-v1-data", "metrics-omit-secret-labels", "require-existing-key"}
)
# And those that others have too: they tell as variables, by their prefix, or two of them together.
_SHARED = frozenset(
    {"key-prefix", "additional-namespaces", "watch-for-secrets", "certificate-config-map"}
)
_ENOUGH = 2
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DEFAULT_PERIOD = timedelta(hours=720)


@dataclass(frozen=True, slots=True)
class Settings:
    """What checks have to know of a controller's settings; defaults are the programs'.

    Attributes:
        sees_all: It looks at all namespaces.
        namespaces: Others that it looks at besides its own.
        selector: Labels of namespaces that it looks at; empty for none.
        labels: Labels of the only SealedSecrets that it looks at; empty for all.
        elects: Replicas agree on who writes.
        lease: By which Lease.
        writes_status: It writes the status of SealedSecrets.
        deletes: It may have to delete Secrets.
        watches: It watches the Secrets that it made.
        watches_keys: It watches its sealing keys, and does not only list them when it starts.
        prefix: What names of key Secrets begin with.
        period: How old the newest key may become; zero is for ever, None not understood.
    """

    sees_all: bool = True
    namespaces: tuple[str, ...] = ()
    selector: str = ""
    labels: str = ""
    elects: bool = False
    lease: str = DEFAULT_CONTROLLER_NAME
    writes_status: bool = True
    deletes: bool = False
    watches: bool = True
    watches_keys: bool = True
    prefix: str = DEFAULT_PREFIX
    period: timedelta | None = _DEFAULT_PERIOD


def settings_of(deployment: Object) -> Settings:
    """Return the settings of a Deployment of a controller."""
    given = _given(container_of(deployment))
    namespaces = given.get("additional-namespaces", "")
    selector = given.get("namespace-selector", "")
    is_narrowed = bool(namespaces.strip() or selector)
    period = given.get("key-renew-period") or given.get("rotate-period")
    return Settings(
        sees_all=_is_true(given, "all-namespaces", otherwise=True) and not is_narrowed,
        namespaces=tuple(each.strip() for each in namespaces.split(",") if each.strip()),
        selector=selector,
        labels=given.get("label-selector", ""),
        elects=_is_true(given, "leader-elect"),
        lease=given.get("leader-elect-resource-name") or DEFAULT_CONTROLLER_NAME,
        writes_status=_is_true(given, "update-status", otherwise=True),
        deletes=_is_true(given, "recreate-immutable") or _is_true(given, "old-gc-behavior"),
        watches=not _is_true(given, "skip-recreate"),
        watches_keys=_is_true(given, "watch-for-secrets", otherwise=True),
        prefix=given.get("key-prefix") or DEFAULT_PREFIX,
        period=_duration(period) if period else _DEFAULT_PERIOD,
    )


def container_of(deployment: Object) -> Cursor:
    """Return the container of a Deployment that runs the controller: the first, or by its name."""
    every = list(Cursor(deployment).each("spec", "template", "spec", "containers"))
    named = (each for each in every if each.text("name") in ("controller", DEFAULT_CONTROLLER_NAME))
    return next(named, every[0] if every else Cursor(None))


def is_configured(container: Cursor) -> bool:
    """Tell whether a container is given variables or flags that only such a controller takes."""
    variables, flags = _variables(container), dict(_flags(_words(container)))
    is_own = any(not _OWN.isdisjoint(each) for each in (variables, flags))
    return is_own or not _SHARED.isdisjoint(variables) or len(_SHARED & flags.keys()) >= _ENOUGH


def _given(container: Cursor) -> Mapping[str, str]:
    return _variables(container) | dict(_flags(_words(container)))


def _variables(container: Cursor) -> dict[str, str]:
    return {
        variable.text("name").removeprefix(_PREFIX).lower().replace("_", "-"): variable.text(
            "value"
        )
        for variable in container.each("env")
        if variable.text("name").startswith(_PREFIX)
    }


def _words(container: Cursor) -> Sequence[str]:
    return [
        each.value
        for part in ("command", "args")
        for each in container.each(part)
        if isinstance(each.value, str)
    ]


def _flags(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    rest = iter(words)
    for word in rest:
        found = _FLAG.fullmatch(word)
        if found is None:
            continue
        name, value = found["name"], found["value"]
        if value is None:
            value = "true" if name in _SWITCHES else next(rest, "")
        yield name, value


def _is_true(given: Mapping[str, str], name: str, *, otherwise: bool = False) -> bool:
    return given[name].lower() in _TRUE if name in given else otherwise


def _duration(text: str) -> timedelta | None:
    """Return a duration as Go writes it; None where it is none."""
    parts = _PART.findall(text)
    if "".join(number + unit for number, unit in parts) != text:
        return timedelta(0) if text == "0" else None
    return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))
