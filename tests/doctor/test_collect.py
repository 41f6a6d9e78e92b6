"""What is asked of the API server, and what becomes of its answers; the API server is a table."""

import json
from collections.abc import Iterable, Mapping, Sequence
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
from sealer.doctor import CHECKS, examine
from sealer.doctor.facts import Fact, Facts, Heartbeat, NotKnownError, Place
from sealer.doctor.settings import Settings
from tests.deploy.manifests import NAME, Object
from tests.doctor.samples import FORBIDDEN, deployment, healthy, one, pod

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


def lease(renewed: datetime, version: str, holder: int | str = 0) -> Object:
    """Return a Lease, of one of the Pods or of somebody else."""
    name = f"{NAME}-{holder}_1" if isinstance(holder, int) else holder
    spec = {"leaseDurationSeconds": 10, "renewTime": f"{renewed:%Y-%m-%dT%H:%M:%S.%fZ}"}
    return {"metadata": {"resourceVersion": version}, "spec": spec | {"holderIdentity": name}}


LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/sealed-secrets-controller"
ELECTING = Settings(elects=True)


def leader_of(beat: Fact[Heartbeat]) -> str:
    """Return what the check says."""
    facts = healthy(heartbeat=beat, deployment=Fact(deployment("--leader-elect")))
    (result,) = examine([each for each in CHECKS if each.id == "leader"], facts)
    (finding,) = result.findings
    return finding.message


class Scene:
    """A Lease and Pods, and what becomes of them while the doctor waits.

    Args:
        first: The Lease as it is at first.
        pods: The numbers of the Pods.
        happening: What happens with each pause; after the last nothing more.
    """

    def __init__(
        self,
        first: Object,
        pods: tuple[int, ...] = (0, 1),
        happening: Iterable[tuple[Object, tuple[int, ...]]] = (),
    ) -> None:
        self.table = Table({LEASE: first})
        self.numbers = pods
        self.waited = 0.0
        self._happening = iter(happening)

    def pods(self) -> Fact[Sequence[Object]]:
        """Return the Pods as they are now."""
        return Fact([pod(each) for each in self.numbers])

    def pause(self, seconds: float) -> None:
        """Let something happen."""
        self.waited += seconds
        self.table.answers[LEASE], self.numbers = next(
            self._happening, (self.table.answers[LEASE], self.numbers)
        )

    def look(self) -> tuple[str, float]:
        """Return what the check says, and how long it took."""
        beat = heartbeat(self.table, ELECTING, "kube-system", self.pods, self.pause)
        return leader_of(beat), self.waited


def test_fresh_lease_of_a_pod_is_believed_at_once() -> None:
    """Nobody waits where all is well."""
    assert Scene(lease(NOW, "1")).look() == (f"{NAME}-0 leads", 0)


@pytest.mark.parametrize("hours", [-1, 1])
def test_lease_of_another_time_is_looked_at_until_it_changes(hours: int) -> None:
    """A wrong clock is not taken for a dead leader, nor a leader's last word for a live one."""
    renewed = NOW + timedelta(hours=hours)
    scene = Scene(lease(renewed, "1"), happening=[(lease(renewed, "2"), (0, 1))])
    assert scene.look() == (f"{NAME}-0 leads", 0.5)


def test_lease_that_nobody_renews_is_given_up() -> None:
    """After as long as others would wait, and a little more."""
    message, waited = Scene(lease(NOW - timedelta(hours=1), "1")).look()
    assert "holds the Lease and has not renewed it for 1 hour: nobody writes" in message
    assert waited == 12


def test_leader_that_is_gone_is_waited_for_until_another_pod_leads() -> None:
    """Its Lease is still fresh when its node is lost, and nobody can give it back."""
    gone = lease(NOW - timedelta(seconds=1), "1")
    taken = (lease(NOW, "2", 1), (1, 2))
    scene = Scene(gone, pods=(1, 2), happening=[*[(gone, (1, 2))] * 20, taken])
    assert scene.look() == (f"{NAME}-1 leads", 10.5)


def test_pod_that_comes_while_the_lease_is_waited_for_may_lead() -> None:
    """The Pods are asked for after the Lease, each time."""
    old = lease(NOW - timedelta(seconds=13), "1", 0)
    scene = Scene(old, happening=[(lease(NOW, "2", 2), (1, 2))])
    assert scene.look() == (f"{NAME}-2 leads", 0.5)


def test_lease_that_was_given_back_is_waited_for_until_it_is_taken() -> None:
    """A replica that ends gives it back, and another one needs a moment."""
    scene = Scene(lease(NOW, "1", ""), happening=[(lease(NOW, "2", 1), (1, 2))])
    assert scene.look() == (f"{NAME}-1 leads", 0.5)


def test_lease_that_nobody_takes_is_told() -> None:
    """Though there are Pods that could; where there are none, nobody is waited for."""
    message = "nobody holds the Lease: no replica writes"
    assert Scene(lease(NOW, "1", "")).look() == (message, 15)
    assert Scene(lease(NOW, "1", ""), pods=()).look() == (message, 0)


def test_leader_that_is_gone_and_followed_by_nobody_is_told() -> None:
    """It is no other controller: it renews nothing."""
    message, waited = Scene(lease(NOW, "1"), pods=(1, 2)).look()
    assert "is none of the Pods any more, and has not renewed it" in message
    assert waited == 12


def test_stranger_that_goes_on_renewing_is_another_controller() -> None:
    """For longer than a Pod that has just ended could."""
    beats = ((lease(NOW, str(number), "other_1"), (0, 1)) for number in range(100))
    message, waited = Scene(lease(NOW, "first", "other_1"), happening=beats).look()
    assert message == "other_1 holds the Lease and is none of the Pods"
    assert waited == 12


def test_strangers_that_take_turns_are_not_watched_for_ever() -> None:
    """Each holds the Lease for a moment, and none of them is a Pod."""
    beats = ((lease(NOW, str(turn), f"other-{turn // 8}_1"), (0, 1)) for turn in range(1000))
    message, waited = Scene(lease(NOW, "first", "other_1"), happening=beats).look()
    assert message.endswith("holds the Lease and is none of the Pods")
    assert waited == 62


def test_pods_that_are_not_known_are_not_waited_for() -> None:
    """No time tells whose a Lease is."""
    table, pauses = Table({LEASE: lease(NOW, "1")}), list[float]()
    beat = heartbeat(table, ELECTING, "kube-system", lambda: FORBIDDEN, pauses.append)
    assert (beat.get().is_renewed, pauses) == (None, [])
    assert leader_of(beat) == "you may not list secrets"


def test_no_lease_is_looked_for_without_election() -> None:
    """There would be none."""
    table = Table({})
    beat = heartbeat(table, Settings(), "kube-system", lambda: Fact([]), lambda _: None).get()
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


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"labels": {"app.kubernetes.io/name": "vault"}}, True),
        ({"image": "mirror/a:1", "labels": {"app.kubernetes.io/part-of": "sealed-secrets"}}, True),
        ({"image": "mirror/a:1", "args": ["--key-renew-period=1h"]}, True),
        ({"image": "mirror/a:1"}, False),
        ({"image": "redislabs/memtier_benchmark:2", "args": ["--key-prefix=m-"]}, False),
        ({"image": "example.com/operator:2", "args": ["--additional-namespaces=a,b"]}, False),
        ({"image": "mirror/a:1", "args": ["--key-prefix=k", "--additional-namespaces=a"]}, True),
        ({"image": "mirror/a:1", "env": [{"name": "SEALED_SECRETS_KEY_PREFIX"}]}, True),
    ],
)
def test_controller_is_found_by_what_it_runs_or_is_called(
    changes: dict[str, object], *, expected: bool
) -> None:
    """A release may give it other labels, and a mirror its image another name."""
    table = elsewhere("infra")
    (made,) = table.answers[f"{_APPS}/deployments"]["items"]
    made["metadata"]["labels"] = changes.pop("labels", {})
    (container,) = made["spec"]["template"]["spec"]["containers"]
    container.update({"name": "main", "args": [], **changes})
    facts = collect(table)
    assert facts.place.is_found is expected
    assert len(facts.rivals.get()) == expected


def test_what_runs_a_controller_is_preferred_to_what_is_called_like_one() -> None:
    """A page for people who seal may carry the labels too."""
    table = elsewhere("a", "b")
    named = table.answers[f"{_APPS}/deployments"]["items"][1]
    named["spec"]["template"]["spec"]["containers"] = [{"name": "main", "image": "page:1"}]
    assert collect(table).place == Place("a", "sealing", is_found=True)
