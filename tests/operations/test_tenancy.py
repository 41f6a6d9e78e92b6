"""Teams that share a cluster and no key: the page, played through."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.fixtures import find_programs
from tests.operations.site import Site, opened

pytestmark = pytest.mark.cluster


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A cluster whose controllers run in the namespaces of the page."""
    with opened(find_programs(), tmp_path, "sealing-red", "sealing-blue") as found:
        yield found


def test_teams_have_controllers_of_their_own(site: Site) -> None:
    """Each opens what its team has sealed, and may read nothing of the other's."""
    site.play("tenancy.md")
    keys = ("get", "secrets", "--all-namespaces", "-o", "name")
    label = "sealedsecrets.bitnami.com/sealed-secrets-key=active"
    assert len(site.cluster.kubectl(*keys, "-l", label).split()) == 2
