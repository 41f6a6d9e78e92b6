"""What stands below the findings of a file: what mends them, and how to let one pass."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sealer.detect.languages import comment_signs
from sealer.detect.remedy import remedies
from sealer.detect.rules import FAULTY_ALLOW, NEW_ALLOW
from sealer_hooks.report.paths import shell_quoted
from sealer_hooks.report.words import is_ref

if TYPE_CHECKING:
    from sealer.detect.finding import Finding
    from sealer_hooks.verdict import Verdict

# A comment would make them something else, or a notebook lose it.
_WITHOUT_COMMENTS = (".json", ".ipynb")
_TAGS = "refs/tags/"
_OF_COMMENTS = {FAULTY_ALLOW.id, NEW_ALLOW.id}


class FileAdvice(NamedTuple):
    """The findings of one file.

    Attributes:
        path: The file.
        findings: What was found in it.
        fixes: What mends each of them.
        allowance: How to let one of them pass; empty where all are about comments that do that.
    """

    path: str
    findings: "Sequence[Finding]"
    fixes: Sequence[str]
    allowance: str


def advise(verdict: "Verdict") -> Iterator[FileAdvice]:
    """Yield the findings file by file, each with its way out."""
    allowed = by_path(each.finding for each in verdict.allowed)
    for path, found in by_path(verdict.findings).items():
        rules = {each.rule for each in found} - _OF_COMMENTS
        met = verdict.sealable.get(path, ())
        ways = remedies(found, shell_quoted(path), met, allowed.get(path, ()))
        fixes = [
            _removal(verdict.origins.get(finding, "")) or way
            for finding, way in zip(found, ways, strict=True)
        ]
        yield FileAdvice(path, found, fixes, _allowance(path, rules))


def _removal(origin: str) -> str:
    """Return what takes away a ref that alone keeps a finding: there is no file to mend."""
    if not is_ref(origin):
        return ""
    if origin.startswith(_TAGS):
        tag = shell_quoted(origin.removeprefix(_TAGS))
        return f"no commit holds this; delete the tag: git tag -d {tag}"
    return f"no file holds this; delete the ref: git update-ref -d {shell_quoted(origin)}"


def by_path(findings: "Iterable[Finding]") -> "dict[str, list[Finding]]":
    """Return findings by their files, which stand in the order in which they were found."""
    files: dict[str, list[Finding]] = {}
    for finding in findings:
        files.setdefault(finding.path, []).append(finding)
    return files


def _allowance(path: str, rules: set[str]) -> str:
    """Return how to let a finding pass, with the comment that such a file can hold."""
    if not rules:
        return ""
    rule = rules.pop() if len(rules) == 1 else "RULE"
    if path.lower().endswith(_WITHOUT_COMMENTS):
        return f"list {rule} and the reason under hook.allow in .sealer.yaml"
    sign = "//" if "//" in comment_signs(path) else "#"
    return f"write above or behind the value: {sign} sealer:allow {rule} REASON"
