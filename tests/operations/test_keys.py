"""The pages about keys: what they show is what happens."""

import pytest

from tests.operations.site import Site

pytestmark = pytest.mark.cluster


def test_start_of_the_pages_is_what_it_shows(site: Site) -> None:
    """From an empty cluster to two Secrets that are committed, applied and unsealed."""
    site.begin()
    secrets = site.cluster.kubectl("get", "secret", "-n", "shop", "-o", "name").split()
    assert secrets == ["secret/api", "secret/db"]
