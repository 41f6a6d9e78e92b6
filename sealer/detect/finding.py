"""What a scan answers: findings, and what could not be decided. None of it holds a value."""

from typing import NamedTuple

from sealer.detect.rules import Severity


class Finding(NamedTuple):
    """A value that must not be committed: where it stands, and never what it is.

    Attributes:
        path: The file, as it was given.
        line: Counted from 1.
        column: Counted in characters from 1.
        document: The position in the stream, counted from 1.
        namespace: The object's; empty when it has none, `?` when it cannot be a namespace.
        name: The object's; empty when it has none, `?` when it cannot be a name.
        key: The item or annotation; `?` when it cannot be one, empty when there is no single one.
        rule: The rule's id.
        severity: What it does to the commit.
        length: The value's length in bytes, decoded where it is base64.
        pointer: The same place whatever stands above it in the file, and safe to print: a JSON
            pointer (RFC 6901) behind the document's number, or `/text/` and names where the text
            does not parse. The second of the same has `#2` behind it.
        detail: What exactly is wrong, in fixed words, where the rule's reason leaves that open.
    """

    path: str
    line: int
    column: int
    document: int
    namespace: str
    name: str
    key: str
    rule: str
    severity: Severity
    length: int
    pointer: str
    detail: str = ""


class Undecided(NamedTuple):
    """A place where a Secret may stand that could not be examined.

    Attributes:
        path: The file, as it was given.
        line: Counted from 1.
        column: Counted in characters from 1.
        reason: Why it could not be examined.
    """

    path: str
    line: int
    column: int
    reason: str


class Sealable(NamedTuple):
    """A Secret that `sealer seal` meets in a file, or what else would stop it there.

    Attributes:
        pointer: The document's number, and what leads to it in the document.
        obstacle: What to do before it is sealed, or in place of that, as `Rule.remedy` says it;
            empty where it can be sealed.
    """

    pointer: str
    obstacle: str = ""


class Scan(NamedTuple):
    """The answer for one file; clean when there are neither findings nor undecided places.

    Attributes:
        findings: In the order of the file.
        undecided: Places that nobody may take for clean.
        sealable: What `sealer seal` would meet, in a file that it could mend a finding of.
    """

    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    sealable: tuple[Sealable, ...] = ()
