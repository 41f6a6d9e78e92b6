"""`sealer usage`: from files and from a live cluster, as text and as JSON."""

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

from sealer.cli.cluster import live as live_module
from tests.cluster.server import Cluster
from tests.support.objects import workload
from tests.support.program import run, write_all
from tests.support.sealed import blob, manifest

CRD = Path(__file__).parent.parent.parent / "deploy" / "crd.yaml"
CANARY = "correct-horse-battery"
POD = """
containers:
- name: main
  env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]
  volumeMounts: [{name: keys, mountPath: /keys}]
volumes: [{name: keys, secret: {secretName: db, items: [{key: user, path: who}], optional: true}}]
imagePullSecrets: [{name: registry}]
"""
DB = manifest("db", password=blob(), spare=blob(), user=blob())


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder, made the current one, with Secrets and a workload."""
    files = {"m/db.yaml": DB, "m/old.yaml": manifest("old", a=blob())}
    write_all(tmp_path, {**files, "m/api.yaml": workload("Deployment", POD)})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_usage_as_text_tells_users_of_every_item(tree: Path) -> None:
    """Secret by Secret, item by item; what is missing stands at the end and makes it 1."""
    assert tree == Path.cwd()
    done = run("usage", "m")
    assert done.code == 1
    assert done.out.decode().splitlines() == [
        "shop/db: SealedSecret at m/db.yaml:1:1",
        "  password",
        "    Deployment shop/api: env PASSWORD in main (m/api.yaml:11:65)",
        "  spare: nobody uses it",
        "  user",
        "    Deployment shop/api: volume keys as /keys/who in main (optional) (m/api.yaml:13:51)",
        "shop/old: SealedSecret at m/old.yaml:1:1; nobody uses it",
        "shop/registry: nothing makes it",
        "  all items",
        "    Deployment shop/api: imagePullSecrets (m/api.yaml:14:33)",
        "m/api.yaml:14:33: Deployment shop/api: there is no Secret shop/registry",
    ]
    assert done.err == "note: 3 Secrets, 1 that nobody uses; 1 reference to what is missing\n"


def test_usage_as_json_has_the_documented_shape(tree: Path) -> None:
    """What machines read."""
    assert tree == Path.cwd()
    document = json.loads(run("usage", "--json", "m").out)
    db, old, registry = document["secrets"]
    source = {"kind": "SealedSecret", "path": "m/db.yaml", "line": 1, "column": 1, "document": 1}
    assert (db["namespace"], db["name"], db["sources"]) == ("shop", "db", [source])
    assert [item["key"] for item in db["items"]] == ["password", "spare", "user"]
    assert (db["unusedItems"], db["isUsed"], old["isUsed"]) == (["spare"], True, False)
    assert db["items"][2]["users"] == [
        {
            "kind": "Deployment",
            "namespace": "shop",
            "name": "api",
            "way": "volume",
            "container": "",
            "target": "keys",
            "keys": ["user"],
            "files": [{"container": "main", "path": "/keys/who", "key": "user"}],
            "isOptional": True,
            "path": "m/api.yaml",
            "line": 13,
            "column": 51,
            "document": 1,
        }
    ]
    (missing,) = document["missing"]
    assert (missing["namespace"], missing["name"], missing["key"]) == ("shop", "registry", "")
    assert missing["user"] == registry["users"][0]


def test_usage_without_anything_missing_is_a_yes(tree: Path) -> None:
    """Items that nobody uses are no fault."""
    write_all(tree, {"m/registry.yaml": manifest("registry", a=blob())})
    assert run("usage", "m").code == 0


def test_usage_warns_of_variables_that_may_not_work(tree: Path) -> None:
    """With what will happen, on standard error and in JSON."""
    pod = "containers: [{name: m, envFrom: [{secretRef: {name: keys}}]}]"
    write_all(tree, {"k.yaml": f"{manifest('keys', **{'1st': blob()})}---\n{workload('Job', pod)}"})
    done = run("usage", "--json", "k.yaml")
    assert done.code == 0
    assert "warning: k.yaml:" in done.err
    assert "item 1st is no variable before Kubernetes 1.34" in done.err
    (doubt,) = json.loads(done.out)["doubts"]
    assert (doubt["key"], doubt["variable"], doubt["user"]["kind"]) == ("1st", "1st", "Job")


def test_usage_unreadable_file_does_not_hide_the_others(tree: Path) -> None:
    """They are told, and the exit code is that of the fault."""
    write_all(tree, {"m/broken.yaml": "kind: SealedSecret\na: [\n"})
    done = run("usage", "m")
    assert done.code == 3
    assert b"shop/db: SealedSecret" in done.out
    assert "error: m/broken.yaml" in done.err


@pytest.mark.parametrize("arguments", [("--live", "m"), ("m", "--context", "x"), ("m", "-n", "x")])
def test_usage_files_and_a_cluster_do_not_mix(tree: Path, arguments: tuple[str, ...]) -> None:
    """Options of one are none of the other."""
    assert tree == Path.cwd()
    assert run("usage", *arguments).code == 2


def test_usage_of_files_leaves_variables_of_other_commands_alone(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has set a namespace for sealing can ask all the same."""
    monkeypatch.setenv("SEALER_NAMESPACE", "other")
    assert b"shop/db" in run("usage", "m/db.yaml").out
    assert tree == Path.cwd()


def test_usage_live_without_kubectl_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing, and a code of its own."""
    monkeypatch.setenv("PATH", "")
    done = run("usage", "--live")
    assert done.code == 5
    assert "kubectl is not installed" in done.err


@pytest.fixture
def namespace(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a namespace of the real API server in which the tree's objects run."""
    cluster.install_crd(CRD)
    name = cluster.new_namespace()
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: registry}\n"
        f"stringData: {{token: {CANARY}}}\n"
    )
    pod = (
        POD.replace("- name: main", "- name: main\n  image: x") + "terminationGracePeriodSeconds: 1"
    )
    deployment = workload("Deployment", pod, namespace=name)
    labels = "  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n"
    deployment = deployment.replace("  template:\n", labels)
    job = workload("CronJob", pod, name="nightly", namespace=name)
    job = job.replace("  jobTemplate", "  schedule: 0 0 * * *\n  jobTemplate")
    job = job.replace(
        "          containers", "          restartPolicy: Never\n          containers"
    )
    sealed = DB.replace("namespace: shop", f"namespace: {name}")
    for text in (sealed, deployment, job, secret):
        cluster.kubectl("apply", "--namespace", name, "--filename", "-", given=text)
    monkeypatch.setenv("PATH", f"{cluster.programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return name


@pytest.mark.cluster
def test_usage_live_tells_what_runs(namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real kubectl and API server, page by page; nothing is missing, `spare` is unused."""
    monkeypatch.setattr(live_module, "PAGE_SIZE", 1)
    done = run("usage", "--live", "-n", namespace, "--json")
    assert (done.code, CANARY in done.out.decode() + done.err) == (0, False)
    secrets = {each["name"]: each for each in json.loads(done.out)["secrets"]}
    assert secrets["db"]["unusedItems"] == ["spare"]
    password = secrets["db"]["items"][0]["users"]
    assert {(user["kind"], user["name"]) for user in password} == {
        ("Deployment", "api"),
        ("CronJob", "nightly"),
    }
    assert secrets["registry"]["sources"][0]["kind"] == "Secret"


@pytest.mark.cluster
def test_usage_live_of_all_namespaces_includes_it(namespace: str) -> None:
    """Without -n, everything that one may see."""
    done = run("usage", "--live", "--context", "")
    assert f"{namespace}/db: SealedSecret" in done.out.decode()


@pytest.mark.cluster
def test_usage_live_has_no_value_sent(namespace: str, cluster: Cluster) -> None:
    """What kubectl asks for is a table: no data of a Secret ever leaves the API server."""
    command = ["get", "secrets", "--no-headers", "--namespace", namespace]
    environment = {"HOME": str(cluster.folder), "PATH": os.environ["PATH"]}
    said = {}
    for verbose in ((), ("--output", "yaml")):
        done = subprocess.run(
            [
                cluster.programs / "kubectl",
                "--kubeconfig",
                cluster.kubeconfig,
                *command,
                "-v=9",
                *list(verbose),
            ],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        said[verbose] = done.stderr
    value = base64.b64encode(CANARY.encode()).decode()
    table, data = said.values()
    assert "as=Table" in table
    assert value in data  # the log shows bodies, so that their absence means something
    assert value not in table


@pytest.mark.cluster
def test_usage_live_of_who_may_not_is_refused(
    namespace: str, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code 5, with what the API server said."""
    config = json.loads(cluster.kubectl("config", "view", "--raw", "--output", "json", "--minify"))
    config["users"][0]["user"] = {"token": cluster.nobody_token}
    write_all(tmp_path, {"nobody": json.dumps(config)})
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nobody"))
    done = run("usage", "--live", "-n", namespace)
    assert done.code == 5
    assert "forbidden" in done.err
