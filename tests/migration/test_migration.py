"""From the original to ours and back, on a real API server of its own.

The original cannot run here: what it leaves is known from the record, and its rule for which of the
Secrets it may write is applied to what ours leaves.
"""

import base64
import json
import signal
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sealer.manifest.sealedsecret import KIND
from sealer_controller.objects import Key
from tests.cluster.fixtures import find_programs
from tests.cluster.server import Cluster, running
from tests.cluster.service import address_of_this_machine, kubeconfig, routed
from tests.controller import process
from tests.controller.process import Running
from tests.deploy.manifests import DEPLOY, NAME
from tests.migration import recorded
from tests.migration.recorded import Held, find, held, may_be_written
from tests.support import vectors
from tests.support.program import run

pytestmark = pytest.mark.cluster
SYSTEM = "kube-system"
CASES = {case.name: case for case in vectors.objects()}
# Sealed by the original too, but applied only after it has gone.
LATE = ("metadata", "template", "cluster-wide")
# The original fails at a Secret that it has just created itself; ours does not (compat.md 2.4).
HEALED = Key("shop", "orphan")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster with the original's installation; whoever runs a program can only log in."""
    with running(find_programs(), tmp_path / "cluster") as started:
        recorded.install(started)
        person = kubeconfig(started, tmp_path / "kubeconfig", started.nobody_token)
        monkeypatch.setenv("KUBECONFIG", str(person))
        monkeypatch.setenv("PATH", f"{started.programs}:/usr/bin:/bin")
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            monkeypatch.setenv(name, str(tmp_path / "home"))
        yield started


def test_ours_takes_over_from_the_original_and_gives_back(cluster: Cluster, tmp_path: Path) -> None:
    """No Secret's data is written again, no status starts anew, and old and new objects work."""
    early = [case for name, case in CASES.items() if name not in LATE]
    recorded.leave(cluster, early)
    before = held(cluster)

    # With the original's account and rights, and then with the manifests of ours over its own.
    with ours(cluster, tmp_path) as controller:
        seen(controller, before)
        assert controller.stop() == 0
    assert_kept(before, held(cluster))
    assert said_unsealed(cluster) == {HEALED.name}
    cluster.kubectl("apply", "-k", DEPLOY)
    with ours(cluster, tmp_path) as controller:
        seen(controller, before)
        new = use(cluster, controller)
        assert controller.stop() == 0
    after = held(cluster)
    assert_kept(before, {key: after[key] for key in before})

    cluster.kubectl("apply", "-f", recorded.ORIGINAL)
    assert_usable_by_the_original(cluster, {*before, *new} - {HEALED})
    recorded.come_back(cluster, early)
    assert_kept(after, held(cluster))
    with ours(cluster, tmp_path) as controller:
        seen(controller, after)
        assert controller.stop() == 0
    assert_kept(after, held(cluster))


@contextmanager
def ours(cluster: Cluster, folder: Path) -> Iterator[Running]:
    """Our controller in the place of the original's, behind its Service."""
    host = address_of_this_machine()
    account = cluster.service_account_folder(NAME, SYSTEM, folder / "account")
    with process.started(
        *("--server", cluster.url, "--token-file", account / "token"),
        *("--ca-file", account / "ca.crt", "--listen-addr", f"{host}:0"),
        *("--listen-metrics-addr", "", "--key-renew-period", "0"),
        environ={"POD_NAMESPACE": SYSTEM},
    ) as controller:
        port = int(controller.until("listening")["address"].rpartition(":")[2])
        with routed(cluster, Key(SYSTEM, NAME), host, port):
            yield controller


def seen(controller: Running, keys: Collection[Key]) -> None:
    """Wait until the controller has dealt with each of these objects."""
    left = set(keys)
    while left:
        line = controller.until("reconciled")
        left.discard(Key(line["namespace"], line["name"]))


def use(cluster: Cluster, controller: Running) -> set[Key]:
    """Go on with daily work; return the objects that are new."""
    for name in LATE:
        case = CASES[name]
        cluster.kubectl("apply", "-f", case.steps[-1])
        made(cluster, controller, key_of(case.steps[-1]), case.result["secret"]["data"])
    old = fetched()
    assert old == vectors.controller_keyring().certificate.pem
    seal_and_apply(cluster, controller, "sealed-under-the-old-key")
    controller.signal(signal.SIGUSR1)
    controller.until("key_created")
    assert fetched() != old
    seal_and_apply(cluster, controller, "sealed-under-the-new-key")
    names = ("sealed-under-the-old-key", "sealed-under-the-new-key")
    return {key_of(CASES[name].steps[-1]) for name in LATE} | {Key("shop", n) for n in names}


def seal_and_apply(cluster: Cluster, controller: Running, name: str) -> None:
    """Seal a Secret with the certificate that the Service serves, and see it come out."""
    data = {"k": base64.b64encode(name.encode()).decode()}
    plain = {"apiVersion": "v1", "kind": "Secret", "data": data}
    metadata = {"metadata": {"namespace": "shop", "name": name}}
    done = run("kubeseal", stdin=json.dumps(plain | metadata).encode())
    assert (done.code, done.err) == (0, "")
    cluster.kubectl("apply", "-f", "-", given=done.out.decode())
    made(cluster, controller, Key("shop", name), data)


def made(cluster: Cluster, controller: Running, key: Key, data: dict[str, str]) -> None:
    """Wait for an object's Secret, and compare its data."""
    controller.until("reconciled", namespace=key.namespace, name=key.name, outcome="created")
    secret = cluster.get("secret", key.name, key.namespace)
    assert secret is not None
    assert secret["data"] == data


def fetched() -> bytes:
    """Return the certificate as anybody gets it who can log in."""
    done = run("kubeseal", "--fetch-cert")
    assert (done.code, done.err) == (0, "")
    return done.out


def said_unsealed(cluster: Cluster) -> set[str]:
    """Return the objects that an Event says were unsealed; to take an object over is no news."""
    path = 'jsonpath={.items[?(@.reason=="Unsealed")].involvedObject.name}'
    return set(cluster.kubectl("get", "events", "--all-namespaces", "-o", path).split())


def assert_kept(before: dict[Key, Held], after: dict[Key, Held]) -> None:
    """Nothing that counts has changed but for the one object that the original fails at."""
    assert after.keys() == before.keys()
    for key in before.keys() - {HEALED}:
        assert after[key] == before[key], key
    assert after[HEALED].secret == before[HEALED].secret
    assert after[HEALED].writers == before[HEALED].writers
    assert after[HEALED].synced[0] == "True"


def assert_usable_by_the_original(cluster: Cluster, keys: Collection[Key]) -> None:
    """Its schema knows all that is stored, it may write the Secrets, and can read the keys."""
    sealed, secrets = find(cluster, "sealedsecrets"), find(cluster, "secrets")
    strictly = ("replace", "--dry-run=server", "--validate=strict", "-f", "-")
    stored = {"apiVersion": "v1", "kind": "List", "items": list(sealed.values())}
    checked = cluster.kubectl(*strictly, given=json.dumps(stored))
    assert checked.count("replaced") == len(sealed)
    refused = {
        key for key in keys & secrets.keys() if not may_be_written(secrets[key], sealed[key])
    }
    assert refused == {Key("shop", "theirs"), Key("shop", "almost")}
    label = "sealedsecrets.bitnami.com/sealed-secrets-key=active"
    found = cluster.kubectl("get", "secrets", "-n", SYSTEM, "-l", label, "-o", "json")
    for secret in json.loads(found)["items"]:
        assert secret["type"] == "kubernetes.io/tls"
        private_key = base64.b64decode(secret["data"]["tls.key"])
        assert private_key.startswith(b"-----BEGIN RSA PRIVATE KEY-----\n")


def key_of(path: Path) -> Key:
    """Return what a manifest is called."""
    manifest = vectors.load_manifest(path)
    assert manifest["kind"] == KIND
    return Key(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
