"""Every page gets a cluster and a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.fixtures import find_programs
from tests.operations.site import Site, opened


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A cluster with nothing in it, and an empty folder to type in."""
    with opened(find_programs(), tmp_path) as found:
        yield found
