"""Log lines: a constant event name and fields, as text for people or JSON for programs.

    log = logs.logger(__name__)
    log.info("secret_removed", namespace="shop", name="db")

prints, in the shape of the original's logger,

    time=2026-01-31T12:00:00.000Z level=INFO msg=secret_removed namespace=shop name=db

A field is a name, a number, a position or one of our own messages, never a value of a Secret. Of an
exception only type and place are printed: the text of a foreign one may hold anything.
"""

import json
import logging
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

__all__ = ["Logger", "Output", "configure", "described", "logger"]

_FIELDS = "sealer_fields"
_LEVELS = {logging.WARNING: "WARN", logging.CRITICAL: "ERROR"}


@dataclass(frozen=True, slots=True)
class Logger:
    """Writes events with fields through Python's logging."""

    target: logging.Logger

    def info(self, event: str, **fields: object) -> None:
        """Tell what happened, as it should."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Tell what somebody should look at; the controller goes on."""
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Tell what does not work."""
        self._log(logging.ERROR, event, fields)

    def _log(self, level: int, event: str, fields: dict[str, object]) -> None:
        self.target.log(level, "%s", event, extra={_FIELDS: fields})


def logger(name: str) -> Logger:
    """Return the logger of a module."""
    return Logger(logging.getLogger(name))


@dataclass(frozen=True, slots=True)
class Output:
    """Where lines go and how they look (compat.md 3.1).

    Attributes:
        format: `text`, `json`, or `auto`: text on a terminal, JSON elsewhere.
        level: `ERROR` leaves out everything below; any other text means `INFO`.
        info_to_stdout: Information to standard output, warnings and errors to standard error;
            otherwise everything goes to standard error.
    """

    format: str = "auto"
    level: str = "INFO"
    info_to_stdout: bool = True


def described(error: BaseException) -> dict[str, str]:
    """Return as fields what may be told of an exception that is not ours: its type and place."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.name}:{frame.lineno}" for frame in frames]
    return {"error": type(error).__name__, "trace": " > ".join(places)}


def configure(output: Output, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
    """Send all log lines of the process, other packages' too, where `output` says."""
    stdout, stderr = stdout or sys.stdout, stderr or sys.stderr
    quiet = output.level.upper() == "ERROR"
    root = logging.getLogger()
    root.setLevel(logging.ERROR if quiet else logging.INFO)
    for handler in list(root.handlers):
        root.removeHandler(handler)
    low = stdout if output.info_to_stdout else stderr
    root.addHandler(_handler(low, output.format, lambda record: record.levelno < logging.WARNING))
    root.addHandler(
        _handler(stderr, output.format, lambda record: record.levelno >= logging.WARNING)
    )
    # Its lines repeat what our own say, one for each request.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)


def _handler(
    stream: TextIO, form: str, wanted: Callable[[logging.LogRecord], bool]
) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    as_text = stream.isatty() if form == "auto" else form == "text"
    handler.setFormatter(_Formatter(as_json=not as_text))
    handler.addFilter(wanted)
    return handler


class _Formatter(logging.Formatter):
    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, whatever the fields hold."""
        pairs: dict[str, object] = {
            "time": _time(record.created),
            "level": _LEVELS.get(record.levelno, record.levelname),
            "msg": record.getMessage(),
            **_fields(record),
        }
        if self._as_json:
            return json.dumps(pairs, default=str)
        return " ".join(f"{key}={_quoted(value)}" for key, value in pairs.items())


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = dict(getattr(record, _FIELDS, {}))
    if not hasattr(record, _FIELDS):
        fields["logger"] = record.name
    if record.exc_info and record.exc_info[1] is not None:
        fields |= described(record.exc_info[1])
    return fields


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _quoted(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    is_plain = text.isascii() and text.isprintable() and text and not set(text) & set(' "=')
    return text if is_plain else json.dumps(text)
