"""docs/editing.md: every example runs, and prints what stands below it."""

from pathlib import Path

from tests.support.console import examples, run_examples

PAGE = Path(__file__).parent.parent.parent / "docs" / "editing.md"


def test_editing_page_examples_do_what_they_show(tmp_path: Path) -> None:
    """In order, in an empty folder."""
    assert len(examples(PAGE)) == 13
    run_examples(PAGE, tmp_path, {"HOME": str(tmp_path)})
