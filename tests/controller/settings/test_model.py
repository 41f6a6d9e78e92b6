"""Settings: every flag and variable of the original, who wins, and what is refused."""

import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sealer.keysecret import DEFAULT_PREFIX
from sealer_controller.keystore import KeyOrder
from sealer_controller.settings.load import (
    Action,
    Loaded,
    Origin,
    SettingsError,
    flag_of,
    load,
    render,
    variable_of,
)
from sealer_controller.settings.model import Settings
from sealer_controller.settings.values import Address
from sealer_keys.generate import DEFAULT_BITS, DEFAULT_VALIDITY, MAXIMUM_BITS

DOCS = Path(__file__).resolve().parents[3] / "docs" / "controller.md"
# Flags and defaults of compat.md 3.1, as the original prints them; a None where ours differs, with
# the reason beside it.
ORIGINAL = {
    "key-prefix": "sealed-secrets-key",
    "key-size": "4096",
    "key-ttl": "87600h",
    "my-cn": "",
    "key-renew-period": "720h",
    "key-order-priority": "CertNotBefore",
    "key-cutoff-time": "",
    "accept-deprecated-v1-data": "true",
    "all-namespaces": "true",
    "additional-namespaces": "",
    "label-selector": "",
    "rate-limit": "2",
    "rate-limit-burst": "2",
    "privatekey-annotations": "",
    "privatekey-labels": "",
    "old-gc-behavior": "false",
    "update-status": "true",
    "watch-for-secrets": None,  # on: keys that come, change and go take effect at once
    "skip-recreate": "false",
    "max-unseal-retries": "5",
    "kubeclient-qps": None,  # off: the server's priority and fairness decides (controller.md 5)
    "kubeclient-burst": "10",
    "metrics-omit-secret-labels": "false",
    "log-level": "INFO",
    "log-format": None,  # auto: text on a terminal, JSON elsewhere (controller.md 7)
    "log-info-stdout": "true",
    "listen-addr": ":8080",
    "listen-metrics-addr": ":8081",
    "read-timeout": "2m",
    "write-timeout": "2m",
}
# A value other than the default for every setting that both kinds of installation take.
OTHERS = {
    "key-prefix": "other",
    "key-size": "2048",
    "key-ttl": "1h",
    "my-cn": "other",
    "key-renew-period": "1h",
    "key-order-priority": "SecretCreationTimestamp",
    "key-cutoff-time": "Tue, 06 Jan 2026 15:04:05 +0000",
    "accept-deprecated-v1-data": "false",
    "all-namespaces": "false",
    "additional-namespaces": "a,b",
    "label-selector": "a=b",
    "rate-limit": "3",
    "rate-limit-burst": "3",
    "privatekey-annotations": "a=b",
    "privatekey-labels": "a=b",
    "old-gc-behavior": "true",
    "update-status": "false",
    "watch-for-secrets": "false",
    "recreate-immutable": "true",
    "skip-recreate": "true",
    "max-unseal-retries": "6",
    "metrics-omit-secret-labels": "true",
    "log-level": "ERROR",
    "log-format": "json",
    "log-info-stdout": "false",
    "listen-addr": "127.0.0.1:1",
    "listen-metrics-addr": "127.0.0.1:2",
    "read-timeout": "1s",
    "write-timeout": "1s",
    "workers": "3",
    "require-existing-key": "true",
    "shutdown-deadline": "1s",
}
FOLDERS = ("--source", "/s", "--target", "/t", "--keys", "/k")


def settings(*arguments: str, **environ: str) -> Settings:
    """Return the settings of a start; keywords are variables without their prefix."""
    return loaded(*arguments, **environ).settings


def loaded(*arguments: str, **environ: str) -> Loaded:
    """Return the settings of a start, and where they come from."""
    return load(arguments, {f"SEALED_SECRETS_{name}": value for name, value in environ.items()})


def shown(*arguments: str, **environ: str) -> dict[str, tuple[str, str]]:
    """Return what `--print-settings` shows: by flag, the value and where it comes from."""
    lines = render(loaded(*arguments, **environ)).splitlines()
    found = (re.fullmatch(r"--([a-z0-9-]+)=(.*?) +# (.*)", line) for line in lines)
    return {match[1]: (match[2], match[3]) for match in found if match}


def test_flags_and_defaults_are_the_originals() -> None:
    """All are accepted; a default differs only where the design says so."""
    found = shown()
    assert found.keys() >= ORIGINAL.keys()
    assert {name: found[name] for name, value in ORIGINAL.items() if value is not None} == {
        name: (value, "default") for name, value in ORIGINAL.items() if value is not None
    }


def test_defaults_are_those_of_the_code_that_uses_them() -> None:
    """The settings name them again, so that help and version need not load that code."""
    default = settings()
    assert default.key_prefix == DEFAULT_PREFIX
    assert default.key_size == DEFAULT_BITS
    assert default.key_ttl == DEFAULT_VALIDITY
    assert {order.value for order in KeyOrder} == {"CertNotBefore", "SecretCreationTimestamp"}
    assert settings("--key-size", str(MAXIMUM_BITS)).key_size == MAXIMUM_BITS


@pytest.mark.parametrize(("name", "value"), OTHERS.items())
def test_variable_is_a_default_and_the_command_line_wins(name: str, value: str) -> None:
    """For every setting: from the environment, from the command line, and from both."""
    variable = name.upper().replace("-", "_")
    flag = f"--{name}={value}"
    default = shown()[name][0]
    assert default != value
    assert shown(**{variable: value})[name] == (value, "environment")
    assert shown(flag)[name] == (value, "command line")
    if default:
        other = {variable: default}
        assert shown(flag, **other)[name] == (value, "command line")


def test_every_setting_has_been_tried() -> None:
    """No setting is left out of the test above, but those of one kind of installation."""
    ours = {each.name.replace("_", "-") for each in fields(Settings)}
    folders = {"source", "target", "keys", "target-format", "target-mode", "target-owner"}
    cluster = {"server", "token-file", "ca-file", "kubeclient-qps", "kubeclient-burst"}
    cluster |= {"namespace-selector", "leader-elect"}
    cluster |= {"leader-elect-lease-duration", "leader-elect-resource-name"}
    assert ours == OTHERS.keys() | folders | cluster


def test_printed_settings_can_be_given_back() -> None:
    """Every value is shown in the form that its flag takes."""
    arguments = [f"--{name}={value}" for name, value in OTHERS.items()]
    before = settings(*arguments)
    again = [f"--{name}={value}" for name, (value, _) in shown(*arguments).items() if value]
    cluster_only = [each for each in again if not each.startswith("--target")]
    assert settings(*cluster_only) == before


@pytest.mark.parametrize("name", ["LISTEN_ADDR", "KEY_SIZE", "KEY_TTL", "UPDATE_STATUS"])
def test_empty_variable_keeps_a_default_that_cannot_be_empty(name: str) -> None:
    """As in the original for booleans, numbers and durations."""
    assert settings(**{name: ""}) == settings()


def test_empty_variable_is_an_empty_text() -> None:
    """Set to empty is not the same as unset (conformance 58)."""
    assert loaded(MY_CN="").origins["my_cn"] is Origin.ENVIRONMENT
    assert settings(LOG_LEVEL="").log_level == ""
    with pytest.raises(SettingsError, match="SEALED_SECRETS_KEY_PREFIX: ''"):
        settings(KEY_PREFIX="")


def test_variables_that_are_no_settings_are_ignored() -> None:
    """`SEALED_SECRETS_VERSION=true` prints nothing, and Kubernetes sets some of its own."""
    found = loaded(VERSION="true", CONTROLLER_PORT="tcp://10.0.0.1:8080", ONCE="true", CERT="x")
    assert found.action is Action.RUN
    assert found.settings == settings()


def test_old_name_of_the_renewal_period_is_taken() -> None:
    """`--rotate-period` is deprecated and means the same; the new name wins."""
    hour = timedelta(hours=1)
    assert settings("--rotate-period", "1h").key_renew_period == hour
    assert settings(ROTATE_PERIOD="1h").key_renew_period == hour
    assert settings(ROTATE_PERIOD="1h", KEY_RENEW_PERIOD="2h").key_renew_period == 2 * hour


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--update-status"], True),
        (["--update-status=false"], False),
        (["--update-status=F"], False),
        (["--update-status=false", "--update-status"], True),
    ],
)
def test_boolean_flag_needs_no_value(arguments: list[str], *, wanted: bool) -> None:
    """As with Go's flags: the bare flag means true, and a value is given with `=`."""
    assert settings(*arguments).update_status is wanted


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--unknown"], "unrecognized arguments: --unknown"),
        (["--key-siz=1"], "unrecognized arguments: --key-siz=1"),
        (["--update-status", "false"], "unrecognized arguments: false"),
        (["--key-size"], "argument --key-size: expected one argument"),
        (["--key-size=2047"], "argument --key-size: '2047' must be between"),
        (["--key-renew-period=-1h"], "argument --key-renew-period: '-1h' must not be negative"),
        (["--rate-limit=0"], "argument --rate-limit: '0' must be between"),
        (["--key-order-priority=Newest"], "argument --key-order-priority: 'Newest' must be one"),
        (["--privatekey-labels=a"], "argument --privatekey-labels: 'a' is not key=value"),
        (["--label-selector=,"], "argument --label-selector: ',' is no label selector"),
        (["--source=/s"], "argument --source: --target, --keys must be given too"),
        (["--target=/s", "--keys=/k"], "argument --target: --source must be given too"),
        (["--target-mode=0640"], "argument --target-mode: means nothing on a cluster"),
        ([*FOLDERS, "--server=http://x"], "argument --server: means nothing on folders"),
        ([*FOLDERS, "--kubeclient-qps=5"], "argument --kubeclient-qps: means nothing on folders"),
        ([*FOLDERS, "--namespace-selector=a"], "argument --namespace-selector: means nothing on"),
        ([*FOLDERS, "--old-gc-behavior"], "argument --old-gc-behavior: means nothing on folders"),
        ([*FOLDERS, "--leader-elect"], "argument --leader-elect: means nothing on folders"),
        (
            ["--leader-elect-lease-duration=2s"],
            "argument --leader-elect-lease-duration: '2s' must be between 3s and 1m",
        ),
        (
            ["--leader-elect-lease-duration=61s"],
            "argument --leader-elect-lease-duration: '61s' must be between 3s and 1m",
        ),
        (
            ["--leader-elect-resource-name=A"],
            "argument --leader-elect-resource-name: 'A' is no object name",
        ),
        (["--namespace-selector=,"], "argument --namespace-selector: ',' is no label selector"),
        (["--once"], "argument --once: needs --source"),
        (["--token-file=/x"], "argument --token-file: needs --server"),
        (["--ca-file=/x"], "argument --ca-file: needs --server"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], message: str) -> None:
    """With the name of the flag."""
    with pytest.raises(SettingsError) as raised:
        settings(*arguments)
    assert raised.value.message.startswith(message)


@pytest.mark.parametrize("variable", ["KEY_SIZE", "KEY_TTL", "UPDATE_STATUS", "RATE_LIMIT"])
def test_variable_that_cannot_be_read_is_named(variable: str) -> None:
    """Not ignored silently (FIX), not even where the command line would win."""
    with pytest.raises(SettingsError, match=f"variable SEALED_SECRETS_{variable}: 'x' "):
        settings("--key-size=4096", **{variable: "x"})


@pytest.mark.parametrize(
    ("source", "target", "keys"),
    [
        ("repo", "repo/out", "keys"),
        ("repo", "out", "repo/keys"),
        ("out/repo", "out", "keys"),
        ("repo", "out", "out/keys"),
        ("repo", "repo", "keys"),
        ("repo", "out", "out"),
        ("repo", "elsewhere/../repo/out", "keys"),
    ],
)
def test_folders_in_each_other_are_refused(
    tmp_path: Path, source: str, target: str, keys: str
) -> None:
    """Readable Secrets and private keys must not get into a repository."""
    paths = (
        f"--{name}={tmp_path / path}"
        for name, path in zip(("source", "target", "keys"), (source, target, keys), strict=True)
    )
    with pytest.raises(SettingsError, match="lies in the folder of"):
        settings(*paths)


def test_folders_listen_only_where_asked_and_on_this_machine() -> None:
    """There is no API server in front to authorise (controller.md 6)."""
    assert settings(*FOLDERS).listen_addr is None
    assert settings(*FOLDERS).listen_metrics_addr is None
    asked = settings(*FOLDERS, "--listen-addr=:80", LISTEN_METRICS_ADDR="0.0.0.0:81")
    assert asked.listen_addr == Address("127.0.0.1", 80)
    assert asked.listen_metrics_addr == Address("0.0.0.0", 81)  # noqa: S104 - stated
    assert settings().listen_addr == Address("", 8080)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], ("",)),
        (["--all-namespaces=false"], ("own",)),
        (["--additional-namespaces=a,b"], ("own", "a", "b")),
        (["--all-namespaces=true", "--additional-namespaces=a"], ("own", "a")),
        (["--namespace-selector=team"], ()),
        (["--namespace-selector= "], ("",)),
        (["--namespace-selector=team", "--all-namespaces=false"], ("own",)),
        (["--namespace-selector=team", "--additional-namespaces=a"], ("own", "a")),
    ],
)
def test_namespaces_are_chosen_as_in_the_original(
    arguments: list[str], wanted: tuple[str, ...]
) -> None:
    """Additional ones come instead of all, besides our own; a selector adds to what is named."""
    assert settings(*arguments).namespaces("own") == wanted


def test_settings_without_effect_are_named() -> None:
    """What this version does not do is said, with the value that asks for it."""
    assert loaded().without_effect == []
    asked = loaded("--rate-limit=9", MAX_UNSEAL_RETRIES="9")
    assert asked.without_effect == ["--max-unseal-retries=9"]


@pytest.mark.parametrize(
    ("flag", "action"),
    [
        ("--version", Action.PRINT_VERSION),
        ("--print-settings", Action.PRINT_SETTINGS),
        ("--once", Action.ONCE),
    ],
)
def test_action_is_what_the_program_is_started_for(flag: str, action: Action) -> None:
    """One flag each."""
    assert loaded(*FOLDERS, flag).action is action


def test_every_setting_is_documented() -> None:
    """`docs/controller.md` has a row for each, with its default, and no other."""
    rows = re.findall(r"^\| `--([a-z0-9-]+)`[^|]*\| ([^|]*) \|", DOCS.read_text(), re.MULTILINE)
    documented = {name: default.strip().strip("`") for name, default in rows}
    wanted: dict[str, Any] = {name: value for name, (value, _) in shown().items()}
    actions = {"version", "print-settings", "once"}
    assert {name: text for name, text in documented.items() if name not in actions} == wanted
    assert actions <= documented.keys()
    assert flag_of("key_size") == "--key-size"
    assert variable_of("key_size") == "SEALED_SECRETS_KEY_SIZE"
