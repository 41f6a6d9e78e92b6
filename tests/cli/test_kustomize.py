"""`sealer kustomize` inside the real kubectl and, as a function, as kustomize calls one."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sealer.documents import read_stream
from sealer.documents.emit import emit_yaml
from sealer.documents.nodes import plain
from sealer.manifest import find_objects
from sealer.sealing.recovery import find_sealed_secrets
from sealer.sealing.unseal import unseal_secret
from sealer_keys.keyring import Keyring
from tests.cluster.fixtures import find_programs
from tests.hooks.repository import PROGRAMS
from tests.support import vectors
from tests.support.program import run, write_all

KEYRING = Keyring([vectors.key_pair("rsa2048")])
GENERATOR = """\
apiVersion: sealer.dev/v1
kind: SealedSecretGenerator
metadata: {name: db}
files: [password.txt, second=sub/two.txt]
envs: [db.env]
variables: [token=TOKEN]
type: example.com/db
options:
  labels: {app: shop}
  annotations: {note: mine}
  immutable: true
"""
TRANSFORMER = """\
apiVersion: sealer.dev/v1
kind: SealedSecretTransformer
metadata: {name: seal}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}  # shop
spec:
  template:
    spec:
      containers:
      - name: a
        envFrom: [{secretRef: {name: db}}]
"""
REFERENCES = """\
nameReference:
- kind: SealedSecret
  fieldSpecs:
  - {path: spec/template/spec/containers/envFrom/secretRef/name, kind: Deployment}
"""
PLUGIN = '#!/bin/sh\nexec sealer kustomize "$@"\n'


@pytest.fixture
def root(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a kustomization's folder, and an environment with the plugin and the certificate."""
    plugins = folder / "plugins"
    for kind in ("SealedSecretGenerator", "SealedSecretTransformer"):
        file = plugins / "sealer.dev" / "v1" / kind.lower() / kind
        write_all(plugins, {str(file.relative_to(plugins)): PLUGIN})
        file.chmod(0o755)
    write_all(
        folder,
        {
            "k/password.txt": "hunter2",
            "k/sub/two.txt": "2",
            "k/db.env": "user=app\nHOST\n",
            "k/generator.yaml": GENERATOR,
            "k/seal.yaml": TRANSFORMER,
            "k/app.yaml": DEPLOYMENT,
            "k/references.yaml": REFERENCES,
            "k/kustomization.yaml": "namespace: shop\ngenerators: [generator.yaml]\n",
        },
    )
    for name, value in {
        "KUSTOMIZE_PLUGIN_HOME": str(plugins),
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "SEALER_CERT": str(folder / "rsa2048.crt.pem"),
        "XDG_STATE_HOME": str(folder / "state"),
        "TOKEN": "t0p",
        "HOST": "db.example.com",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder / "k")
    return folder / "k"


def build(*options: str) -> "subprocess.CompletedProcess[bytes]":
    """Run `kubectl kustomize` in the current folder."""
    command = [
        str(find_programs() / "kubectl"),
        "kustomize",
        "--enable-alpha-plugins",
        *options,
        ".",
    ]
    return subprocess.run(command, capture_output=True, check=False)


def built(*options: str) -> bytes:
    """Return what a build prints."""
    done = build(*options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def opened(data: bytes) -> dict[str, dict[str, bytes]]:
    """Return the items of every SealedSecret by the object's name."""
    secrets = [unseal_secret(each.sealed, KEYRING).secret for each in find_sealed_secrets(data)[1]]
    return {
        f"{secret.namespace}/{secret.name}": {k: v.reveal() for k, v in secret.data.items()}
        for secret in secrets
    }


def manifests(data: bytes) -> dict[str, Any]:
    """Return the objects of a stream by kind."""
    found = [each for document in read_stream(data).documents for each in find_objects(document)]
    return {each.kind: plain(each.node) for each in found}


def test_generator_in_kubectl_makes_a_sealed_secret(root: Path) -> None:
    """From files, an env file and variables, for the namespace of the kustomization."""
    assert root == Path.cwd()
    data = built()
    assert opened(data) == {
        "shop/db": {
            "password.txt": b"hunter2",
            "second": b"2",
            "user": b"app",
            "HOST": b"db.example.com",
            "token": b"t0p",
        }
    }
    template = manifests(data)["SealedSecret"]["spec"]["template"]
    assert template["type"] == "example.com/db"
    assert template["immutable"] is True
    assert template["metadata"]["labels"] == {"app": "shop"}
    assert template["metadata"]["annotations"] == {"note": "mine"}
    for value in (b"hunter2", b"t0p"):
        assert value not in data


def test_generator_keeps_what_an_earlier_build_holds(root: Path) -> None:
    """Only the changed value is sealed anew."""
    write_all(root, {"generator.yaml": GENERATOR + "argsOneLiner: --earlier ../out.yaml\n"})
    first = built("-o", "../out.yaml")
    assert first == b""
    before = (root.parent / "out.yaml").read_bytes()
    assert built() == before
    (root / "password.txt").write_text("other")
    after = manifests(built())["SealedSecret"]["spec"]["encryptedData"]
    items = manifests(before)["SealedSecret"]["spec"]["encryptedData"]
    assert {key for key, text in after.items() if items[key] != text} == {"password.txt"}


def test_generator_adds_a_hash_when_asked(root: Path) -> None:
    """Random, stable while nothing changes; references follow where kustomize knows them."""
    generator = GENERATOR + "  disableNameSuffixHash: false\nargsOneLiner: --earlier ../out.yaml\n"
    kustomization = (
        "namespace: shop\ngenerators: [generator.yaml]\nresources: [app.yaml]\n"
        "configurations: [references.yaml]\n"
    )
    write_all(root, {"generator.yaml": generator, "kustomization.yaml": kustomization})
    built("-o", "../out.yaml")
    before = (root.parent / "out.yaml").read_bytes()
    (name,) = opened(before)
    assert name.startswith("shop/db-")
    assert len(name) == len("shop/db-") + 10
    container = manifests(before)["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    assert f"shop/{container['envFrom'][0]['secretRef']['name']}" == name
    assert built() == before
    (root / "password.txt").write_text("other")
    assert set(opened(built())) != {name}
    assert b"previous" not in before


def test_generator_refuses_what_kustomize_would_rename_afterwards(root: Path) -> None:
    """A value that was sealed for another name does not open."""
    for lines, scope in {
        "namePrefix: a-\n": "strict",
        "nameSuffix: -a\n": "strict",
        "namespace: other\n": "namespace-wide",
    }.items():
        generator = f"{GENERATOR.replace('name: db', 'name: db, namespace: shop')}scope: {scope}\n"
        text = lines + "generators: [generator.yaml]\n"
        write_all(root, {"generator.yaml": generator, "kustomization.yaml": text})
        done = build()
        assert done.returncode != 0
        assert b"the value would not open" in done.stderr
        write_all(root, {"generator.yaml": f"{GENERATOR}scope: cluster-wide\n"})
        assert len(opened(built())) == 1


def test_transformer_in_kubectl_seals_for_the_final_name(root: Path) -> None:
    """Secrets of kustomize's own generator, after prefix and namespace; the rest stays."""
    kustomization = """\
namespace: shop
namePrefix: my-
resources: [app.yaml]
secretGenerator: [{name: db, files: [password.txt], literals: [a=b]}]
transformers: [seal.yaml]
configurations: [references.yaml]
"""
    write_all(root, {"kustomization.yaml": kustomization})
    data = built()
    assert opened(data) == {"shop/my-db": {"password.txt": b"hunter2", "a": b"b"}}
    found = manifests(data)
    assert set(found) == {"Deployment", "SealedSecret"}
    container = found["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    assert container["envFrom"] == [{"secretRef": {"name": "my-db"}}]
    assert b"internal.config" not in data
    assert b"kustomize.config" not in data
    assert b"hunter2" not in data


def test_transformer_without_a_secret_changes_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And needs no certificate."""
    text = "resources: [app.yaml]\n"
    write_all(root, {"kustomization.yaml": text})
    plain_build = built()
    write_all(root, {"kustomization.yaml": text + "transformers: [seal.yaml]\n"})
    monkeypatch.setenv("SEALER_CERT", "missing.pem")
    assert built() == plain_build


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("files: [password.txt", "files: [../secret.yaml"), "outside of the kustomization"),
        (("files: [password.txt", "files: [/etc/passwd"), "outside of the kustomization"),
        (("files: [password.txt", "files: [link"), "outside of the kustomization"),
        (("files: [password.txt", "files: [missing"), "missing: cannot be read"),
        (("envs: [db.env", "envs: [../secret.yaml"), "outside of the kustomization"),
        (("token=TOKEN", "token=NOT_SET"), "the variable for token is not set"),
        (("token=TOKEN", "t0p"), "variables takes KEY=VARIABLE"),
        (("variables", "literals"), "literals would be values that anyone can read"),
        (("second=", "token="), "another key by that name already exists"),
        (("type: ", "kinds: "), "a SealedSecretGenerator has no field kinds"),
        (("labels: ", "label: "), "there is no option label"),
        (("immutable: true", "immutable: 1"), "options.immutable must be true or false"),
        (("files: [password.txt, second=sub/two.txt]", "files: x"), "files must be a list"),
        (("name: db", "name: D_B"), "'D_B' is no object name"),
        (("type: example.com/db", "scope: wide"), "must be one of: strict"),
        (("type: example.com/db", "behavior: x"), "behavior is one of create, replace, merge"),
        (("example.com/db", "kubernetes.io/tls"), "data[tls.crt]: Required value"),
        (("SealedSecretGenerator", "SealedSecret"), "is no SealedSecretGenerator and no"),
    ],
)
def test_function_tells_what_is_wrong_in_results(
    root: Path, change: tuple[str, str], words: str
) -> None:
    """On standard output for kustomize, on standard error for people; nothing else comes back."""
    (root / "link").symlink_to("../secret.yaml")
    done = call(GENERATOR.replace(*change))
    assert done.code == 3, done.err
    assert words in done.err
    (answer,) = manifests_of_list(done.out)
    assert answer["items"] == []
    assert any(
        words in f"{r.get('file', {}).get('path')}: {r['message']}" for r in answer["results"]
    )
    assert {result["severity"] for result in answer["results"]} == {"error"}
    assert "t0p" not in done.err.replace("change", "")


def test_function_returns_a_resource_list(root: Path) -> None:
    """As a generator with its object, as a transformer with the others as they came."""
    assert root == Path.cwd()
    done = call(GENERATOR)
    (answer,) = manifests_of_list(done.out)
    assert (done.code, answer["kind"], len(answer["items"])) == (0, "ResourceList", 1)
    assert answer["items"][0]["metadata"]["namespace"] == "shop"
    config = plain_of(TRANSFORMER)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b"}}
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    items = [config_map, secret | {"stringData": {"x": "hunter2"}}, config_map]
    done = call(config, items)
    (answer,) = manifests_of_list(done.out)
    assert [item["kind"] for item in answer["items"]] == ["ConfigMap", "SealedSecret", "ConfigMap"]
    assert b"hunter2" not in done.out


@pytest.mark.parametrize("text", ["", "a: b", "kind: ResourceList", "a: [", "--- a\n--- b\n"])
def test_function_without_a_resource_list_says_so(root: Path, text: str) -> None:
    """Somebody tried it by hand."""
    assert root == Path.cwd()
    assert run("kustomize", stdin=text.encode()).code == 3
    assert run("kustomize", terminals="in").code == 2
    write_all(root, {"broken.yaml": text})
    assert run("kustomize", "broken.yaml").code == 3


def test_earlier_build_that_the_shell_emptied_is_refused(root: Path) -> None:
    """`>` empties its target before the build begins."""
    write_all(root, {"out.yaml": ""})
    done = run("kustomize", "generator.yaml", "--earlier", "out.yaml")
    assert (done.code, "write with -o" in done.err) == (3, True)


def call(config: Any, items: Any = ()) -> Any:  # noqa: ANN401 - JSON values
    """Call the function as kustomize does: it passes the configuration on, whatever it is."""
    config = plain_of(config) if isinstance(config, str) else config
    request = {
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "items": list(items),
        "functionConfig": config,
    }
    return run("kustomize", stdin=emit_yaml(request).encode())


def plain_of(text: str) -> Any:  # noqa: ANN401 - JSON values
    """Return the one document of a text."""
    (document,) = read_stream(text.encode()).documents
    assert document.root is not None
    return plain(document.root)


def manifests_of_list(data: bytes) -> list[Any]:
    """Return the documents that a function wrote."""
    return [plain_of(data.decode())]
