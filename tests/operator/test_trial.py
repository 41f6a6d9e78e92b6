"""The trial of a new operator: from an empty cluster to a Secret, a take-over and a green doctor.

Then things go wrong, and the doctor names each.
"""

import re
import subprocess
import urllib.request
from base64 import b64decode
from collections.abc import Iterator

import pytest

from sealer.doctor import CHECKS
from tests.cluster.fixtures import find_programs
from tests.cluster.service import kubeconfig
from tests.deploy.installation import SYSTEM
from tests.monitoring.promql import named
from tests.monitoring.shipped import queries
from tests.operator.breakages import BREAKAGES, SHOP, Breakage
from tests.operator.trial import Said, Trial, tried
from tests.support import vectors
from tests.support.program import Done, run

pytestmark = pytest.mark.cluster
# Prometheus makes these itself.
FROM_PROMETHEUS = {"ALERTS", "up"}
AUTHOR = ("-c", "user.name=dev", "-c", "user.email=dev@example.com")


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """The chart with its defaults, on a cluster of its own, and a repository."""
    with tried(find_programs(), tmp_path_factory.mktemp("trial")) as started:
        started.cluster.kubectl("create", "namespace", SHOP)
        desk = started.folder / "desk"
        desk.mkdir()
        subprocess.run(["git", "init", "--quiet", desk], check=True)
        kubeconfig(started.cluster, started.folder / "person", started.cluster.nobody_token)
        yield started


@pytest.fixture(autouse=True)
def desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sit down in the repository, with an administrator's kubeconfig."""
    if "trial" in request.fixturenames:
        trial: Trial = request.getfixturevalue("trial")
        monkeypatch.chdir(trial.folder / "desk")
        monkeypatch.setenv("KUBECONFIG", str(trial.cluster.kubeconfig))
        monkeypatch.setenv("PATH", f"{trial.cluster.programs}:/usr/bin:/bin")
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            monkeypatch.setenv(name, str(trial.folder / "home"))


@pytest.fixture(scope="module")
def settled(trial: Trial) -> dict[str, Said]:
    """What the doctor says after the operator has done what it told: a backup and a pin."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(trial.folder / "desk")
        patch.setenv("KUBECONFIG", str(trial.cluster.kubeconfig))
        patch.setenv("PATH", f"{trial.cluster.programs}:/usr/bin:/bin")
        recipient = str(vectors.KEYS / "rsa2048.crt.pem")
        backup = str(trial.folder / "keys.backup")
        succeed(run("keys", "backup", "-w", backup, "--recipient", recipient))
        succeed(run("cert", "fetch", "-w", "prod.pem", "--cluster", "prod", "--pin"))
        return trial.doctor()


def test_chart_with_its_defaults_comes_up(trial: Trial) -> None:
    """Two replicas, of which one leads."""
    pods = trial.kubelet.pods()
    assert len(pods) == 2
    assert all(pod.is_ready for pod in pods)
    trial.until_led()


def test_secret_goes_from_the_terminal_through_git_into_the_cluster(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed by somebody who can only log in; committed, cloned, applied, unsealed."""
    monkeypatch.setenv("KUBECONFIG", str(trial.folder / "person"))
    seal(trial, "db")
    git(trial, "add", "db.yaml")
    git(trial, "commit", "--quiet", "-m", "Add the password of db")
    git(trial, "clone", "--quiet", ".", str(trial.folder / "clone"))
    trial.cluster.kubectl("apply", "-f", trial.folder / "clone" / "db.yaml")
    until_synced(trial, "db")
    data = trial.get("secret", "db", SHOP)["data"]
    assert b64decode(data["password"]) == b"correct horse"


def test_other_replica_takes_over(trial: Trial) -> None:
    """The leader is gone without a word, as with its node; what is sealed is unsealed as before."""
    trial.until_led()
    leader = trial.leader()
    trial.cluster.kubectl("delete", "pod", leader, "-n", SYSTEM, "--grace-period=0", "--force")
    seal(trial, "late")
    trial.cluster.kubectl("apply", "-f", trial.folder / "desk" / "late.yaml")
    said = trial.doctor()["leader"]  # as long as nobody has taken over, it waits
    assert (said.status, leader in said.message) == ("ok", False), said
    until_synced(trial, "late")
    trial.kubelet.until_rolled_out()


def test_dashboard_finds_its_metrics(trial: Trial) -> None:
    """Each metric that it asks for is served by one of the replicas."""
    pages = []
    for pod in trial.kubelet.pods():
        url = f"http://{pod.host}:{pod.port('metrics')}/metrics"
        with urllib.request.urlopen(url, timeout=30) as answer:
            pages.append(answer.read().decode())
    served = set(re.findall(r"^# TYPE (\S+) ", "\n".join(pages), re.MULTILINE))
    asked = {metric for query in queries() for metric in named(query.asked()).metrics}
    families = {re.sub(r"_(bucket|count|sum)$", "", each) for each in asked - FROM_PROMETHEUS}
    assert families - served == set()


def test_doctor_is_content(settled: dict[str, Said]) -> None:
    """With a backup and a pin, nothing is left to be said: not even a note."""
    assert [*settled] == [check.id for check in CHECKS]
    assert {name: said for name, said in settled.items() if said.status != "ok"} == {}


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda each: each.check)
def test_doctor_names_what_goes_wrong(
    trial: Trial, settled: dict[str, Said], breakage: Breakage
) -> None:
    """That check does, alone or with those that cannot but notice."""
    with breakage.broken(trial):
        found = trial.doctor()
    said = found[breakage.check]
    assert (said.status, breakage.words in said.message) == (breakage.status, True), said
    others = {name for name, each in found.items() if each.status != settled[name].status}
    if breakage.besides is not None:
        assert others == {breakage.check, *breakage.besides}


def test_doctor_is_content_after_all_that(trial: Trial, settled: dict[str, Said]) -> None:
    """Everything that was broken has been mended: the tests before this one left nothing."""
    found = trial.doctor()
    assert {name for name in found if found[name].status != settled[name].status} == set()


def seal(trial: Trial, name: str) -> None:
    """Seal what kubectl makes of a password, with the certificate that the cluster serves."""
    given = ("--from-literal=password=correct horse", "-n", SHOP, "--dry-run=client", "-o", "yaml")
    plain = trial.cluster.kubectl("create", "secret", "generic", name, *given)
    succeed(run("seal", "-w", f"{name}.yaml", stdin=plain.encode()))


def until_synced(trial: Trial, name: str) -> None:
    """Wait until a SealedSecret is Synced."""
    place = (f"sealedsecret/{name}", "-n", SHOP, "--timeout=60s")
    trial.cluster.kubectl("wait", *place, "--for=condition=Synced")


def git(trial: Trial, *arguments: str) -> None:
    """Run git in the repository."""
    subprocess.run(["git", *AUTHOR, *arguments], cwd=trial.folder / "desk", check=True)


def succeed(done: Done) -> None:
    """Make sure that a program has done what it was told."""
    assert done.code == 0, done.err
