"""The verdict as workflow commands, which GitHub shows beside the lines that they are about."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sealer.detect.rules import Severity
from sealer_hooks.report.advice import advise
from sealer_hooks.report.paths import decoded, printable
from sealer_hooks.report.words import Place, described, permitted, title

if TYPE_CHECKING:
    from sealer.detect.finding import Finding
    from sealer_hooks.verdict import Verdict


def as_annotations(verdict: "Verdict", *, show_allowed: bool = False) -> Iterator[str]:
    """Yield one command a line. Of one step GitHub shows ten of a kind; all stand in the log."""
    for _, findings, fixes, _ in advise(verdict):
        for finding, fix in zip(findings, fixes, strict=True):
            kind = "warning" if finding.severity is Severity.WARN else "error"
            text = described(finding, verdict.origins.get(finding, ""))
            yield _annotation(kind, finding, f"{text}\nfix: {fix}")
    for path, line, column, reason in verdict.undecided:
        place = Place(path, line, column)
        yield _command("error", f"could not decide: {reason}", place)
    for path, reason in verdict.skipped:
        yield _command("notice", f"skipped: {reason}", Place(path))
    for each in verdict.allowed if show_allowed else ():
        text = f"{described(each.finding)}\n{permitted(each)}"
        yield _annotation("notice", each.finding, text)


def _annotation(kind: str, finding: "Finding", text: str) -> str:
    return _command(kind, text, Place.of(finding), title(finding))


def _command(kind: str, text: str, place: Place, name: str = "sealer-hook") -> str:
    path, line, column = place
    fields = {"file": path, "line": line, "col": column, "title": name}
    properties = ",".join(f"{key}={_property(value)}" for key, value in fields.items() if value)
    return f"::{kind} {properties}::{_data(_shown(text))}"


def _shown(text: str) -> str:
    """Return a text line by line as a log can show it: the words of a policy may be anything."""
    return "\n".join(map(printable, text.split("\n")))


def _data(text: str) -> str:
    """Escape what ends a command, as the runner reads it."""
    for char, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(char, code)
    return decoded(text)


def _property(value: object) -> str:
    return _data(str(value)).replace(":", "%3A").replace(",", "%2C")
