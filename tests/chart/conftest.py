"""Tests of the chart need helm, which `make cluster` builds, and no cluster."""

import os

import pytest

from tests.cluster.fixtures import find_programs


@pytest.fixture(autouse=True, scope="session")
def _helm() -> None:
    """Skip where helm has not been built; fail where a skip is not allowed."""
    try:
        find_programs()
    except pytest.skip.Exception as skipped:
        if os.environ.get("SEALER_REQUIRE_CLUSTER") == "1":
            pytest.fail(f"skipped although SEALER_REQUIRE_CLUSTER=1: {skipped.msg}")
        raise
