"""The stand-in for a container engine lets a program see its root, and opens nothing else."""

import os
from pathlib import Path

import pytest

from tests.support import sandbox


@pytest.mark.parametrize("owner", [0, 4711])
def test_root_in_a_closed_folder_is_reached_and_the_folder_stays_closed(
    tmp_path: Path, owner: int
) -> None:
    """Any user runs there, whoever owns the folders around; what else lies in them stays shut."""
    sandbox.needed()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    os.chown(closed, owner, owner)
    before = {each: each.stat().st_mode for each in (closed, *closed.parents)}
    (closed / "in").mkdir()
    root = sandbox.Root(closed / "in")
    for is_writable in (True, False):
        done = root.run("id", "-u", user="4712:0", is_writable=is_writable)
        assert (done.stdout, done.stderr) == ("4712\n", "")
    assert {each: each.stat().st_mode for each in before} == before
