"""Keep the values of a Secret out of what the API server says about a write of it.

A policy or a webhook sees the Secret that it refuses, and words the refusal itself: with a value in
it, by intent or by a slip. Those words go into conditions, Events and the log, which many may read.
So where they hold a value in any form, they are left out as a whole: to blank the value alone would
make garbage of a text that holds a short one by chance, and tell how the others look.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sealer.manifest import Secret
from sealer_controller.kube.errors import ApiRetryableError, ApiTerminalError, Cause

__all__ = ["discreet"]

# Words of more than that are left out unread; nobody is shown as much.
_MAXIMUM_CHARACTERS = 65_536
# Of a longer form a part gives it away: any run of twice that many characters is found.
_BLOCK = 16
# Shorter forms stand in other words by chance, so they count where they stand alone.
_SHORT = 4
# Before this many characters, base64 of a value inside of something else is too like other words.
_SHORTEST_INSIDE = 8
# As JSON writers that have web pages in mind put them.
_HTML: Mapping[str, str] = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_URL_SAFE = str.maketrans("+/", "-_")


@contextmanager
def discreet(*secrets: Secret | None) -> Iterator[None]:
    """Take the words out of errors of the API server that hold a value of one of these Secrets.

    The error itself is changed, so that no other one in its chain holds them either.
    """
    try:
        yield
    except (ApiRetryableError, ApiTerminalError) as error:
        causes = (f"{cause.message} {cause.reason} {cause.field}" for cause in error.causes)
        words = "\n".join((error.message, error.reason, *causes))
        if _holds_value(words, [each for each in secrets if each is not None]):
            error.message = (
                f"the API server answers {error.code}; its words hold a value of the Secret "
                "and are left out"
            )
            error.args = (error.message,)
            error.causes = tuple(Cause(cause.reason, field=cause.field) for cause in error.causes)
        raise


def _holds_value(words: str, secrets: list[Secret]) -> bool:
    if len(words) > _MAXIMUM_CHARACTERS:
        return True
    windows = {words[at : at + _BLOCK] for at in range(len(words) - _BLOCK + 1)}
    values = {value.reveal() for secret in secrets for value in secret.data.values()}
    return any(_holds(words, windows, form) for value in values for form in _forms(value))


def _holds(words: str, windows: set[str], form: str) -> bool:
    if len(form) < _SHORT:
        return re.search(rf"(?<![^\W_]){re.escape(form)}(?![^\W_])", words) is not None
    if len(form) <= _BLOCK:
        return form in words
    return any(form[at : at + _BLOCK] in windows for at in range(0, len(form) - _BLOCK + 1, _BLOCK))


def _forms(value: bytes) -> Iterator[str]:
    """Yield how a value may be written; blank space and lone signs are not looked for."""
    clear = _clear(value)
    yield from clear
    for content in {value, *(text.encode() for text in clear)}:
        for text in _encoded(content):
            yield text
            yield text.translate(_URL_SAFE)


def _clear(value: bytes) -> set[str]:
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        return set()
    if len(text) < _SHORT and re.search(r"[^\W_]", text) is None:
        return set()
    forms = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    return forms | {"".join(_HTML.get(each, each) for each in form) for form in forms}


def _encoded(value: bytes) -> Iterator[str]:
    """Yield base64 of a value without padding, alone and inside of something longer."""
    alone = base64.b64encode(value).decode().rstrip("=")
    if alone:
        yield alone
    for before in range(3):
        # What the first and the last characters are depends on the neighbours.
        inside = base64.b64encode(bytes(before) + value).decode().rstrip("=")
        inside = inside[(0, 2, 3)[before] :]
        if (before + len(value)) % 3:
            inside = inside[:-1]
        if len(inside) >= _SHORTEST_INSIDE:
            yield inside
