"""What a case is, and what the facts of several are made of."""

from typing import Any, NamedTuple

from sealer.doctor import Status
from sealer.doctor.facts import Fact, unknown
from tests.deploy.manifests import Object
from tests.doctor import samples

NOTE, WARNING, FAULT = Status.NOTE, Status.WARNING, Status.FAULT
OK, UNKNOWN = Status.OK, Status.UNKNOWN
NO_METRICS: Fact[str] = unknown("there is no Service for the controller's metrics")


class Case(NamedTuple):
    """Facts that differ from those of a healthy installation, and what a check says of them."""

    check: str
    status: Status
    message: str
    changes: dict[str, Any]


def told(*more: str, **changes: Any) -> Fact[Object]:  # noqa: ANN401 - JSON
    """Return the Deployment with more arguments, another status, or other fields."""
    status = changes.pop("status", {})
    made = samples.deployment(*more, **changes)
    made["status"].update(status)
    return Fact(made)


ORIGINAL: dict[str, Any] = {
    "readiness": Fact(404),
    "deployment": told(image="docker.io/bitnami/sealed-secrets-controller:0.1.0"),
    "metrics": Fact('sealed_secrets_controller_build_info{revision="0.1.0"} 0'),
}
NARROW = told("--additional-namespaces=shop")
