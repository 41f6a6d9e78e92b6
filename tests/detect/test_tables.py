"""Every rule has a table of what must be found and of what must pass, and the second is as long."""

import importlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from sealer.detect.rules import RULES
from tests.detect.table import Row

_FOLDER = Path(__file__).parent / "rules"
# Their answer depends on more than one file: on others, on what was before, or on other findings.
_RELATIONS = {"SH017", "SH022", "SH023"}
_COMMENTS = {"SH024", "SH025"}  # tests/detect/test_allows.py and tests/hooks have theirs


def _tables(rule: str) -> tuple[Sequence[Row], Sequence[Row]]:
    (path,) = _FOLDER.glob(f"test_{rule.lower()}_*.py")
    module = importlib.import_module(f"tests.detect.rules.{path.stem}")
    return module.MUST_FIND, module.MUST_PASS


@pytest.mark.parametrize("rule", sorted(set(RULES) - _COMMENTS))
def test_rule_has_a_module(rule: str) -> None:
    """The cases of a rule stand in one place, under its number."""
    assert len([*_FOLDER.glob(f"test_{rule.lower()}_*.py")]) == 1


@pytest.mark.parametrize("rule", sorted(set(RULES) - _COMMENTS - _RELATIONS))
def test_tables_are_balanced(rule: str) -> None:
    """A detector that finds everything is worth as little as one that finds nothing."""
    must_find, must_pass = _tables(rule)
    assert len(must_pass) >= len(must_find) > 0
    assert all(each.keys for each in must_find)
    assert not any(each.keys for each in must_pass)
    for table in (must_find, must_pass):
        assert len(table) == len({each.name for each in table})
