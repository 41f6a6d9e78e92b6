"""The doctor looks at a real installation: all green, and each thing broken once and named."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealer.cli.cluster.gateway import Answer, Gateway
from sealer.doctor import CHECKS
from tests.cluster.encryption import encrypting
from tests.cluster.fixtures import find_programs
from tests.cluster.server import running
from tests.cluster.service import kubeconfig
from tests.doctor.breakages import BREAKAGES
from tests.doctor.installation import Installation, installed
from tests.support.console import run_examples

pytestmark = pytest.mark.cluster
PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations" / "doctor.md"
_METADATA = re.compile(r"application/json;as=PartialObjectMetadata(List)?;g=meta\.k8s\.io;v=v1")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """On a cluster of its own, which encrypts Secrets: the doctor looks at all that there is."""
    folder = tmp_path_factory.mktemp("doctor")
    with (
        running(find_programs(), folder / "cluster", encrypting(folder)) as cluster,
        installed(cluster, folder) as made,
    ):
        yield made


def test_installation_is_all_green(here: Installation) -> None:
    """Every check is there, and every one is green."""
    done = here.doctor("--strict")
    assert (done.code, done.err) == (0, f"note: {len(CHECKS)} checks: {len(CHECKS)} ok\n")
    text = done.out.decode()
    assert [line.split()[1] for line in text.splitlines()] == [each.id for each in CHECKS]
    assert {line.split()[0] for line in text.splitlines()} == {"✓"}


@pytest.mark.parametrize("name", BREAKAGES)
def test_breakage_is_named(here: Installation, name: str) -> None:
    """What is broken is told by the checks that look at it, with what to do; mended, by none."""
    breakage = BREAKAGES[name]
    with breakage.broken(here):
        found = here.look(*breakage.arguments)
    for check, (status, words) in breakage.named.items():
        assert found[check]["status"] == status, found[check]
        told = [each for each in found[check]["findings"] if words in each["message"]]
        assert told, found[check]
        assert all(each["hint"] for each in told)


def test_everything_is_broken_once() -> None:
    """No check is left out."""
    named = {check for each in BREAKAGES.values() for check in each.named}
    assert named == {each.id for each in CHECKS}


def test_installation_is_green_again(here: Installation) -> None:
    """Nothing of the breakages stays, in the cluster or in what is told."""
    statuses = {name: each["status"] for name, each in here.look().items()}
    assert set(statuses.values()) == {"ok"}, statuses


def test_private_keys_are_never_asked_for(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of Secrets the metadata is asked for and nothing else; no answer holds a private key."""
    asked: list[tuple[str, str]] = []
    answers: list[bytes] = []
    ask = Gateway.ask

    def listen(self: Gateway, path: str, form: str = "", body: bytes | None = None) -> Answer:
        answer = ask(self, path, form or "application/json", body)
        asked.append((path, form))
        answers.append(answer.body)
        return answer

    monkeypatch.setattr(Gateway, "ask", listen)
    assert here.doctor().code == 0
    forms = [form for path, form in asked if "/secrets" in path]
    assert forms
    assert all(_METADATA.fullmatch(form) for form in forms)
    (name,) = here.keys()
    data = here.get("secret", name, "-n", "kube-system")["data"]
    everything = b"".join(answers)
    assert data["tls.key"].encode() not in everything
    assert name.encode() in everything


def test_nobody_learns_what_they_may_not_see(
    here: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without rights nothing is green that was not seen, and each right is named."""
    config = kubeconfig(here.cluster, tmp_path / "kubeconfig", here.cluster.nobody_token)
    monkeypatch.setenv("KUBECONFIG", str(config))
    found = here.look()
    seen = {name for name, each in found.items() if each["status"] == "ok"}
    # What everybody who can log in may see: the certificate, and the Service that serves it.
    assert seen == {"kubernetes", "reachable", "expiry", "pin"}
    assert {each["status"] for each in found.values()} == {"ok", "unknown"}
    (told,) = found["keys"]["findings"]
    assert told["message"] == "you may not list secrets in kube-system"
    assert here.doctor().code == 0
    assert here.doctor("--strict").code == 1


def test_page_examples_print_what_they_show(here: Installation) -> None:
    """In the folder of somebody who did all that the page expects."""
    names = ("PATH", "KUBECONFIG", "XDG_CACHE_HOME")
    run_examples(PAGE, here.folder, {name: os.environ[name] for name in names} | {"HOME": "/"})


def test_page_role_is_enough_for_all_but_the_keys(
    here: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has it learns everything that does not take the right to read Secrets."""
    (role,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    here.kubectl("apply", "-f", "-", given=role)
    bound = ("clusterrolebinding", "sealer-doctor")
    here.kubectl("create", *bound, "--clusterrole=sealer-doctor", "--user=dev")
    config = kubeconfig(here.cluster, tmp_path / "kubeconfig", here.cluster.nobody_token)
    monkeypatch.setenv("KUBECONFIG", str(config))
    found = {name: each["status"] for name, each in here.look().items()}
    here.kubectl("delete", *bound)
    here.kubectl("delete", "clusterrole", "sealer-doctor")
    assert {name for name, status in found.items() if status != "ok"} == {
        *("keys", "renewal", "backup", "compromised"),
    }, found
