"""The drop-in as a program: what happens first, and what becomes of errors."""

import os
import sys
from collections.abc import Sequence

from sealer import __version__
from sealer.cli.console import Console, printable
from sealer.cli.files.output import write_standard_output
from sealer.cli.kubeseal.errors import FlagError
from sealer.cli.kubeseal.flags import HelpRequested
from sealer.cli.kubeseal.settings import Settings, read_settings
from sealer.errors import SealerError

FAILED = 1
WRONG_USAGE = 2


def run(arguments: Sequence[str], program: str, console: Console, *, more: str = "") -> int:
    """Do what a command line asks for and return the exit code: 0, 1 or 2.

    Args:
        arguments: The command line without the program's name.
        program: What it was called by.
        console: Where to say things.
        more: What help says below the list of flags.
    """
    try:
        _run(arguments, program, console, more)
    except FlagError as error:
        console.lines(_usage(program) + printable(error.message))
        if error.hint:
            console.lines(error.hint)
        return WRONG_USAGE
    except SealerError as error:
        from sealer.cli.kubeseal.report import report

        report(error, console)
        return FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is told, not shown raw
        from sealer.cli.report import report_bug, traceback_of

        if console.is_verbose:
            console.lines(traceback_of(error))
        report_bug(error, console)
        return FAILED
    return 0


def _run(arguments: Sequence[str], program: str, console: Console, more: str) -> None:
    try:
        settings = read_settings(arguments, os.environ)
    except HelpRequested:
        write_standard_output((_usage(program) + more).encode())
        return
    console.is_verbose = settings.is_verbose
    if settings.shows_version:
        write_standard_output(f"kubeseal version: {__version__}\n".encode())
    elif settings.shows_help:
        write_standard_output((_usage(program) + more).encode())
    else:
        _work(settings, console)


def _work(settings: Settings, console: Console) -> None:
    from sealer.cli.kubeseal.modes import run_mode
    from sealer.cli.kubeseal.session import Session

    for warning in settings.warnings:
        console.lines(warning)
    if settings.recovery_keys and not settings.unseals and sys.stderr.isatty():
        console.warn("--recovery-private-key has no effect without --recovery-unseal")
    session = Session(settings, console, os.environ)
    session.check()
    run_mode(session)


def _usage(program: str) -> str:
    from sealer.cli.kubeseal.table import FLAGS
    from sealer.cli.kubeseal.usage import usage

    return usage(program, FLAGS)
