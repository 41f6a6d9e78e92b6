"""What all tests share; the fixtures themselves live beside what they start."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

# No test asserts a time: how long an example takes says how busy the machine is.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")

pytest_plugins = [
    "tests.cluster.fixtures",
    "tests.fake.fixtures",
    "tests.image.fixtures",
    "tests.support.vector_count",
]


@pytest.fixture(autouse=True, scope="session")
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests away from what the programs remember of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
