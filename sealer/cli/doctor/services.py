"""What the controller answers itself, through the API server's service proxy."""

from collections.abc import Sequence

from sealer.cli.cluster.gateway import Answer, Gateway
from sealer.cli.doctor.asking import fact, path_of
from sealer.cli.errors import ClusterError
from sealer.doctor.facts import Fact, Object, Right, unknown
from sealer.doctor.workload import labels_match
from sealer.manifest.cursor import Cursor

_METRICS_PORT = 8081


class Services:
    """The Services of a controller, which lead to it.

    Args:
        gateway: Reaches the API server.
        namespace: Where they are.
    """

    def __init__(self, gateway: Gateway, namespace: str) -> None:
        self._gateway = gateway
        self._namespace = namespace

    def certificate(self, service: Object) -> Fact[bytes]:
        """Return the certificate that is served."""
        right = self._right(service)
        return fact(lambda: self._gateway.get(f"{path_of(right)}/v1/cert.pem").body, right)

    def readiness(self, service: Object) -> Fact[int]:
        """Return the HTTP status of the controller's readiness.

        What the API server answers in its place, when it does not reach it, is none.
        """
        right = self._right(service)

        def ask() -> int:
            answer = self._gateway.ask(f"{path_of(right)}/readyz")
            if _is_of_api_server(answer):
                raise ClusterError("the controller cannot be reached")
            return answer.status

        return fact(ask, right)

    def metrics(self, services: Fact[list[Object]], deployment: Object | None) -> Fact[str]:
        """Return what one replica tells Prometheus."""
        if not services.is_known:
            return Fact(None, services.gap)
        found = _metrics_service(services.get(), deployment)
        if found is None:
            return unknown("there is no Service for the controller's metrics")
        right = self._right(*found)

        def ask() -> str:
            return self._gateway.get(f"{path_of(right)}/metrics").body.decode("utf-8", "replace")

        return fact(ask, right)

    def _right(self, service: Object, position: int = 0) -> Right:
        """Return the right to ask what is behind a Service's port, by the name that it has."""
        name = Cursor(service).text("metadata", "name")
        ports = list(Cursor(service).each("spec", "ports"))
        port = ports[position].text("name") if ports else ""
        return Right("get", "services/proxy", "", self._namespace, f"http:{name}:{port}")


def _metrics_service(
    services: Sequence[Object], deployment: Object | None
) -> tuple[Object, int] | None:
    """Return the Service that leads to the Pods' metrics, and the position of that port."""
    labels = Cursor(deployment).at("spec", "template", "metadata", "labels").value
    for service in services:
        if labels_match(Cursor(service).at("spec", "selector"), labels):
            for position, port in enumerate(Cursor(service).each("spec", "ports")):
                target = port.at("targetPort").value
                if "metrics" in (target, port.text("name")) or target == _METRICS_PORT:
                    return service, position
    return None


def _is_of_api_server(answer: Answer) -> bool:
    try:
        return answer.json().get("kind") == "Status"
    except ClusterError:
        return False
