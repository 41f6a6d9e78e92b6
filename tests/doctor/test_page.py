"""docs/operations/doctor.md explains the checks that there are; what findings advise exists."""

import re
from pathlib import Path

import pytest
import yaml

from sealer.cli.doctor.rendering import as_lines
from sealer.doctor import CHECKS, Check, Finding, Result, Status, examine
from tests.cli.test_exit_codes import COMMANDS
from tests.doctor.cases import CASES
from tests.doctor.samples import healthy

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations" / "doctor.md").read_text()
IDS = [each.id for each in CHECKS]


def test_page_table_lists_every_check_and_no_other() -> None:
    """Identifier and title are those of the program."""
    rows = re.findall(r"^\| \[([a-z-]+)\]\(#([a-z-]+)\) \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [(each.id, each.id, each.title) for each in CHECKS]


def test_page_example_shows_every_check() -> None:
    """In the order in which they are told."""
    assert re.findall(r"^✓ ([a-z-]+)  ", PAGE.partition("note: 26 checks")[0], re.MULTILINE) == IDS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_page_explains_every_check(check: Check) -> None:
    """Each has a heading that can be linked to, and a paragraph below it."""
    _, found, text = PAGE.partition(f"\n### {check.id}\n")
    assert found
    assert len(text.partition("\n#")[0].split()) > 15


def test_page_explains_nothing_else() -> None:
    """A check that goes takes its explanation along."""
    section = PAGE.partition("\n## The checks\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (.+)$", section, re.MULTILINE) == IDS


def test_page_table_of_marks_is_the_programs() -> None:
    """Each status has its mark, with and without Unicode."""
    for status in Status:
        result = Result(CHECKS[0], (Finding(status, "x"),))
        marks = [
            as_lines([result], is_unicode=each, is_coloured=False).split()[0]
            for each in (True, False)
        ]
        assert f"| {marks[0]} | `{marks[1]}` | `{status.value}` |" in PAGE


def test_page_role_is_one() -> None:
    """What people will copy can be read; a test of the real API server uses it."""
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert yaml.safe_load(text)["kind"] == "ClusterRole"


def test_advice_names_commands_and_files_that_exist() -> None:
    """Whoever does what a hint says finds what it speaks of."""
    hints = {
        finding.hint
        for case in CASES
        for result in examine(CHECKS, healthy(**case.changes))
        for finding in result.findings
    }
    paths = {path for hint in hints for path in re.findall(r"\b(?:deploy|docs)/[\w/.-]+\w", hint)}
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path
    for hint in hints:
        for command in re.findall(r"sealer ((?:keys |cert )?[a-z][a-z-]+)", hint):
            assert command in COMMANDS, hint
