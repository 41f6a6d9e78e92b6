"""The `sealer-hook` command: arguments in, exit code out, and no crash that lets a commit pass.

0  nothing readable (there may be warnings)
1  findings
2  something could not be decided, or the command was used wrongly
130  it was interrupted
"""

import gc
import os
import sys
from collections.abc import Iterable, Sequence

from sealer_hooks.arguments import parse
from sealer_hooks.console import ReportError, say, silence_standard_output, tell
from sealer_hooks.policy import load
from sealer_hooks.sources import open_sources
from sealer_hooks.verdict import UNDECIDED, Verdict, judge

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from sealer_hooks.arguments import Options
    from sealer_hooks.baseline import Notes

_INTERRUPTED = 130
# Importing makes many objects and no garbage: collecting meanwhile would take 4 ms of 60.
_OBJECTS_BEFORE_COLLECTION = 100_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the hook and return its exit code.

    Args:
        arguments: The command line without the program's name; by default the process's.
    """
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    try:
        return _main(arguments)
    except Exception:  # noqa: BLE001 - not even the complaint could be made; it may hold a value
        return UNDECIDED
    finally:
        if arguments is None:
            gc.freeze()  # or the interpreter looks through all modules for garbage when it ends


def _main(arguments: Sequence[str] | None) -> int:
    is_verbose = bool(os.environ.get("SEALER_DEBUG"))
    try:
        options = parse(arguments)
        is_verbose = is_verbose or options.verbose
        return _run(options)
    except SystemExit as error:  # argparse has said why
        return error.code if isinstance(error.code, int) else UNDECIDED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except ReportError as error:
        silence_standard_output()
        tell([f"sealer-hook: error: cannot write the report: {error}"])
        return UNDECIDED
    except Exception as error:  # noqa: BLE001 - whatever it is, the commit does not pass
        tell(_complaint(error, is_verbose=is_verbose))
        return UNDECIDED


def _run(options: "Options") -> int:
    verdict = _examine(options)
    if options.fix and verdict.findings:
        from sealer_hooks.fix import seal_findings

        if seal_findings(verdict):
            verdict = _examine(options)
    _report(verdict, options)
    if verdict.notes is not None and verdict.notes.root is not None:
        _write_baseline(verdict.notes, is_partial=bool(verdict.undecided) or not options.is_whole)
    return verdict.exit_code


def _examine(options: "Options") -> Verdict:
    """Return what there is to say; where an error ends it, that which was found is reported."""
    verdict = Verdict(is_strict=options.strict)
    try:
        _fill_in_time(verdict, options)
    except Exception:
        if verdict.has_news:
            verdict.break_off()
            _report(verdict, options)
        raise
    return verdict


def _fill_in_time(verdict: Verdict, options: "Options") -> None:
    if options.write_baseline:
        from sealer_hooks.baseline import Notes

        verdict.notes = Notes()
    if options.deadline is None:
        _fill(verdict, options)
    else:
        from sealer_hooks.deadline import DeadlinePassed, ending_after

        try:
            with ending_after(options.deadline):
                _fill(verdict, options)
        except DeadlinePassed:
            verdict.end_early(may_pass=options.on_deadline == "warn")


def _fill(verdict: Verdict, options: "Options") -> None:
    folder = os.getcwd()  # noqa: PTH109 - pathlib is slow to import
    for source in open_sources(options, folder, sys.stdin):
        judge(verdict, source, load(source, has_baseline=not options.write_baseline))


def _write_baseline(notes: "Notes", *, is_partial: bool) -> None:
    count = notes.write(is_partial=is_partial)
    tell([f"sealer-hook: entries in .sealer-baseline: {count}; commit it"])


def _report(verdict: Verdict, options: "Options") -> None:
    is_text = options.format == "text"
    if not is_text or verdict.has_news:
        from sealer_hooks.report import render

        if verdict.source and (verdict.source.is_below or not is_text):
            from sealer_hooks.report.places import placed

            verdict = placed(verdict, options.format)
        say(sys.stdout, render(options.format, verdict, show_allowed=options.show_allowed))
    if is_text and verdict.has_news:
        from sealer_hooks.report.text import summary

        tell(summary(verdict))
    if options.verbose:
        tell([f"sealer-hook: {verdict.scanned} examined"])


def _complaint(error: Exception, *, is_verbose: bool) -> Iterable[str]:
    """Yield what to say about an error; of foreign ones only the type, for values are in texts."""
    from sealer.errors import SealerError

    if isinstance(error, SealerError):
        from sealer_hooks.report.paths import printable

        yield f"sealer-hook: error: {printable(error.message)}"
        if error.hint:
            yield f"hint: {printable(error.hint)}"
    else:
        yield f"sealer-hook: a bug in sealer ({type(error).__name__}); nothing is passed"
        if not is_verbose:
            yield "hint: run it again with SEALER_DEBUG=1 to see where, and report that"
    if is_verbose:
        from sealer_hooks.crash import frames

        yield from frames(error)
