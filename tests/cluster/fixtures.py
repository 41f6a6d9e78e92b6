"""The fixture `cluster`, and what the mark `cluster` means: a pytest plugin.

Tests marked `cluster` use the real API server. It is started once and all of them run in one
worker; where its programs have not been built they are skipped, and with
`SEALER_REQUIRE_CLUSTER=1`, which CI sets, a skip of such a test is a failure.
"""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.cluster import binaries
from tests.cluster.server import Cluster, running

__all__ = ["cluster", "cluster_with_crd", "find_programs"]

_CRD = Path(__file__).resolve().parents[2] / "deploy" / "crd.yaml"
_CLUSTER = pytest.StashKey[Cluster]()


@pytest.fixture(scope="session")
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A real API server, for the whole session; give each test a namespace of its own."""
    programs = find_programs()
    with running(programs, tmp_path_factory.mktemp("cluster")) as started:
        request.config.stash[_CLUSTER] = started
        yield started
    del request.config.stash[_CLUSTER]


@pytest.fixture(scope="session")
def cluster_with_crd(cluster: Cluster) -> Cluster:
    """The real API server, which knows SealedSecrets."""
    cluster.install_crd(_CRD)
    return cluster


def find_programs() -> Path:
    """Return the folder of the programs; skip the test that asks where it does not exist."""
    named = os.environ.get("SEALER_CLUSTER_BIN")
    directory = Path(named).absolute() if named else binaries.folder(os.environ)
    absent = binaries.missing(directory)
    if absent:
        pytest.skip(f"needs {', '.join(absent)} in {directory}: run `make cluster` once")
    return directory


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Send the tests of a group to one worker, all of the real API server: two are too many."""
    for item in items:
        if item.get_closest_marker("cluster"):
            item.add_marker(pytest.mark.xdist_group("cluster"))
        group = item.get_closest_marker("xdist_group")
        # pytest-xdist 3.8 tells groups by a suffix of the id, and writes it where pytest 9.2 no
        # longer reads it (pytest-dev/pytest-xdist#1386). Tests of ours fail when this does.
        if group and hasattr(item, "_id") and config.getoption("loadgroup", default=False):
            item._id = item.id.parse(f"{item.nodeid}@{group.args[0]}")  # noqa: SLF001 - see above


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn skips into failures where they are not allowed; show the logs with a failure."""
    report = yield
    if item.get_closest_marker("cluster") is None:
        return report
    if report.skipped and os.environ.get("SEALER_REQUIRE_CLUSTER") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped although SEALER_REQUIRE_CLUSTER=1: {report.longreprtext}"
    if report.failed and _CLUSTER in item.config.stash:
        report.sections.extend(item.config.stash[_CLUSTER].log_tails().items())
    return report
