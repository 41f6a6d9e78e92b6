"""The `sealer-hook` command: arguments in, exit code out, and no crash that lets a commit pass.

0  nothing readable (there may be warnings)
1  findings
2  something could not be decided, or the command was used wrongly
"""

import argparse
import functools
import gc
import os
import sys
from collections.abc import Iterable, Sequence

from sealer_hooks.sources import read_files, read_index, read_push
from sealer_hooks.verdict import UNDECIDED, judge

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from typing import TextIO

    from sealer_hooks.sources import Content
    from sealer_hooks.verdict import Verdict

_INTERRUPTED = 130
# Importing makes many objects and no garbage: collecting meanwhile would take 4 ms of 60.
_OBJECTS_BEFORE_COLLECTION = 100_000


class _OutputError(Exception):
    """The report cannot be written; the text is the system's reason."""


_EPILOG = """\
exit status: 0 nothing readable; 1 findings; 2 something could not be decided, or
wrong usage. A value is never printed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the hook and return its exit code.

    Args:
        arguments: The command line without the program's name; by default the process's.
    """
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    try:
        return _main(arguments)
    finally:
        if arguments is None:
            gc.freeze()  # or the interpreter looks through all modules for garbage when it ends


def _main(arguments: Sequence[str] | None) -> int:
    is_verbose = bool(os.environ.get("SEALER_DEBUG"))
    try:
        options = _parser().parse_args(arguments)
        is_verbose = is_verbose or options.verbose
        return _run(options)
    except SystemExit as error:  # argparse has said why
        return error.code if isinstance(error.code, int) else UNDECIDED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except _OutputError as error:
        _silence_standard_output()
        _say(sys.stderr, [f"sealer-hook: error: cannot write the report: {error}"])
        return UNDECIDED
    except Exception as error:  # noqa: BLE001 - whatever it is, the commit does not pass
        _say(sys.stderr, _complaint(error, is_verbose=is_verbose))
        return UNDECIDED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sealer-hook",
        description="Refuse Kubernetes Secrets whose values can be read.",
        epilog=_EPILOG,
        formatter_class=functools.partial(argparse.RawDescriptionHelpFormatter, width=80),
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="files to examine, as on disk")
    parser.add_argument("--staged", action="store_true", help="examine what git would commit")
    parser.add_argument(
        "--pre-push",
        action="store_true",
        help="examine all that a push would bring, told by git on standard input; "
        "REMOTE and URL may stand behind it",
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to report (text)"
    )
    parser.add_argument(
        "--strict", action="store_true", help="refuse files too large to be examined whole"
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="say more; show where a crash happened"
    )
    return parser


def _run(options: argparse.Namespace) -> int:
    contents = _contents(options)
    if contents is None:
        message = "name FILEs, or use --staged or --pre-push; one of the three"
        _say(sys.stderr, [f"sealer-hook: error: {message}"])
        return UNDECIDED
    verdict = judge(contents, strict=options.strict)
    _report(verdict, options)
    return verdict.exit_code


def _contents(options: argparse.Namespace) -> "Iterable[Content] | None":
    """Return what to look at; None where the arguments do not say it."""
    folder = os.getcwd()  # noqa: PTH109 - pathlib is slow to import
    match (options.staged, options.pre_push, options.files):
        case (True, False, []):
            return read_index(folder)
        case (False, True, [] | [_] | [_, _]):
            remote = options.files[0] if options.files else ""
            return read_push(folder, remote, sys.stdin.read().splitlines())
        case (False, False, [_, *_]):
            return read_files(options.files)
        case _:
            return None


def _report(verdict: "Verdict", options: argparse.Namespace) -> None:
    is_quiet = not (verdict.findings or verdict.undecided or verdict.skipped)
    if options.format == "json":
        from sealer_hooks.report import as_json

        _say(sys.stdout, [as_json(verdict)])
    elif not is_quiet:
        from sealer_hooks.report import as_text, summary

        _say(sys.stdout, as_text(verdict))
        _say(sys.stderr, summary(verdict))
    if options.verbose:
        _say(sys.stderr, [f"sealer-hook: {verdict.scanned} examined"])


def _say(stream: "TextIO", lines: Iterable[str]) -> None:
    """Write lines; what the terminal's encoding lacks is escaped instead of ending the program."""
    encoding = stream.encoding or "utf-8"
    printable = [line.encode(encoding, "backslashreplace").decode(encoding) for line in lines]
    try:
        stream.writelines(line + "\n" for line in printable)
        stream.flush()
    except OSError as error:
        raise _OutputError(error.strerror or type(error).__name__) from None


def _silence_standard_output() -> None:
    """Keep the interpreter from trying again, and failing again, when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _complaint(error: Exception, *, is_verbose: bool) -> Iterable[str]:
    """Yield what to say about an error; of foreign ones only the type, for values are in texts."""
    from sealer.errors import SealerError

    if isinstance(error, SealerError):
        yield f"sealer-hook: error: {error.message}"
        if error.hint:
            yield f"hint: {error.hint}"
    else:
        yield f"sealer-hook: a bug in sealer ({type(error).__name__}); nothing is passed"
        if not is_verbose:
            yield "hint: run it again with SEALER_DEBUG=1 to see where, and report that"
    if is_verbose:
        from sealer_hooks.crash import frames

        yield from frames(error)
