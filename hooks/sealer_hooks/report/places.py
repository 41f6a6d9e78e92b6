"""Paths for those who read a report: programs want them from the root, people from where they are.

Services that show findings beside the code place nothing under `../..`, and fingerprints stay only
if they do not depend on the folder in which the hook was started.
"""

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

from sealer_hooks.sources import Content

if TYPE_CHECKING:
    from sealer_hooks.verdict import Verdict

# What concerns no file.
_NOWHERE = "."


def placed(verdict: "Verdict", form: str) -> "Verdict":
    """Return a verdict with the paths that the readers of a format want.

    Args:
        verdict: With paths as the source has them.
        form: The format.
    """
    source = verdict.source
    if source is None:
        return verdict
    if form == "text":
        return _moved(verdict, source.path_from_here)

    def from_root(path: str) -> str:
        moved = source.path_from_root(Content(path))
        return path if moved.startswith("../") else moved  # it is outside

    return _moved(verdict, from_root)


def _moved(verdict: "Verdict", move: Callable[[str], str]) -> "Verdict":
    def moved(path: str) -> str:
        return path if path == _NOWHERE else move(path)

    made = copy.copy(verdict)
    found = {each: each._replace(path=moved(each.path)) for each in verdict.origins}
    made.findings = [found[each] for each in verdict.findings]
    made.origins = {found[each]: origin for each, origin in verdict.origins.items()}
    made.sealable = {moved(path): met for path, met in verdict.sealable.items()}
    made.undecided = [
        (moved(path), line, column, reason) for path, line, column, reason in verdict.undecided
    ]
    made.skipped = [(moved(path), reason) for path, reason in verdict.skipped]
    made.sealable = {moved(path): met for path, met in verdict.sealable.items()}
    made.allowed = []
    for each in verdict.allowed:
        allowed = copy.copy(each)
        allowed.finding = each.finding._replace(path=moved(each.finding.path))
        made.allowed.append(allowed)
    return made
