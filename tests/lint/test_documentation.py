"""docs/lint.md explains the rules that there are, all of them and no others."""

import re
from pathlib import Path

import pytest

from sealer.lint import RULES, Linter, Rule
from sealer.lint.rules import NAME_MISMATCH
from tests.support.sealed import blob, manifest

PAGE = (Path(__file__).parent.parent.parent / "docs" / "lint.md").read_text()


def test_page_table_lists_every_rule_and_no_other() -> None:
    """Number, name and severity are those of the program."""
    rows = re.findall(r"^\| \[(SL\d+)\]\(#sl\d+\) \| ([a-z-]+) \| (\w+) \|$", PAGE, re.MULTILINE)
    assert rows == [(rule.id, rule.name, rule.severity.value) for rule in RULES.values()]


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_page_explains_every_rule(rule: Rule) -> None:
    """Each has a heading that can be linked to, and what to do is what the program says."""
    _, found, text = PAGE.partition(f"\n## {rule.id}\n")
    assert found
    paragraph = " ".join(text.partition("\n## ")[0].split())
    assert paragraph.startswith(f"**{rule.name}** ({rule.severity.value}). ")
    assert rule.hint in paragraph


def test_page_has_no_heading_for_what_is_no_rule() -> None:
    """A rule that goes takes its explanation along."""
    assert set(re.findall(r"^## (SL\d+)$", PAGE, re.MULTILINE)) == set(RULES)


def test_page_example_is_what_lint_says() -> None:
    """The words that are shown are the words that people will see."""
    text = manifest("db", password=blob()).replace("      name: db", "      name: db-old")
    linter = Linter()
    linter.add("clusters/prod/db.yaml", text.encode())
    (finding,) = linter.findings()
    assert finding.rule is NAME_MISMATCH
    assert f"{finding.where.subject}: {finding.message}\n    {finding.hint}\n" in PAGE
