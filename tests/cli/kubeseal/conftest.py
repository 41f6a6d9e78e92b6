"""A folder with a Secret, a certificate and a key, and a cluster where one is needed."""

from pathlib import Path

import pytest

from tests.cli.reseal.conftest import both, cluster, new, pauses, repository

__all__ = ["both", "cluster", "new", "pauses", "repository"]


@pytest.fixture
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, where the usual kubeconfig would be, and no kubectl is found."""
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", "")
    return folder
