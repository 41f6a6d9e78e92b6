"""Every page of operations is found from their README, and played by a test."""

import re
from pathlib import Path

from tests.operations.site import PAGES

HERE = Path(__file__).parent


def test_readme_leads_to_every_page_once() -> None:
    """In its table."""
    table = [line for line in (PAGES / "README.md").read_text().splitlines() if line[:1] == "|"]
    linked = re.findall(r"\]\(([a-z-]+\.md)\)", "\n".join(table))
    assert sorted(linked) == sorted(page.name for page in PAGES.glob("*.md") if page.stem.islower())


def test_every_page_is_named_in_a_test() -> None:
    """A page that nobody plays says what was true once."""
    tests = "".join(file.read_text() for file in HERE.parent.rglob("test_*.py"))
    for page in PAGES.glob("*.md"):
        assert f'"{page.name}"' in tests or page.name == "README.md", page.name
