"""The image's root file system, built once."""

import os
import sys
from pathlib import Path

import pytest

from tests.image.dockerfile import Image, build
from tests.support import sandbox

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "controller" / "Dockerfile"


@pytest.fixture(scope="session")
def wheels() -> Path:
    """Return the folder of the locked wheels, which `make test` fills."""
    folder = Path(sys.prefix) / "wheels"
    if not any(folder.glob("*.whl")):
        reason = f"needs the locked wheels in {folder.name}/ of the environment: `make test`"
        if os.environ.get("SEALER_REQUIRE_CLUSTER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def image(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Return what the Dockerfile makes."""
    sandbox.needed()
    return build(DOCKERFILE.read_text(), ROOT, wheels, tmp_path_factory.mktemp("image"))
