"""The verdict in words for people, who may never have heard of sealing."""

import os
from collections.abc import Iterator

from sealer.detect.rules import RULES, Severity
from sealer_hooks.report.advice import advise
from sealer_hooks.report.paths import printable
from sealer_hooks.report.words import Place, counted, described, is_commit, permitted

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from sealer.detect.finding import Finding
    from sealer_hooks.verdict import Verdict

_EXPLANATION = (
    "Git keeps for ever what is committed, and whoever can read the repository can read it;\n"
    "base64 is no encryption. A sealed value is encrypted: only the cluster can open it, so that\n"
    "it may be committed. Do what stands behind `fix:`, then `git add` the files again. A value\n"
    "that was pushed before is known: change it where it is used."
)
_CERTIFICATE = (
    "Sealing needs the public certificate of the cluster, which is no secret: `sealer cert fetch`\n"
    "gets it from there, and --cert FILE names one that you have."
)
# Where the program was installed from stands in nothing that an installation leaves behind.
_SOURCE = (
    "Every rule is explained in docs/hook.md of the repository that sealer was installed from."
)
_SOURCE_OF_FRAMEWORK = (
    "Every rule is explained in docs/hook.md of the repository that .pre-commit-config.yaml names\n"
    "with this hook. If `sealer` is not on your PATH, what that repository offers as the hook\n"
    "sealer-hook-fix seals: list its id as well, and call\n"
    "pre-commit run sealer-hook-fix --hook-stage manual --files FILE"
)
_FRAMEWORK = "PRE_COMMIT"  # the variable that the framework sets for its hooks

_COMMITTED = (
    "A commit keeps what a later one removes or seals: change the commits named above themselves,\n"
    "for example with `git rebase --interactive`, as long as nobody else has them."
)


def as_text(verdict: "Verdict", *, show_allowed: bool = False) -> Iterator[str]:
    """Yield the lines of the report: findings by file with what mends them, then what is open."""
    for _, findings, fixes, allowance in advise(verdict):
        for finding in findings:
            yield _line(finding, verdict.origins.get(finding, ""))
        for fix in dict.fromkeys(fixes):
            yield f"  fix: {fix}"
        if allowance:
            yield f"  if it is no secret: {allowance}"
    for path, line, column, reason in verdict.undecided:
        yield f"{Place(path, line, column)}: could not decide: {printable(reason)}"
    for each in verdict.allowed if show_allowed else ():
        yield _line(each.finding)
        yield f"  {printable(permitted(each))}"


def summary(verdict: "Verdict") -> Iterator[str]:
    """Yield the words around the report: what was left out, how much was found, what to do."""
    for path, reason in verdict.skipped:
        yield f"{printable(path)}: skipped: {printable(reason)}"
    if verdict.findings:
        count, files = len(verdict.findings), len({each.path for each in verdict.findings})
        is_warned = all(map(_is_warning, verdict.findings))
        mark = ", only warnings" if is_warned else ""
        mark += "; nothing is refused" if is_warned and not verdict.undecided else ""
        yield f"sealer-hook: {counted(count, 'finding')} in {counted(files, 'file')}{mark}."
        if not is_warned:
            yield from _explanation(verdict)
            if any(map(is_commit, verdict.origins.values())):
                yield _COMMITTED
    if verdict.allowed:
        count = len(verdict.allowed)
        yield f"sealer-hook: {counted(count, 'finding')} allowed; --show-allowed lists them."
    if verdict.undecided:
        count = len(verdict.undecided)
        yield f"sealer-hook: {counted(count, 'place')} could not be examined, so nothing is passed."


def _explanation(verdict: "Verdict") -> Iterator[str]:
    """Yield what somebody has to know who never heard of sealing."""
    yield _EXPLANATION
    if any("seal" in RULES[rule].remedy for rule in {each.rule for each in verdict.findings}):
        yield _CERTIFICATE
    yield _SOURCE_OF_FRAMEWORK if os.environ.get(_FRAMEWORK) else _SOURCE


def _line(finding: "Finding", origin: str = "") -> str:
    mark = "only a warning" if _is_warning(finding) else ""
    return f"{Place.of(finding)}: {described(finding, origin, mark=mark)}"


def _is_warning(finding: "Finding") -> bool:
    return finding.severity is Severity.WARN
