"""What is asked of the API server, and what becomes of its answers; the API server is a table."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sealer.cli.cluster.gateway import METADATA_OF_LIST, Answer, Gateway
from sealer.cli.console import Console
from sealer.cli.doctor.applied import applied
from sealer.cli.doctor.collect import Collector
from sealer.cli.doctor.lease import heartbeat
from sealer.doctor.facts import Facts, NotKnownError, Place
from sealer.doctor.settings import Settings
from tests.deploy.manifests import NAME, Object
from tests.doctor.samples import deployment, one

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_APPS = "/apis/apps/v1"


class Table(Gateway):
    """Answers by path; what is not in the table is not there, or forbidden.

    Args:
        answers: Objects by path.
        missing: The status of everything else.
    """

    def __init__(self, answers: Mapping[str, Object], missing: int = 404) -> None:
        super().__init__(Path("nowhere"), 1.0)
        self.answers = dict(answers)
        self.missing = missing
        self.asked: list[tuple[str, str]] = []

    def ask(self, path: str, form: str = "", body: bytes | None = None) -> Answer:  # noqa: ARG002 - of the class
        """Answer, and remember the question."""
        self.asked.append((path, form))
        found = self.answers.get(path, self.answers.get(urlsplit(path).path))
        if found is None:
            status = {"kind": "Status", "message": "no"}
            return Answer(self.missing, json.dumps(status).encode(), NOW)
        return Answer(HTTPStatus.OK, json.dumps(found).encode(), NOW)


def collect(table: Table, *, is_named: bool = False) -> Facts:
    """Return what is collected."""
    return Collector(table, Console(), pause=lambda _: None).collect(Facts(NOW), is_named=is_named)


def elsewhere(*namespaces: str) -> Table:
    """Return a cluster with controllers in some namespaces, none of them where it usually is."""
    found = []
    answers: dict[str, Object] = {}
    for namespace in namespaces:
        made = deployment(name="sealing")
        made["metadata"]["namespace"] = namespace
        found.append(made)
        answers[f"{_APPS}/namespaces/{namespace}/deployments/sealing"] = made
        answers[f"/api/v1/namespaces/{namespace}/services/sealing"] = one("Service", NAME)
    return Table({**answers, f"{_APPS}/deployments": {"items": found}})


def test_only_controller_elsewhere_is_found() -> None:
    """What nobody has said is looked for by labels."""
    facts = collect(elsewhere("infra"))
    assert facts.place == Place("infra", "sealing", is_found=True)
    assert facts.deployment.get() is not None
    assert facts.service.get() is not None


@pytest.mark.parametrize(("namespaces", "is_named"), [(("a", "b"), False), (("infra",), True)])
def test_controller_is_not_guessed(namespaces: tuple[str, ...], *, is_named: bool) -> None:
    """Of several none is chosen, and none in the place of one that was named."""
    facts = collect(elsewhere(*namespaces), is_named=is_named)
    assert facts.place == Place()
    assert facts.deployment.get() is None


def test_deployment_of_another_name_is_found_by_its_service() -> None:
    """The Service is what everybody knows; its selector leads to the Deployment."""
    service = "/api/v1/namespaces/kube-system/services/sealed-secrets-controller"
    made = deployment(name="sealing")
    table = Table(
        {
            service: one("Service", NAME),
            f"{_APPS}/namespaces/kube-system/deployments": {"items": [made]},
        }
    )
    found = collect(table).deployment.get()
    assert found is not None
    assert found["metadata"]["name"] == "sealing"


def test_secrets_are_asked_for_by_their_metadata_alone() -> None:
    """And what is more than that is not looked at."""
    listing = "/api/v1/namespaces/kube-system/secrets"
    table = Table({listing: {"kind": "SecretList", "items": [{"data": {"tls.key": "x"}}]}})
    facts = collect(table)
    forms = {form for path, form in table.asked if urlsplit(path).path == listing}
    assert forms == {METADATA_OF_LIST}
    with pytest.raises(NotKnownError, match="does not send metadata alone"):
        facts.keys.get()


def test_what_is_forbidden_names_the_right() -> None:
    """Each fact knows what whoever asks would have to be allowed."""
    facts = collect(Table({}, missing=403))
    with pytest.raises(NotKnownError) as raised:
        facts.deployment.get()
    right = "get deployments.apps sealed-secrets-controller in kube-system"
    assert raised.value.right == right
    assert right in raised.value.message


def test_list_is_read_page_by_page() -> None:
    """The API server says where the next page begins."""
    path = "/apis/bitnami.com/v1alpha1/sealedsecrets"
    names = {"metadata": {"name": "a", "namespace": "b"}}
    table = Table(
        {
            f"{path}?limit=500": {"items": [names], "metadata": {"continue": "x=y"}},
            f"{path}?limit=500&continue=x%3Dy": {"items": [names, names], "metadata": {}},
        }
    )
    assert len(collect(table).sealed.get()) == 3


def test_cluster_without_the_kind_says_so() -> None:
    """Not that something was not found."""
    with pytest.raises(NotKnownError, match="knows no SealedSecrets"):
        collect(Table({})).sealed.get()


def test_clock_is_compared_with_the_api_servers() -> None:
    """Its answers carry the time."""
    facts = collect(Table({"/version": {}}))
    ahead = NOW - datetime.now(UTC)
    assert abs(facts.clock.get() - ahead) < timedelta(seconds=60)


def lease(renewed: datetime, version: str) -> Object:
    """Return a Lease."""
    spec = {"leaseDurationSeconds": 10, "renewTime": f"{renewed:%Y-%m-%dT%H:%M:%S.%fZ}"}
    return {"metadata": {"resourceVersion": version}, "spec": spec}


LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/sealed-secrets-controller"
ELECTING = Settings(elects=True)


def test_fresh_lease_is_believed_at_once() -> None:
    """Nobody waits where all is well."""
    table = Table({LEASE: lease(NOW, "1")})
    pauses: list[float] = []
    beat = heartbeat(table, ELECTING, "kube-system", pauses.append).get()
    assert (beat.is_renewed, pauses, beat.read_at) == (None, [], NOW)


@pytest.mark.parametrize("hours", [-1, 1])
def test_lease_of_another_time_is_looked_at_until_it_changes(hours: int) -> None:
    """A wrong clock is not taken for a dead leader, nor a leader's last word for a live one."""
    renewed = NOW + timedelta(hours=hours)
    table = Table({LEASE: lease(renewed, "1")})

    def renew(_: float) -> None:
        table.answers[LEASE] = lease(renewed, "2")

    assert heartbeat(table, ELECTING, "kube-system", renew).get().is_renewed is True


def test_lease_that_nobody_renews_is_given_up() -> None:
    """After as long as others would wait."""
    table = Table({LEASE: lease(NOW - timedelta(hours=1), "1")})
    pauses: list[float] = []
    beat = heartbeat(table, ELECTING, "kube-system", pauses.append).get()
    assert beat.is_renewed is False
    assert sum(pauses) == 10


def test_no_lease_is_looked_for_without_election() -> None:
    """There would be none."""
    table = Table({})
    beat = heartbeat(table, Settings(), "kube-system", lambda _: None).get()
    assert (beat.lease, table.asked) == (None, [])


def test_sealed_secret_is_read_without_its_values() -> None:
    """Only condition, age and the notes about keys are kept."""
    sealed = {
        "metadata": {
            "namespace": "shop",
            "name": "db",
            "generation": 3,
            "creationTimestamp": "2026-11-22T11:00:00Z",
            "annotations": {"sealer.dev/sealing-keys": '{"abc": {"password": "d"}}'},
        },
        "spec": {"encryptedData": {"password": "AgB"}},
        "status": {
            "observedGeneration": 2,
            "conditions": [{"type": "Synced", "status": "False", "reason": "NoMatchingKey"}],
        },
    }
    found = applied(sealed, NOW)
    assert found == ("shop", "db", "False", "NoMatchingKey", False, 3600.0, frozenset({"abc"}))


@pytest.mark.parametrize("note", ["", "[", "[1]", '{"a": 1', "null", "7"])
def test_note_that_says_nothing_is_no_key(note: str) -> None:
    """Anybody may have written it."""
    sealed = {"metadata": {"annotations": {"sealer.dev/sealing-keys": note}}}
    assert applied(sealed, NOW).keys == frozenset()
