"""The command line of `sealer-hook`: what can be asked for, and what cannot be at once."""

import argparse
import functools
import re
from collections.abc import Iterator, Sequence

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit")

_DESCRIPTION = "Refuse Kubernetes Secrets whose values can be read."
_EPILOG = """\
exit status: 0 nothing readable; 1 findings; 2 something could not be decided, or
wrong usage. A value is never printed."""
_TIME = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "": 1.0}
# Nobody waits that long, and the system's timers end not far beyond.
_LONGEST = 10 * 365 * 24 * 3600.0
# What a push's REMOTE and URL may be at most.
_PUSH_NAMES = 2


class Options(argparse.Namespace):
    """What was asked for; hook.md 1 to 4 say what each means.

    Attributes:
        files: Files to examine, or the remote's name and address after `--pre-push`.
        history: A range of revisions; empty for everything, None without the option.
        deadline: Seconds; None for as long as it takes.
    """

    files: list[str]
    staged: bool
    pre_push: bool
    pre_receive: bool
    from_ref: str | None
    to_ref: str | None
    history: str | None
    fix: bool
    write_baseline: bool
    format: str
    strict: bool
    deadline: float | None
    on_deadline: str
    show_allowed: bool
    verbose: bool

    @property
    def is_whole(self) -> bool:
        """Whether all files of the index are examined, or all that any revision holds."""
        is_part = self.staged or self.pre_push or self.pre_receive or self.from_ref is not None
        return not (is_part or self.files or self.history)


def parse(arguments: Sequence[str] | None) -> Options:
    """Return what a command line asks for.

    Args:
        arguments: Without the program's name; by default the process's.

    Raises:
        SystemExit: With 2, when it asks for nothing that there is; it has been said why. With 0,
            when it only asked for help.
    """
    parser = _parser()
    options = parser.parse_args(arguments, namespace=Options())
    for fault in _faults(options):
        parser.error(fault)
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sealer-hook",
        usage="sealer-hook [options] [FILE ...]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=functools.partial(argparse.RawDescriptionHelpFormatter, width=80),
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="files to examine, as on disk")
    _add_sources(parser.add_argument_group("what to examine, where no FILE is named"))
    _add_outcomes(parser.add_argument_group("what comes of it"))
    return parser


def _add_sources(group: "argparse._ArgumentGroup") -> None:
    switch = functools.partial(group.add_argument, action="store_true")
    switch("--staged", help="what git would commit")
    switch(
        "--pre-push",
        help="all that a push would bring, told by git on standard input; REMOTE and URL may "
        "stand behind it",
    )
    switch("--pre-receive", help="all that a push has brought to a server, told in the same way")
    group.add_argument("--from-ref", metavar="A", help="all that is new ...")
    group.add_argument("--to-ref", metavar="B", help="... in B and not in A")
    group.add_argument(
        "--history", nargs="?", const="", metavar="RANGE", help="all that any revision holds"
    )


def _add_outcomes(group: "argparse._ArgumentGroup") -> None:
    switch = functools.partial(group.add_argument, action="store_true")
    group.add_argument("--format", choices=FORMATS, default="text", help="how to report (text)")
    switch("--fix", help="seal what is found in each FILE, in place; stage nothing")
    switch(
        "--write-baseline",
        help="note what is found in the baseline, so that it passes from now on; without another "
        "source all files of the index are examined",
    )
    switch("--show-allowed", help="list what was allowed as well, and why")
    switch(
        "--strict",
        help="refuse files too large to be examined whole, and a history that is cut off",
    )
    group.add_argument(
        "--deadline", type=_seconds, metavar="TIME", help="end after a time, such as 4s or 500ms"
    )
    group.add_argument(
        "--on-deadline",
        choices=("block", "warn"),
        default="block",
        help="what to do about that which is not examined by then (block)",
    )
    switch("-v", "--verbose", help="say more; show where a crash happened")


def _seconds(text: str) -> float:
    """Read a time.

    Raises:
        ArgumentTypeError: It is none, or no time at all.
    """
    parts = _TIME.fullmatch(text)
    seconds = float(parts[1]) * _UNITS[parts[2]] if parts else 0
    if not seconds:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 4s, 500ms or 2m")
    return min(seconds, _LONGEST)


def _faults(options: Options) -> Iterator[str]:
    """Yield what is wrong with options that are right one by one."""
    is_range = options.from_ref is not None
    if is_range != (options.to_ref is not None):
        yield "--from-ref and --to-ref belong together"
    named = {
        "--staged": options.staged,
        "--pre-push": options.pre_push,
        "--pre-receive": options.pre_receive,
        "--from-ref": is_range,
        "--history": options.history is not None,
    }
    modes = [name for name, is_asked in named.items() if is_asked]
    if len(modes) > 1:
        yield f"{modes[0]} and {modes[1]} cannot both be"
    if options.fix and (modes or options.write_baseline or not options.files):
        yield "--fix takes FILEs and nothing else"
    if options.write_baseline and options.on_deadline == "warn":
        yield "--write-baseline notes all or says what is missing: leave --on-deadline=warn out"
    if options.pre_push and len(options.files) > _PUSH_NAMES:
        yield "--pre-push takes a REMOTE and its URL and nothing else"
    if modes and options.files and not options.pre_push:
        yield f"{modes[0]} takes no FILE"
    if not (modes or options.files or options.write_baseline):
        yield "name FILEs, or say what to examine; --help lists what there is"
