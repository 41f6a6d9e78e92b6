"""What every page about the cluster tells its reader, and whether its manifests can be read."""

import re

import pytest
import yaml

from tests.operations.site import PAGES

ABOUT_THE_CLUSTER = (
    "argocd.md",
    "flux.md",
    "install.md",
    "migration.md",
    "tenancy.md",
    "uninstall.md",
    "upgrade.md",
)
PARTS = (
    "\nWhen: ",
    "\nYou need",
    "\n## How to see that ",
    "\n## What can go wrong",
    "\n## The way back",
)


@pytest.mark.parametrize("page", ABOUT_THE_CLUSTER)
def test_page_says_what_its_reader_has_to_know(page: str) -> None:
    """When it is for, what it needs, how to see that it worked, what can fail, the way back."""
    text = (PAGES / page).read_text()
    places = [text.find(part) for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("page", ABOUT_THE_CLUSTER)
def test_page_shows_commands_only_where_they_are_run(page: str) -> None:
    """Blocks of other languages hold no prompt; what cannot run here is a script in `sh`."""
    text = (PAGES / page).read_text()
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert {language for language, _ in blocks} <= {"console", "sh", "yaml"}
    for language, block in blocks:
        assert ("$ " in block and language == "console") or not block.startswith("$ ")
        if language == "yaml":
            assert all(each["kind"] for each in yaml.safe_load_all(block))
