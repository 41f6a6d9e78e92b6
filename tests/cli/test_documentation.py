"""docs/guide.md says what the program does: its examples run, its tables are the program's."""

import re
from pathlib import Path

import pytest

from sealer.cli import main as program
from tests.cli.test_exit_codes import COMMANDS
from tests.support.console import run_examples

PAGE = Path(__file__).parent.parent.parent / "docs" / "guide.md"


def test_page_has_every_exit_code_and_no_other() -> None:
    """The table is that of the program."""
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE.read_text(), re.MULTILINE)}
    names = ("ANSWER_IS_NO", "WRONG_USAGE", "INPUT", "KEY", "CLUSTER", "OUTPUT", "BUG")
    codes = {getattr(program, name) for name in (*names, "INTERRUPTED")}
    assert documented == {0, *codes}


def test_page_examples_do_what_they_show(tmp_path: Path) -> None:
    """Every example runs, in order, in an empty folder, and prints what stands below it."""
    run_examples(PAGE, tmp_path, {"HOME": str(tmp_path)})


def test_page_policy_example_is_a_policy() -> None:
    """What people will copy can be read."""
    from sealer.policy import read_policy

    (text,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    policy = read_policy(text.encode())
    assert list(policy.clusters) == ["prod", "test"]


@pytest.mark.parametrize("name", ["SEALER_CERT", "SEALER_CLUSTER", "SEALER_ALLOW_EMPTY_DATA"])
def test_page_variables_are_read(name: str) -> None:
    """The variables that are named there are options' variables."""
    assert name in PAGE.read_text()
    long = "--" + name.removeprefix("SEALER_").replace("_", "-").lower()
    assert any(long in option.opts for option in COMMANDS["seal"].params)
