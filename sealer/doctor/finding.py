"""A check, and what it finds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from sealer.doctor.facts import Facts
from sealer.errors import SealerError


class Status(Enum):
    """How it stands with what a check looks at, from good to bad."""

    OK = "ok"
    NOTE = "note"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAULT = "fault"


_BADNESS = {status: position for position, status in enumerate(Status)}


class Finding(NamedTuple):
    """Something that a check has to say.

    Attributes:
        status: How it stands.
        message: What there is; names and numbers, never a value.
        hint: What to do; empty where there is nothing to do.
    """

    status: Status
    message: str
    hint: str = ""


def ok(message: str) -> Finding:
    """Return that something is right."""
    return Finding(Status.OK, message)


def note(message: str, hint: str = "") -> Finding:
    """Return what should be known, and may stay."""
    return Finding(Status.NOTE, message, hint)


def warning(message: str, hint: str) -> Finding:
    """Return what works, and will not always."""
    return Finding(Status.WARNING, message, hint)


def fault(message: str, hint: str) -> Finding:
    """Return what does not work, or is not safe."""
    return Finding(Status.FAULT, message, hint)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at.

    Attributes:
        id: A few words with hyphens, which `--only` takes.
        title: What must hold.
        look: Finds out; at least one finding.
    """

    id: str
    title: str
    look: Callable[[Facts], Iterator[Finding]]


class Result(NamedTuple):
    """What a check found."""

    check: Check
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """The worst of its findings."""
        return max((each.status for each in self.findings), key=_BADNESS.__getitem__)


def examine(checks: Sequence[Check], facts: Facts) -> list[Result]:
    """Return what checks find; what one of them needs and nobody knows is a finding too."""
    return [Result(check, tuple(_findings(check, facts))) for check in checks]


def _findings(check: Check, facts: Facts) -> Iterator[Finding]:
    try:
        yield from check.look(facts)
    except SealerError as error:  # what cannot be used tells as little as what is not known
        yield Finding(Status.UNKNOWN, error.message, error.hint)
