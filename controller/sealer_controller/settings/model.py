"""What the controller can be told, by flags and by environment variables.

`Settings` is the one list of settings: each field knows its flag, its reader and its words. The
flag of `key_size` is `--key-size`, its variable `SEALED_SECRETS_KEY_SIZE`; the command line wins
over the environment, and that over the default (compat.md 3.1). `settings.load` puts them together.
"""

# ruff: noqa: RUF009 - `_flag` and the like declare a field, as `dataclasses.field` does

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sealer_controller.election import LONGEST, SHORTEST
from sealer_controller.selector import Selector, parse_selector
from sealer_controller.settings import values
from sealer_controller.settings.values import Address, FileMode, Pairs

__all__ = ["Settings"]

_T = TypeVar("_T")
_EFFECTIVE = object()
_DURATION, _FILE, _FOLDER = "DURATION", "FILE", "FOLDER"
_PAIRS = "KEY=VALUE,..."


def _flag(
    default: _T,
    read: Callable[[str], _T],
    words: str,
    metavar: str = "",
    *,
    alias: str = "",
    inert: object = _EFFECTIVE,
) -> _T:
    """Declare a setting.

    Args:
        default: Its value when nobody says otherwise.
        read: Reads it from text.
        words: What it does.
        metavar: What its value is called in the help; the field's name when empty.
        alias: Another name of the flag, which the original has deprecated.
        inert: Given where the setting has no effect in this version: the value that asks for
            nothing which is missing.
    """
    metadata: dict[str, object] = {"read": read, "words": words, "metavar": metavar, "alias": alias}
    if inert is not _EFFECTIVE:
        metadata["inert"] = inert
    declared: _T = field(default=default, metadata=metadata)
    return declared


def _switch(words: str, *, on: bool = False) -> bool:
    """Declare a setting that is true or false."""
    return _flag(on, values.boolean, words, "true|false")


def _listening(port: int, words: str) -> Address | None:
    """Declare where something is served."""
    default: Address | None = Address("", port)
    return _flag(default, values.address, words, "[HOST]:PORT")


def _text(text: str) -> str:
    return text


def _path(text: str) -> Path | None:
    return Path(text) if text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the controller can be told. `docs/controller.md` explains each."""

    source: Path | None = _flag(
        None, _path, "work on folders: where the SealedSecrets are, such as a checkout", _FOLDER
    )
    target: Path | None = _flag(None, _path, "with --source: where the Secrets go", _FOLDER)
    keys: Path | None = _flag(None, _path, "with --source: where the sealing keys are", _FOLDER)
    target_format: str = _flag(
        "manifest",
        values.choice("manifest", "files"),
        "with --source: write NAME.yaml, or a folder NAME with a file for each item",
        "manifest|files",
    )
    target_mode: FileMode = _flag(
        FileMode(0o600), values.file_mode, "with --source: permissions of what is written", "MODE"
    )
    target_owner: str = _flag(
        "",
        _text,
        "with --source: owner of what is written; needs the right to give it away",
        "USER[:GROUP]",
    )
    server: str = _flag("", _text, "the API server, outside a cluster", "URL")
    token_file: Path | None = _flag(None, _path, "with --server: a bearer token", _FILE)
    ca_file: Path | None = _flag(
        None, _path, "with --server: certificates that vouch for it", _FILE
    )

    all_namespaces: bool = _switch("look at all namespaces, or only at our own", on=True)
    additional_namespaces: tuple[str, ...] = _flag(
        (), values.namespaces, "look at these and our own, instead of all", "NAME,..."
    )
    namespace_selector: Selector = _flag(
        Selector(),
        parse_selector,
        "look at the namespaces with such labels, as they come and go, instead of all",
        "SELECTOR",
    )
    label_selector: Selector = _flag(
        Selector(), parse_selector, "look only at SealedSecrets with such labels", "SELECTOR"
    )
    workers: int = _flag(
        16, values.between(1, 256), "how many objects are worked on at the same time", "COUNT"
    )
    leader_elect: bool = _switch("let only one of several replicas write, by a Lease")
    leader_elect_lease_duration: timedelta = _flag(
        timedelta(seconds=10),
        values.lasting(SHORTEST, LONGEST),
        "another replica takes over when the one that writes has not been heard of for so long",
        _DURATION,
    )
    leader_elect_resource_name: str = _flag(
        "sealed-secrets-controller",
        values.object_name,
        "the Lease that replicas share, in our own namespace",
        "NAME",
    )
    update_status: bool = _switch("write the status of SealedSecrets", on=True)
    accept_deprecated_v1_data: bool = _switch("open the format of before 2019 too", on=True)
    max_unseal_retries: int = _flag(
        5, values.whole, "none: what may pass is tried for ever", "COUNT", inert=5
    )
    recreate_immutable: bool = _switch(
        "make Secrets anew that cannot be changed: immutable ones, and those of another type"
    )
    skip_recreate: bool = _switch(
        "do not watch Secrets: leave those that others delete or change as they are"
    )
    old_gc_behavior: bool = _switch("delete the Secrets of deleted SealedSecrets ourselves")

    key_prefix: str = _flag(
        "sealed-secrets-key", values.key_prefix, "what the names of key Secrets begin with", "TEXT"
    )
    key_size: int = _flag(4096, values.between(2048, 16384), "size of new RSA keys", "BITS")
    key_ttl: timedelta = _flag(
        timedelta(hours=87600),
        values.positive(values.duration),
        "how long new certificates are valid",
        _DURATION,
    )
    my_cn: str = _flag("", _text, "common name in new certificates", "NAME")
    key_renew_period: timedelta = _flag(
        timedelta(hours=720),
        values.not_negative(values.duration),
        "make a new key so often; 0 is never",
        _DURATION,
        alias="rotate_period",
    )
    key_cutoff_time: datetime | None = _flag(
        None,
        values.moment,
        "make a new key at the start if the newest is older; as `date -R` prints it",
        "TIME",
    )
    key_order_priority: str = _flag(
        "CertNotBefore",
        values.choice("CertNotBefore", "SecretCreationTimestamp"),
        "which key is the newest: CertNotBefore or SecretCreationTimestamp",
        "ORDER",
    )
    require_existing_key: bool = _switch("never make the first key, wait for a restored backup")
    privatekey_labels: Pairs = _flag(Pairs(), values.labels, "labels of new key Secrets", _PAIRS)
    privatekey_annotations: Pairs = _flag(
        Pairs(), values.key_annotations, "annotations of new key Secrets", _PAIRS
    )
    watch_for_secrets: bool = _switch("take notice of keys that come, change and go", on=True)

    listen_addr: Address | None = _listening(8080, "where certificate and health are served")
    listen_metrics_addr: Address | None = _listening(8081, "where metrics are served")
    read_timeout: timedelta = _flag(
        timedelta(minutes=2),
        values.not_negative(values.duration),
        "how long a client may take to ask; 0 is for ever",
        _DURATION,
    )
    write_timeout: timedelta = _flag(
        timedelta(minutes=2),
        values.not_negative(values.duration),
        "how long an answer may take; 0 is for ever",
        _DURATION,
    )
    rate_limit: int = _flag(
        2, values.between(1, 2**31), "requests a second of /v1/verify, by each client", "COUNT"
    )
    rate_limit_burst: int = _flag(
        2, values.between(0, 2**31), "how many more of them may come at once", "COUNT"
    )
    kubeclient_qps: float = _flag(
        -1.0, values.number, "our requests a second to the API server; not above 0: any", "COUNT"
    )
    kubeclient_burst: int = _flag(10, values.between(1, 2**31), "how many may go at once", "COUNT")
    shutdown_deadline: timedelta = _flag(
        timedelta(seconds=20),
        values.positive(values.duration),
        "how long work in hand may take when the end has come",
        _DURATION,
    )

    metrics_omit_secret_labels: bool = _switch("keep the names of objects out of the metrics")
    log_level: str = _flag("INFO", _text, "INFO, or ERROR for errors only", "LEVEL")
    log_format: str = _flag(
        "auto",
        values.choice("auto", "text", "json"),
        "text, json, or auto: text on a terminal",
        "FORMAT",
    )
    log_info_stdout: bool = _switch(
        "information to standard output; otherwise to standard error, like the rest", on=True
    )

    @property
    def is_on_folders(self) -> bool:
        """Whether the controller works on folders, and not on a cluster."""
        return self.source is not None

    def namespaces(self, own: str) -> tuple[str, ...]:
        """Return where to look, given our own namespace; the empty name means everywhere.

        A selector of namespaces adds to these, and means that it is not everywhere.
        """
        if self.additional_namespaces:
            return (own, *self.additional_namespaces)
        if not self.all_namespaces:
            return (own,)
        return () if str(self.namespace_selector).strip() else ("",)
