"""The clients reach the controller through the service proxy of a real API server.

As in a cluster: the API server authorises, and only whoever is bound to `sealed-secrets-operator`
may send anything. Here the controller runs beside the API server, which finds it at an address of
this machine; there is no other one that it agrees to forward to.
"""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from sealer.documents.emit import emit_yaml
from sealer.envelope import open_value
from sealer.keysecret import key_secret
from sealer.manifest import SealedSecret, Secret, Template
from sealer.sealing import seal_secret
from sealer.sealing.recovery import find_sealed_secrets
from sealer.sensitive import SecretBytes
from sealer_controller.objects import Key
from sealer_keys.generate import KeyOptions, generate_key_pair
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.cluster.server import Cluster
from tests.cluster.service import address_of_this_machine, kubeconfig, routed
from tests.controller import process
from tests.deploy.manifests import NAME
from tests.support import vectors
from tests.support.program import Done, run

pytestmark = pytest.mark.cluster
SYSTEM = "kube-system"
OPERATOR = "sealed-secrets-operator"
OLD = vectors.key_pair("rsa2048")
VALUE = b"correct horse"
TEMPLATE = Template(data={"url": "https://{{ .password }}@x"}, labels={"a": "b"})


@dataclass(frozen=True)
class Site:
    """A controller behind an API server.

    Attributes:
        cluster: The API server.
        new: The newest of its two keys; the other is `OLD`.
        operator: The kubeconfig of somebody who is bound to the Role.
        nobody: The kubeconfig of somebody who can log in.
    """

    cluster: Cluster
    new: KeyPair
    operator: Path
    nobody: Path


@pytest.fixture(scope="module")
def site(deployed: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run the controller as the only endpoint of the chart's Service."""
    cluster = deployed
    host = address_of_this_machine()
    folder = tmp_path_factory.mktemp("site")
    new = generate_key_pair(datetime.now(UTC), KeyOptions(bits=2048))
    for name, pair in (("proxy-old", OLD), ("proxy-new", new)):
        cluster.apply(key_secret(pair, namespace=SYSTEM, name=name).to_object())
    account = cluster.service_account_folder(NAME, SYSTEM, folder / "account")
    with process.started(
        *("--server", cluster.url, "--token-file", account / "token"),
        *("--ca-file", account / "ca.crt", "--listen-addr", f"{host}:0"),
        *("--listen-metrics-addr", "", "--key-renew-period", "0"),
        environ={"POD_NAMESPACE": SYSTEM},
    ) as running:
        port = int(running.until("listening")["address"].rpartition(":")[2])
        running.until("listed")
        with routed(cluster, Key(SYSTEM, NAME), host, port):
            yield Site(
                cluster,
                new,
                kubeconfig(cluster, folder / "operator", operator_token(cluster)),
                kubeconfig(cluster, folder / "nobody", cluster.nobody_token),
            )
        assert running.stop() == 0
    for name in ("proxy-old", "proxy-new"):
        cluster.kubectl("delete", "secret", name, "-n", SYSTEM)


@pytest.fixture(autouse=True)
def folder(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to work in, as somebody who is bound to the Role."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{site.cluster.programs}:/usr/bin:/bin")
    monkeypatch.setenv("KUBECONFIG", str(site.operator))
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path


def test_everybody_fetches_the_newest_certificate(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sealer kubeseal --fetch-cert`, with no right but to log in (conformance 57)."""
    monkeypatch.setenv("KUBECONFIG", str(site.nobody))
    done = run("kubeseal", "--fetch-cert")
    assert (done.code, done.err) == (0, "")
    assert site.new.certificate is not None
    assert done.out == site.new.certificate.pem


@pytest.mark.parametrize("path", ["v1/verify", "v1/rotate"])
def test_right_to_get_is_no_right_to_send(site: Site, path: str) -> None:
    """A GET with that right reaches the controller, and there it is no method of these paths."""
    proxy = f"/api/v1/namespaces/{SYSTEM}/services/http:{NAME}:/proxy/{path}"
    with pytest.raises(AssertionError, match="MethodNotAllowed"):
        site.cluster.kubectl("get", "--raw", proxy, kubeconfig=site.nobody)
    with pytest.raises(AssertionError, match=f'cannot create resource "services/proxy".*{SYSTEM}'):
        site.cluster.kubectl("create", "--raw", proxy, "-f", "-", kubeconfig=site.nobody)


@pytest.mark.parametrize("command", ["verify", "reseal"])
def test_without_the_role_the_program_names_it(
    folder: Path, site: Site, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Whoever may not ask is told whom to ask for the right."""
    put(folder, "db")
    monkeypatch.setenv("KUBECONFIG", str(site.nobody))
    done = run(command, "db.yaml")
    assert done.code == 5
    assert OPERATOR in done.err


def test_verify_tells_what_opens_from_what_does_not(folder: Path) -> None:
    """0 for a good object, 1 for a renamed copy of it; its template is not looked at."""
    good = put(folder, "db", template=Template(data={"t": "{{ fail .password }}"}))
    assert told(run("verify", "db.yaml")) == (0, "")
    (folder / "copy.yaml").write_text(good.read_text().replace("name: db\n", "name: other\n"))
    assert run("verify", "copy.yaml").code == 1


def test_limit_is_told_through_the_proxy_and_waited_out(folder: Path, site: Site) -> None:
    """The API server hands on what the limit says, and `sealer verify` comes again in time."""
    body = put(folder, "db").read_bytes()
    answers = [post(site, "v1/verify", body) for _ in range(8)]
    refused = [headers for code, headers in answers if code == 429]
    assert {code for code, _ in answers} == {200, 429}
    assert all(int(headers["Retry-After"]) >= 1 for headers in refused)
    assert {headers["X-RateLimit-Limit"] for _, headers in answers} == {"3"}
    assert told(run("verify", "db.yaml")) == (0, "")


def test_request_above_the_limit_is_refused_through_the_proxy(site: Site) -> None:
    """It comes back as what it is, and not as a connection that broke."""
    for _ in range(5):  # an answer that comes too early breaks some of them
        assert post(site, "v1/rotate", b"x" * (2 * 1024 * 1024 + 1))[0] == 413
    assert post(site, "v1/rotate", b"x" * 2 * 1024 * 1024)[0] == 400


def test_reseal_moves_to_the_newest_key_and_changes_nothing_else(folder: Path, site: Site) -> None:
    """Comments and templates stay; done again, not a byte changes."""
    file = put(folder, "db")
    before = file.read_text()
    assert run("reseal", "db.yaml").code == 0
    assert values(file.read_bytes(), site.new) == {"password": VALUE, "user": b"bob"}
    after = file.read_text()
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    changed = [old.split(":")[0].strip() for old, new in pairs if old != new]
    assert changed == ["password", "user"]
    assert run("reseal", "db.yaml").code == 0
    assert file.read_text() == after


def test_validate_tells_what_opens_from_what_does_not(folder: Path) -> None:
    """In the original's words (conformance 64)."""
    text = put(folder, "db").read_bytes()
    assert told(run("kubeseal", "--validate", stdin=text)) == (0, "")
    done = run("kubeseal", "--validate", stdin=text.replace(b"name: db\n", b"name: other\n"))
    assert done.code == 1
    assert "unable to decrypt sealed secret: other" in done.err


def test_re_encrypt_gives_the_object_under_the_newest_key(folder: Path, site: Site) -> None:
    """Same values, same template, which the original would have rendered away (65, 66)."""
    before = put(folder, "db").read_bytes()
    done = run("kubeseal", "--re-encrypt", "-o", "yaml", stdin=before)
    assert (done.code, done.err) == (0, "")
    assert values(done.out, site.new) == {"password": VALUE, "user": b"bob"}
    (after,), (sent,) = objects(done.out), objects(before)
    assert after.template == sent.template
    assert after.identity == sent.identity


def post(site: Site, path: str, body: bytes) -> tuple[int, Message]:
    """Send something through the service proxy, as the operator; return code and headers."""
    user = json.loads(site.operator.read_text())["users"][0]["user"]
    request = urllib.request.Request(  # noqa: S310 - the cluster's own https address
        f"{site.cluster.url}/api/v1/namespaces/{SYSTEM}/services/http:{NAME}:/proxy/{path}",
        data=body,
        headers={"Authorization": f"Bearer {user['token']}"},
    )
    context = ssl.create_default_context(cafile=site.cluster.ca_file)
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:  # noqa: S310 - as above
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers


def operator_token(cluster: Cluster) -> str:
    """Return the token of somebody whom the installer has bound to the Role."""
    namespace = cluster.new_namespace("operator")
    cluster.kubectl("create", "serviceaccount", "ci", "-n", namespace)
    account = f"--serviceaccount={namespace}:ci"
    cluster.kubectl("create", "rolebinding", namespace, f"--role={OPERATOR}", account, "-n", SYSTEM)
    return cluster.token("ci", namespace)


def put(folder: Path, name: str, template: Template = TEMPLATE) -> Path:
    """Write an object that is sealed with the older key; return the file."""
    items = {"password": SecretBytes(VALUE), "user": SecretBytes(b"bob")}
    assert OLD.certificate is not None
    sealed = seal_secret(Secret("shop", name, items), OLD.certificate).sealed_secret
    manifest: dict[str, Any] = sealed.to_object()
    manifest["spec"]["template"] |= {"data": dict(template.data)}
    manifest["metadata"]["labels"] = dict(template.labels)
    file = folder / f"{name}.yaml"
    file.write_text(f"# kept\n{emit_yaml(manifest)}")
    return file


def objects(data: bytes) -> list[SealedSecret]:
    """Return the SealedSecrets of a file."""
    return [each.sealed for each in find_sealed_secrets(data)[1]]


def values(data: bytes, key: KeyPair) -> dict[str, bytes]:
    """Return what the items of the one object of a file open to with one key."""
    (sealed,) = objects(data)
    keyring = Keyring([key])
    return {
        item: open_value(text, keyring, sealed.identity).plaintext.reveal()
        for item, text in sealed.encrypted_data.items()
    }


def told(done: Done) -> tuple[int, str]:
    """Return the exit code, and what was complained of."""
    return done.code, done.err if done.code else ""
