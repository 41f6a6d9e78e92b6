"""The `sealer` program: runs a command and turns whatever happens into words and an exit code."""

import gc
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from sealer import __version__
from sealer.cli.console import Console
from sealer.cli.errors import ClusterError, DemoError, EditorError, KeyFileError, WrongUsageError
from sealer.cli.files.streams import fill_closed_streams
from sealer.cli.group import LazyGroup, printing_option
from sealer.cli.kubeseal import is_drop_in
from sealer.cli.report import flatten, report, report_bug, traceback_of
from sealer.cli.wrongusage import words_of
from sealer.errors import (
    IdentityError,
    InputError,
    OutputError,
    SealedValueError,
    SealerError,
    TemplateError,
    UnsealError,
)
from sealer_keys.errors import CertificateError, EmptyKeyringError, PrivateKeyError

ANSWER_IS_NO = 1
WRONG_USAGE = 2
INPUT = 3
KEY = 4
CLUSTER = 5
OUTPUT = 6
BUG = 70
INTERRUPTED = 130
TERMINATED = 143

_CODES: tuple[tuple[type[SealerError], int], ...] = (
    (InputError, INPUT),
    (IdentityError, INPUT),
    (CertificateError, KEY),
    (PrivateKeyError, KEY),
    (EmptyKeyringError, KEY),
    (KeyFileError, KEY),
    (ClusterError, CLUSTER),
    (OutputError, OUTPUT),
    (UnsealError, ANSWER_IS_NO),
    (SealedValueError, ANSWER_IS_NO),
    (TemplateError, ANSWER_IS_NO),
    (DemoError, ANSWER_IS_NO),
    (EditorError, ANSWER_IS_NO),
)
# Where several codes apply, the first of these wins.
_PRECEDENCE = (BUG, INPUT, KEY, CLUSTER, OUTPUT, ANSWER_IS_NO)

# Importing makes many objects and no garbage: collecting meanwhile would take 5 ms of 130.
_OBJECTS_BEFORE_COLLECTION = 100_000
_COMMANDS = "sealer.cli.commands."
_NAMES = (
    "seal",
    "create",
    "value",
    "set",
    "unset",
    "rename",
    "edit",
    "inspect",
    "lint",
    "diff",
    "verify",
    "reseal",
    "usage",
    "unseal",
    "cert",
    "keys",
    "kubeseal",
    "git",
    "kustomize",
    "doctor",
    "demo",
    "completion",
)
_MODULES = {name: _COMMANDS + name for name in _NAMES}


def _version(_: click.Context) -> str:
    return f"sealer {__version__}"


@click.group(
    cls=LazyGroup,
    modules=_MODULES,
    params=[printing_option(["--version"], _version, "Show the version and exit.")],
    epilog="Exit codes: 0 done or yes, 1 no, 2 wrong usage, 3 unusable input, 4 unusable "
    "certificate or key, 5 cluster, 6 output, 70 a bug, 130 interrupted.",
)
def cli() -> None:
    """Encrypt Kubernetes Secrets for git, and decrypt them again.

    Anyone can seal with a cluster's certificate; only that cluster's controller can unseal.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code.

    Args:
        arguments: The command line without the program's name; None for the process's own.
    """
    if arguments is not None:
        return _run(arguments)
    fill_closed_streams()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    _unwind_on_signals()
    try:
        return _run(_command_line())
    finally:
        gc.freeze()  # or the interpreter looks through all modules for garbage when it ends: 10 ms


def _command_line() -> list[str]:
    """Return the process's own command line; by the name of the original it is the drop-in's."""
    return ["kubeseal", *sys.argv[1:]] if is_drop_in(sys.argv[0]) else sys.argv[1:]


def _run(arguments: Sequence[str]) -> int:
    console = Console()
    try:
        result = cli.main(arguments, prog_name="sealer", standalone_mode=False, obj=console)
    except click.exceptions.NoArgsIsHelpError as error:
        console.lines(error.format_message())
        return WRONG_USAGE
    except click.UsageError as error:
        _report_usage(error, console)
        return WRONG_USAGE
    except (click.Abort, KeyboardInterrupt):
        console.lines("interrupted")
        return INTERRUPTED
    except SealerError as error:
        report(error, console)
        return exit_code(error)
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is told, not shown raw
        if console.is_verbose:
            console.lines(traceback_of(error))
        report_bug(error, console)
        return BUG
    return result if isinstance(result, int) else 0


def exit_code(error: SealerError) -> int:
    """Return the exit code of an error; of several faults, the one that goes first."""
    codes = {_code_of(fault) for fault in flatten(error)}
    return next((code for code in _PRECEDENCE if code in codes), BUG)


def _code_of(fault: SealerError) -> int:
    return next((code for kind, code in _CODES if isinstance(fault, kind)), BUG)


def _report_usage(error: click.UsageError, console: Console) -> None:
    hint = error.hint if isinstance(error, WrongUsageError) else ""
    path = error.ctx.command_path if error.ctx else "sealer"
    console.error(words_of(error), hint=hint or f"`{path} --help` shows what is possible")


def _unwind_on_signals() -> None:
    """Leave through all `finally` blocks when asked to stop, so that no temporary file stays."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(TERMINATED)
