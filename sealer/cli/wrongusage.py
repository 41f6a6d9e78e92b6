"""Wrong usage in words that do not repeat what was typed, since a value may have been typed."""

import re
from typing import Any

import click

from sealer.cli.errors import IllegalValueError

_NAME = re.compile(r"-[A-Za-z]|(?:--)?[a-z]+(?:-[a-z]+)*")


def looks_like_name(text: str) -> bool:
    """Tell what is a mistyped option or command from what may be anything."""
    return _NAME.fullmatch(text) is not None


def words_of(error: click.UsageError) -> str:
    """Return what is wrong with a command line."""
    match error:
        case click.NoSuchOption():
            is_harmless = looks_like_name(error.option_name)
            return error.format_message() if is_harmless else "No such option."
        case IllegalValueError() | click.MissingParameter():
            return error.format_message()
        case click.BadParameter(param=click.Parameter(type=kind)):
            told = IllegalValueError(
                f"it takes {_taken_by(kind)}", error.ctx, error.param, error.param_hint
            )
            return told.format_message()
        case _:
            return error.format_message()


def _taken_by(kind: "click.ParamType[Any]") -> str:
    """Return what a type of click's takes, in words."""
    match kind:
        case click.Choice(choices=choices):
            return "one of " + ", ".join(map(str, choices))
        case click.IntRange(min=least, max=None):
            return f"a number from {least} on"
        case click.IntRange(min=least, max=most):
            return f"a number from {least} to {most}"
        case click.FloatRange(min=least, max=most):
            return f"a number from {least:g} to {most:g}"
        case click.types.BoolParamType():
            return "true or false"
        case _:
            return "something else"
