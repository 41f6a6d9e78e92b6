"""Read the values of settings from text, and show them as text again.

The forms are those of the original's Go flags (compat.md 3.1). Every reader raises ValueError with
a message that says what was expected; no message says where the text came from.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sealer.errors import IdentityError
from sealer.scope import check_name, check_namespace
from sealer_controller.selector import check_label_key, check_label_value

__all__ = [
    "Address",
    "FileMode",
    "Pairs",
    "address",
    "annotations",
    "between",
    "boolean",
    "choice",
    "duration",
    "file_mode",
    "key_annotations",
    "key_prefix",
    "labels",
    "lasting",
    "moment",
    "namespaces",
    "not_negative",
    "number",
    "object_name",
    "positive",
    "show",
    "whole",
]

_TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
_FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))
_NANOSECONDS = {
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ns": 1,
}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_DURATION = re.compile(rf"[-+]?(?:{_PART.pattern})+", re.ASCII)
_MAXIMUM_NANOSECONDS = 2**63 - 1
_MOMENT = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [-+]\d{4}", re.ASCII)
_MOMENT_FORMAT = "%a, %d %b %Y %H:%M:%S %z"
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*)?")
_LONGEST_PREFIX = 245
_LARGEST_PORT = 65535
_LARGEST_MODE = 0o777
_OWNER_READS = 0o400


class Address(NamedTuple):
    """Where to listen; an empty host means every address of the machine."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return `HOST:PORT`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labels or annotations."""

    entries: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Return `key=value,key=value`."""
        return ",".join(f"{key}={value}" for key, value in self.entries)


def boolean(text: str) -> bool:
    """Read a truth value as Go does."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def whole(text: str) -> int:
    """Read a whole number as Go does: decimal, or with a prefix such as 0x."""
    try:
        return int(text, 0)
    except ValueError:
        raise ValueError(f"{text!r} is no whole number") from None


def number(text: str) -> float:
    """Read a finite number."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None
    if value - value != 0.0:
        raise ValueError(f"{text!r} is no finite number")
    return value


def duration(text: str) -> timedelta:
    """Read a Go duration such as `720h` or `1h30m`; there are no days."""
    if text.lstrip("+-") == "0":
        return timedelta()
    if _DURATION.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no duration, such as 720h, 30m or 1h30m")
    total = sum(int(Decimal(amount) * _NANOSECONDS[unit]) for amount, unit in _PART.findall(text))
    if total > _MAXIMUM_NANOSECONDS:
        raise ValueError(f"{text!r} is longer than 292 years")
    return timedelta(microseconds=total // 1000) * (-1 if text.startswith("-") else 1)


def positive(read: Callable[[str], timedelta]) -> Callable[[str], timedelta]:
    """Return a reader that refuses what is not above zero."""

    def checked(text: str) -> timedelta:
        value = read(text)
        if value <= timedelta():
            raise ValueError(f"{text!r} must be more than zero")
        return value

    return checked


def lasting(least: timedelta, most: timedelta) -> Callable[[str], timedelta]:
    """Return a reader of durations in a range, its ends included."""

    def checked(text: str) -> timedelta:
        value = duration(text)
        if not least <= value <= most:
            raise ValueError(f"{text!r} must be between {show(least)} and {show(most)}")
        return value

    return checked


def not_negative(read: Callable[[str], timedelta]) -> Callable[[str], timedelta]:
    """Return a reader that refuses what is below zero."""

    def checked(text: str) -> timedelta:
        value = read(text)
        if value < timedelta():
            raise ValueError(f"{text!r} must not be negative")
        return value

    return checked


def between(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers in a range, its ends included."""

    def checked(text: str) -> int:
        value = whole(text)
        if not least <= value <= most:
            raise ValueError(f"{text!r} must be between {least} and {most}")
        return value

    return checked


def choice(*names: str) -> Callable[[str], str]:
    """Return a reader of one of some words."""

    def checked(text: str) -> str:
        if text not in names:
            raise ValueError(f"{text!r} must be one of: {', '.join(names)}")
        return text

    return checked


def moment(text: str) -> datetime | None:
    """Read a time as `date -R` prints it, with a numeric zone; the empty text is none."""
    if not text:
        return None
    try:
        if _MOMENT.fullmatch(text):
            return datetime.strptime(text, _MOMENT_FORMAT)  # noqa: DTZ007 - it has %z
    except ValueError:  # such as February 30
        pass
    example = "Tue, 06 Jan 2026 15:04:05 +0100"
    raise ValueError(f"{text!r} is no time as `date -R` prints it: {example}")


def key_prefix(text: str) -> str:
    """Read what the names of key Secrets begin with."""
    if len(text) > _LONGEST_PREFIX or _PREFIX.fullmatch(text) is None:
        raise ValueError(
            f"{text!r} cannot begin a name: a-z, 0-9 and '-', at most {_LONGEST_PREFIX} characters"
        )
    return text


def namespaces(text: str) -> tuple[str, ...]:
    """Read namespaces separated by commas."""
    names = tuple(part.strip() for part in text.split(",")) if text.strip() else ()
    for name in names:
        try:
            check_namespace(name)
        except IdentityError as error:
            raise ValueError(error.message) from None
    return names


def object_name(text: str) -> str:
    """Read the name of an object of the cluster."""
    try:
        check_name(text)
    except IdentityError as error:
        raise ValueError(error.message) from None
    return text


def labels(text: str) -> Pairs:
    """Read labels: `key=value,key=value`."""
    pairs = annotations(text)
    for _, value in pairs.entries:
        check_label_value(value)
    return pairs


def annotations(text: str) -> Pairs:
    """Read annotations: `key=value,key=value`; only the first `=` of each parts it."""
    entries = []
    for entry in text.split(",") if text else ():
        key, sign, value = entry.partition("=")
        if not sign:
            raise ValueError(f"{entry!r} is not key=value")
        check_label_key(key.strip())
        entries.append((key.strip(), value))
    return Pairs(tuple(entries))


def key_annotations(text: str) -> Pairs:
    """Read annotations of new keys; the one that marks a key as compromised is not for these."""
    from sealer.keysecret import STATE_ANNOTATION  # noqa: PLC0415 - few starts need it, and it is large

    pairs = annotations(text)
    if any(key == STATE_ANNOTATION for key, _ in pairs.entries):
        raise ValueError(f"{STATE_ANNOTATION!r} tells what became of a key: not for new ones")
    return pairs


def address(text: str) -> Address | None:
    """Read where to listen: `:8080`, `127.0.0.1:8080` or `[::1]:8080`; empty is nowhere."""
    if not text:
        return None
    host, sign, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_port = port.isascii() and port.isdigit() and int(port) <= _LARGEST_PORT
    if not sign or not is_port or "[" in host or (":" in host and f"[{host}]" not in text):
        raise ValueError(f"{text!r} is no address, such as :8080, 127.0.0.1:8080 or [::1]:8080")
    return Address(host, int(port))


class FileMode(int):
    """Permission bits, which people write and read in octal."""

    def __str__(self) -> str:
        """Return four octal digits."""
        return f"{int(self):04o}"


def file_mode(text: str) -> FileMode:
    """Read the permission bits of files, in octal; their owner reads them, nobody runs them."""
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= _LARGEST_MODE or not mode & _OWNER_READS or mode & 0o111:
        raise ValueError(f"{text!r} is no mode for files, such as 0600 or 0640")
    return FileMode(mode)


def show(value: object) -> str:
    """Return a setting as text that its reader reads back."""
    for kind, text in _SHOWN:
        if isinstance(value, kind):
            return text(value)
    return str(value)


def _show_duration(value: timedelta) -> str:
    left = abs(value) // timedelta(microseconds=1)
    parts = []
    for unit in ("h", "m", "s", "ms", "us"):
        amount, left = divmod(left, _NANOSECONDS[unit] // 1000)
        if amount:
            parts.append(f"{amount}{unit}")
    return ("-" if value < timedelta() else "") + ("".join(parts) or "0s")


_SHOWN: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (type(None), lambda _: ""),
    (bool, lambda value: "true" if value else "false"),
    (float, "{:g}".format),
    (timedelta, _show_duration),
    (datetime, lambda value: value.strftime(_MOMENT_FORMAT)),
    (Address, str),
    (tuple, ",".join),
)
