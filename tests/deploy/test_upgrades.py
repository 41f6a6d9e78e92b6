"""A release goes from any values to any others: nothing that the chart changes is immutable."""

from collections.abc import Iterator

import pytest

from tests.chart.matrix import MATRIX
from tests.cluster.clearing import clear
from tests.cluster.server import Cluster
from tests.deploy import chart
from tests.deploy.installation import SYSTEM

pytestmark = pytest.mark.cluster
KINDS = (
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Service",
    "ServiceAccount",
)
# Each differs from the one before it in Services, roles and bindings, or in the Deployment.
WAY = (
    "defaults",
    "node ports",
    "named port",
    "other ports",
    "every setting",
    "own namespace only",
    "own namespace only, by a cluster role",
    "operators",
    "no proxier",
    "no rights",
    "account of its own",
    "single replica",
    "percentage of replicas",
    "release name as in the original's chart",
    "no controller",
    "defaults",
)


@pytest.fixture
def bare(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster without an installation."""
    clear(cluster)
    yield cluster
    chart.uninstall(cluster)
    clear(cluster)


def test_release_goes_from_each_values_to_the_next(bare: Cluster) -> None:
    """And ends as it began: what came on the way has gone."""
    ends = []
    for name in WAY:
        objects = chart.upgrade(bare, MATRIX[name])
        ends.append(sorted((each["kind"], each["metadata"]["name"]) for each in objects))
    assert ends[0] == ends[-1]
    labelled = ("-l", f"app.kubernetes.io/instance={chart.RELEASE}", "-o", "name")
    there = bare.kubectl("get", ",".join(KINDS), "-n", SYSTEM, *labelled).split()
    assert len(there) == sum(kind in KINDS for kind, _ in ends[-1])
