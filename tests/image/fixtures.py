"""The fixture `image`, what `controller/Dockerfile` makes: a pytest plugin."""

import fcntl
import os
import pickle
import sys
from pathlib import Path

import pytest

from tests.image.dockerfile import Image, build
from tests.support import sandbox

__all__ = ["image"]

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "controller" / "Dockerfile"


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Return what the Dockerfile makes: built once, whichever worker asks first."""
    sandbox.needed()
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "image"
    folder.mkdir(exist_ok=True)
    described = folder / "image.pickle"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not described.exists():
            built = build(DOCKERFILE.read_text(), ROOT, _wheels(), folder)
            described.write_bytes(pickle.dumps(built))
    found: Image = pickle.loads(described.read_bytes())  # noqa: S301 - written above
    return found


def _wheels() -> Path:
    """Return the folder of the locked wheels, which `make test` fills."""
    folder = Path(sys.prefix) / "wheels"
    if not any(folder.glob("*.whl")):
        reason = f"needs the locked wheels in {folder.name}/ of the environment: `make test`"
        if os.environ.get("SEALER_REQUIRE_CLUSTER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
