"""`examples/gitops-repo`: its README, its workflow and its overlays, in a real clone."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.version import Version

from sealer import __version__
from tests.cluster.fixtures import find_programs
from tests.cluster.server import Cluster
from tests.operations.site import environment, lost, opened, write_kubeconfig
from tests.support.console import BIN, Shell, check, sections

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "gitops-repo"
WORKFLOW = Path(".github") / "workflows" / "secrets.yaml"
CLUSTERS = ("production", "staging")
OFFLINE = ("Set up a clone", "Change a value", "Add a Secret", "What a merge request goes through")
READABLE = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: shop}\nstringData: {a: bcd}\n"
)
Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a clone of the example, sealed for keys of its own."""
    home = tmp_path_factory.mktemp("prepared")
    clone = home / "clone"
    shutil.copytree(EXAMPLE, clone)
    environ = _environ(home)
    for cluster in CLUSTERS:
        _run(f"sealer keys generate -q --bits 2048 -w ../{cluster}.key", clone, environ)
        fingerprint = _run(f"sealer cert show ../{cluster}.crt --json", clone, environ)
        pins = (clone / ".sealer.yaml").read_text()
        old = yaml.safe_load(pins)["clusters"][cluster]["fingerprint"]
        new = json.loads(fingerprint)["fingerprint"]
        (clone / ".sealer.yaml").write_text(pins.replace(old, new))
        shutil.copy(home / f"{cluster}.crt", clone / "keys" / "public" / f"{cluster}.pem")
        for item in ("db.yaml password", "api.yaml token", "registry.yaml .dockerconfigjson"):
            _run(f"printf '{{}}' | sealer set -q clusters/{cluster}/{item}", clone, environ)
    _begin(clone, environ)
    return home


@pytest.fixture
def clone(tmp_path: Path, prepared: Path) -> Path:
    """Return a clone of its own for a test, with the keys beside it."""
    home = tmp_path / "home"
    shutil.copytree(prepared, home)
    return home / "clone"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return the variables of somebody who has nothing but the programs."""
    return _environ(tmp_path / "home")


def _environ(home: Path) -> dict[str, str]:
    more = {"PASSWORD": "correct horse", "XDG_STATE_HOME": str(home)}
    return environment(home, find_programs()) | more


def _begin(clone: Path, environ: Mapping[str, str]) -> None:
    _run("git init -q -b main && git add . && git commit -q -m Begin", clone, environ)


def _run(command: str, folder: Path, environ: Mapping[str, str], code: int = 0) -> str:
    """Run a line of shell as the workflow's shell does; return what it prints."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env={**environ, "PATH": f"{BIN}{os.pathsep}{environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def _steps() -> list[tuple[str, str]]:
    """Return name and script of each step of the workflow that runs one."""
    (job,) = yaml.safe_load((EXAMPLE / WORKFLOW).read_text())["jobs"].values()
    return [(step["name"], step["run"]) for step in job["steps"] if "run" in step]


CHECKS = [name for name, _ in _steps() if name != "Install sealer"]


def _failing(clone: Path, environ: Mapping[str, str], base: str = "main") -> list[str]:
    """Run the checks of the workflow against a base; return the names of those that refuse."""
    failing = []
    for name, script in _steps():
        if name not in CHECKS:
            continue
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=clone,
            env={**environ, "PATH": f"{BIN}{os.pathsep}{environ['PATH']}", "BASE": base},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            failing.append(name)
    return failing


def _commit(clone: Path, environ: Mapping[str, str]) -> None:
    _run("git switch -q -c change && git add -A && git commit -q --no-verify -m x", clone, environ)


def test_readme_does_what_it_shows(clone: Path, environ: dict[str, str]) -> None:
    """Every command of it that needs no cluster, in order; then the workflow has nothing to say."""
    shell = Shell(clone, environ)
    shown = sections(clone / "README.md")
    for section in OFFLINE:
        assert shown[section]
        for example in shown[section]:
            check(example, shell.run(example.command))
    assert _failing(clone, environ) == []
    for cluster, other in (CLUSTERS, CLUSTERS[::-1]):
        opens = f"sealer verify clusters/{cluster}/mail.yaml -q --keys ../"
        _run(opens + f"{cluster}.key", clone, environ)
        _run(opens + f"{other}.key", clone, environ, code=1)
    _run("git switch -q new-password", clone, environ)
    made = _run("sealer unseal -q clusters/staging/db.yaml --keys ../staging.key", clone, environ)
    assert "correct horse" not in made  # base64
    assert "Y29ycmVjdCBob3JzZQ==" in made


def test_readme_names_the_steps_of_the_workflow() -> None:
    """Each check of the one is a row of the other, in the same order."""
    page = (EXAMPLE / "README.md").read_text()
    rows = re.findall(r"^\| `(.+?)` \|", page, re.MULTILINE)
    assert len(rows) == len(CHECKS)
    scripts = [" ".join(script.split()) for name, script in _steps() if name in CHECKS]
    for row, script in zip(rows, scripts, strict=True):
        words = row.replace("\\|", "|").split(" … ")
        assert all(word in script for word in words), row


def test_example_as_it_stands_passes_its_own_checks(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    """Its certificates are pinned and valid, and each value is sealed with its own one."""
    clone = tmp_path / "home" / "as-it-stands"
    shutil.copytree(EXAMPLE, clone)
    _begin(clone, environ)
    assert _failing(clone, environ) == []
    found = json.loads(_run("sealer inspect --json clusters/", clone, environ))["objects"]
    assert len(found) == 3 * len(CLUSTERS)
    assert all(item["isNewest"] for each in found for item in each["items"])


def _readable(clone: Path) -> None:
    (clone / "base" / "x.yaml").write_text(READABLE)


def _swapped(clone: Path) -> None:
    shutil.copy(clone.parent / "staging.crt", clone / "keys" / "public" / "production.pem")


def _cut(clone: Path) -> None:
    file = clone / "clusters" / "staging" / "api.yaml"
    file.write_text(re.sub(r"(token: A\S{40})\S+", r"\1", file.read_text()))


def _for_the_other(clone: Path) -> None:
    clusters = clone / "clusters"
    shutil.copy(clusters / "production" / "api.yaml", clusters / "staging" / "api.yaml")


def _for_one_in_the_base(clone: Path) -> None:
    for cluster in CLUSTERS:
        file = clone / "clusters" / cluster / "kustomization.yaml"
        file.write_text(file.read_text().replace(" api.yaml,", ""))
    (clone / "clusters" / "staging" / "api.yaml").rename(clone / "base" / "api.yaml")
    file = clone / "base" / "kustomization.yaml"
    file.write_text(file.read_text().replace("shop.yaml", "shop.yaml, api.yaml"))


def _renamed(clone: Path) -> None:
    file = clone / "base" / "shop.yaml"
    file.write_text(file.read_text().replace("key: url", "key: address"))


def _unbuildable(clone: Path) -> None:
    (clone / "base" / "shop.yaml").unlink()


@pytest.mark.parametrize(
    ("change", "refusing"),
    [
        (_readable, {0, 1}),
        (_swapped, {0, 2}),
        (_cut, {0, 3, 4}),
        (_for_the_other, {4}),
        (_for_one_in_the_base, {4}),
        (_renamed, {4}),
        (_unbuildable, {4}),
    ],
)
def test_workflow_refuses_a_change_that_is_not_right(
    clone: Path, environ: dict[str, str], change: Change, refusing: set[int]
) -> None:
    """Each of its checks has something that it refuses, and says so by failing."""
    change(clone)
    _commit(clone, environ)
    assert _failing(clone, environ) == [CHECKS[number] for number in sorted(refusing)]


@pytest.mark.parametrize("change", [_renamed, _unbuildable])
def test_loop_of_the_readme_fails_where_an_overlay_does(
    clone: Path, environ: dict[str, str], change: Change
) -> None:
    """So that it can be copied into a script: the first cluster's failure is that of the whole."""
    (loop,) = sections(clone / "README.md")["What a merge request goes through"]
    change(clone)
    assert Shell(clone, environ).run(loop.command).returncode == 1


def test_workflow_refuses_what_a_later_commit_takes_away(
    clone: Path, environ: dict[str, str]
) -> None:
    """The history keeps it all the same."""
    _readable(clone)
    _commit(clone, environ)
    _run("git rm -q base/x.yaml && git commit -q -m y", clone, environ)
    assert _failing(clone, environ) == CHECKS[:1]


def test_workflow_is_valid_and_as_locked_down_as_it_says() -> None:
    """By the schema; actions by commit, no right to write, no secret, no credentials kept."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    subprocess.run([*command, "vendor.github-workflows", EXAMPLE / WORKFLOW], check=True)
    text = (EXAMPLE / WORKFLOW).read_text()
    assert "secrets." not in text
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    used = [step for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]) for step in used)
    assert used[0]["with"] == {"fetch-depth": 0, "persist-credentials": False}
    (installed,) = re.findall(r"pip install 'sealer @ git\+https://\S+@v(\S+)'", text)
    assert Version(installed) == Version(__version__)


def test_hook_configuration_names_hooks_that_exist() -> None:
    """By their ids, at this version."""
    (repository,) = yaml.safe_load((EXAMPLE / ".pre-commit-config.yaml").read_text())["repos"]
    offered = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for hook in repository["hooks"]} <= offered
    assert repository["rev"] == f"v{__version__}"


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_overlay_gives_every_consumer_what_it_names(
    cluster: str, clone: Path, environ: dict[str, str]
) -> None:
    """The Secrets and items that the Deployment reads are those that the overlay makes."""
    built = _run(f"kubectl kustomize clusters/{cluster}", clone, environ)
    objects = list(yaml.safe_load_all(built))
    assert "Secret" not in [each["kind"] for each in objects]
    assert all(each["metadata"].get("namespace", "shop") == "shop" for each in objects)
    made = {
        (each["metadata"]["name"], key)
        for each in objects
        if each["kind"] == "SealedSecret"
        for key in (*each["spec"]["encryptedData"], *each["spec"]["template"].get("data", ()))
    }
    (deployment,) = [each for each in objects if each["kind"] == "Deployment"]
    read = set(_read(deployment))
    assert {secret for secret, _ in read} == {"api", "db", "registry"}
    assert read <= made


@pytest.mark.cluster
def test_readme_makes_it_ones_own_on_two_clusters(tmp_path: Path) -> None:
    """Each opens what was sealed with its certificate, and nothing that was for the other."""
    with opened(find_programs(), tmp_path) as staging, lost(staging) as production:
        home = staging.folder.parent
        clusters = {"staging": staging.cluster, "production": production.cluster}
        write_kubeconfig(home / ".kube" / "config", **clusters)
        clone = home / "clone"
        shutil.copytree(EXAMPLE, clone)
        (home / "config.json").write_text('{"auths":{"registry.example.com":{"auth":"YTpi"}}}')
        environ = environment(home, staging.cluster.programs)
        _begin(clone, environ)
        for cluster in clusters.values():
            _install(cluster)
        shell = Shell(clone, environ)
        for example in sections(clone / "README.md")["Make it yours"]:
            check(example, shell.run(example.command))
        for name, cluster in clusters.items():
            url = _item(cluster, "db", "url")
            assert url.endswith(f"{_item(cluster, 'db', 'password')}@db.{name}.example.com/shop")
            _assert_consumers_are_served(cluster)
        _assert_stays_closed(production.cluster, clone / "clusters" / "staging" / "db.yaml")


def _install(cluster: Cluster) -> None:
    cluster.kubectl("apply", "--server-side", "-k", ROOT / "deploy")
    cluster.kubectl(
        *("wait", "deployment/sealed-secrets-controller", "-n", "kube-system"),
        *("--for=condition=Available", "--timeout=60s"),
    )


def _item(cluster: Cluster, secret: str, key: str) -> str:
    """Return an item of a Secret of the shop."""
    found = cluster.get("secret", secret, "shop")
    assert found is not None
    return base64.b64decode(found["data"][key]).decode()


def _assert_consumers_are_served(cluster: Cluster) -> None:
    """Every Secret and item that the Deployment in the cluster names is there."""
    shop = cluster.get("deployment", "shop", "shop")
    assert shop is not None
    for secret, key in _read(shop):
        assert _item(cluster, secret, key)


def _read(deployment: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and key of each item of a Secret that a Deployment reads."""
    pod = deployment["spec"]["template"]["spec"]
    for container in pod["containers"]:
        for variable in container.get("env", ()):
            named = variable["valueFrom"]["secretKeyRef"]
            yield named["name"], named["key"]
    for volume in pod["volumes"]:
        for item in volume["secret"]["items"]:
            yield volume["secret"]["secretName"], item["key"]
    for each in pod["imagePullSecrets"]:
        yield each["name"], ".dockerconfigjson"


def _assert_stays_closed(cluster: Cluster, sealed: Path) -> None:
    """The object of another cluster does not open here, in a namespace of the same name."""
    cluster.kubectl("delete", "sealedsecret", "db", "-n", "shop")
    cluster.kubectl("apply", "-f", sealed)
    cluster.kubectl(
        *("wait", "sealedsecret/db", "-n", "shop", "--timeout=60s"),
        "--for=jsonpath={.status.conditions[?(@.type=='Synced')].reason}=NoMatchingKey",
    )
