"""The controller is reached through the API server's service proxy, with the real kubectl."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealer.cli.cluster.controller import Controller
from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.errors import (
    ClusterError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ServerFaultError,
    UnreachableError,
)
from sealer.errors import IdentityError
from tests.cli.clusters import use_kubectl
from tests.support import vectors
from tests.support.canned import Answer, Canned, serving, status

pytestmark = pytest.mark.cluster  # needs the kubectl that is built beside the real API server
NAMESPACE = "/api/v1/namespaces/kube-system"
SERVICE = f"{NAMESPACE}/services/sealed-secrets-controller"
PROXY = f"{NAMESPACE}/services/http:sealed-secrets-controller:web/proxy"
CONFIG_MAP = f"{NAMESPACE}/configmaps/sealed-secrets-certificate"
PEM = (vectors.KEYS / "rsa2048.crt.pem").read_bytes()
MANIFEST = b'{"kind": "SealedSecret"}'


def answer(value: object) -> Answer:
    """Return an answer that holds JSON."""
    return Answer(body=json.dumps(value).encode(), kind="application/json")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canned]:
    """Return an API server with a Service, whose first port has a name, and nothing behind it."""
    with serving() as canned:
        use_kubectl(monkeypatch, tmp_path, canned.url)
        ports = [{"name": "web", "port": 8080}, {"name": "metrics"}]
        canned.answers[f"GET {SERVICE}"] = answer({"spec": {"ports": ports}})
        yield canned


@pytest.fixture
def controller(server: Canned) -> Controller:
    """Return the controller behind it."""
    assert server.url
    return Controller(Kubectl())


def test_certificate_comes_from_the_controller(server: Canned, controller: Controller) -> None:
    """Through the Service's first port."""
    server.answers[f"GET {PROXY}/v1/cert.pem"] = Answer(body=PEM)
    assert controller.certificate() == PEM
    assert [each.line.partition("?")[0] for each in server.requests] == [
        f"GET {SERVICE}",
        f"GET {PROXY}/v1/cert.pem",
    ]


def test_port_without_a_name_gives_an_empty_one(server: Canned, controller: Controller) -> None:
    """As the original writes the path (compat.md 4.3)."""
    server.answers[f"GET {SERVICE}"] = answer({"spec": {"ports": [{"port": 8080}]}})
    path = f"{NAMESPACE}/services/http:sealed-secrets-controller:/proxy/v1/cert.pem"
    server.answers[f"GET {path}"] = Answer(body=PEM)
    assert controller.certificate() == PEM


@pytest.mark.parametrize(
    "data", [{"tls.crt": PEM.decode()}, {"note": "x", "cert.pem": PEM.decode()}]
)
@pytest.mark.parametrize("closed", [SERVICE, f"{PROXY}/v1/cert.pem"])
def test_certificate_that_is_published_is_taken_when_the_way_is_closed(
    server: Canned, controller: Controller, closed: str, data: dict[str, str]
) -> None:
    """No right to the Service or to its proxy, and everyone may read the ConfigMap."""
    server.answers[f"GET {closed}"] = status(403, "Forbidden", "not you")
    server.answers[f"GET {CONFIG_MAP}"] = answer({"data": data})
    assert controller.certificate() == PEM


@pytest.mark.parametrize(
    "published", [None, {}, {"data": None}, {"data": []}, {"data": {"tls.crt": "x", "a": 1}}, []]
)
def test_certificate_that_is_nowhere_gives_the_first_reason(
    server: Canned, controller: Controller, published: object
) -> None:
    """What counts is why the controller did not answer, not that nothing else did."""
    server.answers[f"GET {PROXY}/v1/cert.pem"] = Answer(503, b"no endpoints available")
    if published is not None:
        server.answers[f"GET {CONFIG_MAP}"] = answer(published)
    with pytest.raises(ServerFaultError, match="cannot fetch certificate: ") as caught:
        controller.certificate()
    assert "does the controller run" in caught.value.hint


def test_service_that_does_not_exist_is_named(server: Canned) -> None:
    """With the options that say which one is meant."""
    assert server.url
    with pytest.raises(NotFoundError, match="cannot get sealed secret service: ") as caught:
        Controller(Kubectl(), "other", "sealing").certificate()
    assert "is sealing/other the right one? --controller-name" in caught.value.hint
    assert server.requests[0].line.startswith("GET /api/v1/namespaces/sealing/services/other")


@pytest.mark.parametrize(
    ("name", "namespace"), [("../../secrets", "a"), ("a?b", "a"), ("a", "a/b"), ("a", "%2e%2e")]
)
def test_names_cannot_lead_elsewhere(server: Canned, name: str, namespace: str) -> None:
    """Kubectl resolves even what is escaped, so only names are taken."""
    with pytest.raises(IdentityError):
        Controller(Kubectl(), name, namespace)
    assert server.requests == []


def test_port_name_cannot_lead_elsewhere(server: Canned, controller: Controller) -> None:
    """What is no name counts as none."""
    server.answers[f"GET {SERVICE}"] = answer({"spec": {"ports": [{"name": "a/../../x"}]}})
    with pytest.raises(NotFoundError):
        controller.verify(MANIFEST)
    proxy = "services/http:sealed-secrets-controller:/proxy/v1/verify"
    assert server.requests[-1].line.startswith(f"POST {NAMESPACE}/{proxy}")


@pytest.mark.parametrize("body", ["{}", "[]", "x", '{"spec": {"ports": []}}', '{"spec": 5}'])
def test_service_that_is_none_is_told(server: Canned, controller: Controller, body: str) -> None:
    """Something answers that is no API server."""
    server.answers[f"GET {SERVICE}"] = Answer(body=body.encode())
    with pytest.raises(ClusterError, match="describes no Service with a port"):
        controller.verify(MANIFEST)


def test_cluster_that_cannot_be_reached_is_asked_once(server: Canned) -> None:
    """Nobody waits a second time for the ConfigMap."""
    server.silent = True
    with pytest.raises(UnreachableError, match="cannot get sealed secret service: the cluster did"):
        Controller(Kubectl(timeout=0.5)).certificate()
    assert len(server.requests) == 1


def test_verify_posts_the_manifest(server: Canned, controller: Controller) -> None:
    """200 is yes, 409 is no; the Service is asked once for both."""
    server.answers[f"POST {PROXY}/v1/verify"] = Answer()
    controller.verify(MANIFEST)
    server.answers[f"POST {PROXY}/v1/verify"] = Answer(409)
    with pytest.raises(ConflictError):
        controller.verify(MANIFEST)
    assert [each.body for each in server.requests] == [b"", MANIFEST, MANIFEST]


@pytest.mark.parametrize(("only_outdated", "query"), [(False, ""), (True, "only-outdated=1")])
def test_rotate_returns_what_comes_back(
    server: Canned, controller: Controller, query: str, *, only_outdated: bool
) -> None:
    """With the wish to leave alone what is new already, which the original ignores."""
    server.answers[f"POST {PROXY}/v1/rotate"] = answer({"kind": "SealedSecret", "new": 1})
    assert json.loads(controller.rotate(MANIFEST, only_outdated))["new"] == 1
    assert query in server.requests[-1].line
    assert ("only-outdated" in server.requests[-1].line) is only_outdated


def test_controller_that_may_not_be_asked_names_the_role(
    server: Canned, controller: Controller
) -> None:
    """Whoever can grant it learns what to grant."""
    server.answers[f"POST {PROXY}/v1/verify"] = status(403, "Forbidden", "cannot create services")
    with pytest.raises(ForbiddenError, match="cannot create services") as caught:
        controller.verify(MANIFEST)
    assert "Role sealed-secrets-operator in namespace kube-system" in caught.value.hint
