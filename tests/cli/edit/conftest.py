"""A folder with a SealedSecret to edit, and no private key."""

from pathlib import Path

import pytest

from tests.cli.edit.scripted import CERT, SECRET
from tests.support.program import run, write_all


@pytest.fixture
def sealed(folder: Path) -> Path:
    """Return a file with a SealedSecret; no private key is near."""
    write_all(folder, {"secret.yaml": SECRET})
    assert run("seal", "secret.yaml", "-w", "db.yaml", "--no-hints", *CERT).code == 0
    (folder / "secret.yaml").unlink()
    (folder / "rsa2048.key.pem").unlink()
    return folder / "db.yaml"
