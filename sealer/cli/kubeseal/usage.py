"""The list of flags as text, in the form of pflag."""

from collections.abc import Iterable

from sealer.cli.kubeseal.flags import Flag
from sealer.cli.kubeseal.kinds import quote


def usage(program: str, flags: Iterable[Flag]) -> str:
    """Return the heading and a line for each flag; those that stand for another are left out."""
    shown = [flag for flag in flags if not flag.stands_for]
    names = [_name(flag) for flag in shown]
    width = max(map(len, names))
    lines = (
        f"{name:{width}}   {_purpose(flag)}\n" for name, flag in zip(names, shown, strict=True)
    )
    return f"Usage of {program}:\n{''.join(lines)}"


def _name(flag: Flag) -> str:
    letter = f"-{flag.short}," if flag.short else "   "
    return f"  {letter} --{flag.name} {flag.kind.name}".rstrip()


def _purpose(flag: Flag) -> str:
    if not flag.default:
        return flag.usage
    return f"{flag.usage} (default {quote(flag.default)})"
