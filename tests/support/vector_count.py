"""Print which recorded vectors a run has used, and how many cases of each: a pytest plugin.

    @pytest.mark.vectors("values.json")

marks a test that runs one case for each time that it is called; with `by="world"`, cases are
counted for each value of that parameter. The counts travel in the tests' reports, so that they are
right under xdist too.
"""

from collections import Counter
from collections.abc import Generator

import pytest

__all__ = ["pytest_configure", "pytest_runtest_makereport", "pytest_terminal_summary"]

_PROPERTY = "vectors"


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        "markers", "vectors(file, by=None): runs one recorded case of that file"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write into a marked test's report which vectors it belongs to."""
    report = yield
    if report.when == "call" or report.skipped:
        report.user_properties += [
            (_PROPERTY, _label(item, m)) for m in item.iter_markers("vectors")
        ]
    return report


def _label(item: pytest.Item, mark: pytest.Mark) -> str:
    by = mark.kwargs.get("by")
    parameters = item.callspec.params if isinstance(item, pytest.Function) and by else {}
    return f"{mark.args[0]} ({parameters[by]})" if by else str(mark.args[0])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line for each file of vectors."""
    counts: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed", "skipped"):
        for report in terminalreporter.getreports(outcome):
            for name, file in getattr(report, "user_properties", ()):
                if name == _PROPERTY:
                    counts.setdefault(file, Counter())[outcome] += 1
    if not counts:
        return
    terminalreporter.section("recorded vectors")
    for file, found in sorted(counts.items()):
        ran = found["passed"] + found["failed"]
        failed = f", {found['failed']} failed" if found["failed"] else ""
        skipped = f", {found['skipped']} skipped" if found["skipped"] else ""
        terminalreporter.line(f"{file}: {ran} cases ran{failed}{skipped}")
