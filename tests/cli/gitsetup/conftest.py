"""Real repositories, cut off from the configuration of whoever runs the tests."""

import pytest

from tests.hooks.conftest import environment, repository
from tests.hooks.repository import Repository
from tests.support.program import run

__all__ = ["environment", "repository"]


@pytest.fixture
def installed(repository: Repository) -> Repository:
    """Return a repository, made the current folder, in which sealer is installed."""
    assert run("git", "install").code == 0
    return repository
