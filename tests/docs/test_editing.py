"""docs/editing.md: every example runs, and prints what stands below it."""

from pathlib import Path

from tests.support.console import examples, run_examples
from tests.support.scratch import make_scratch

PAGE = Path(__file__).parent.parent.parent / "docs" / "editing.md"


def test_editing_page_examples_do_what_they_show(tmp_path: Path) -> None:
    """In the folder that the examples of all commands run in."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    assert len(examples(PAGE)) == 9
    run_examples(PAGE, folder, make_scratch(folder))
