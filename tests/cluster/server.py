"""A real API server for the tests: etcd and kube-apiserver on free loopback ports.

    with running(programs, folder) as cluster:
        cluster.kubectl("apply", "-f", "deploy/crd.yaml")
        token = cluster.token("sealed-secrets-controller", "kube-system")

Nothing else of a cluster runs: no scheduler, no nodes, and no garbage collection but in the block
of `collecting_garbage`. Everything that the programs write, logs included, is in the folder; they
are stopped when the block is left.
"""

import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.cluster.daemon import Daemon

__all__ = [
    "Cluster",
    "ClusterStartError",
    "collecting_garbage",
    "free_ports",
    "managing",
    "running",
]

_START_SECONDS = 60.0
_ATTEMPTS = 3
_ADMIN, _NOBODY = "admin", "dev"
# Which ServiceAccount wrote what, and when; of Leases what was written too, since that tells who
# leads. Administrators write much, and nobody asks.
_WRITES = ["create", "update", "patch", "delete", "deletecollection"]
_ACCOUNTS = ["system:serviceaccounts"]
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {
            "level": "Request",
            "userGroups": _ACCOUNTS,
            "verbs": _WRITES,
            "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}],
        },
        {"level": "Metadata", "userGroups": _ACCOUNTS, "verbs": _WRITES},
        {"level": "None"},
    ],
}


class ClusterStartError(Exception):
    """The programs did not come up; the message ends with what they said last."""


@dataclass(frozen=True)
class Cluster:
    """A running API server.

    Attributes:
        url: `https://127.0.0.1:PORT`.
        etcd_url: `http://127.0.0.1:PORT` of its etcd.
        ca_file: Vouches for the server.
        admin_token: A token that may do everything.
        nobody_token: A token of user `dev`, who may do nothing.
        folder: Logs, certificates, configuration.
        programs: The folder of the programs.
        daemons: What runs, by the program's name.
    """

    url: str
    etcd_url: str
    ca_file: Path
    folder: Path
    programs: Path
    admin_token: str = field(repr=False)
    nobody_token: str = field(repr=False)
    daemons: dict[str, Daemon] = field(default_factory=dict, repr=False)

    @property
    def token_file(self) -> Path:
        """The administrator's token in a file, as the client wants it."""
        return self.folder / "admin.token"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "admin.kubeconfig"

    @property
    def audit_log(self) -> Path:
        """The server's audit of what ServiceAccounts write: a line of JSON when each is done."""
        return self.folder / "audit.jsonl"

    @property
    def environ(self) -> dict[str, str]:
        """What Kubernetes puts into the environment of a Pod."""
        host, _, port = self.url.removeprefix("https://").partition(":")
        return {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}

    def kubectl(
        self, *arguments: str | Path, given: str = "", kubeconfig: Path | None = None
    ) -> str:
        """Run kubectl with these arguments and text on standard input; return what it prints.

        Raises:
            AssertionError: It failed; the message holds its words.
        """
        config = ("--kubeconfig", kubeconfig or self.kubeconfig)
        return self._run("kubectl", *config, *arguments, given=given)

    def helm(self, *arguments: str | Path, given: str = "") -> str:
        """Run helm as kubectl is run."""
        return self._run("helm", "--kubeconfig", self.kubeconfig, *arguments, given=given)

    def _run(self, program: str, *arguments: str | Path, given: str) -> str:
        done = subprocess.run(
            [self.programs / program, *arguments],
            input=given,
            capture_output=True,
            text=True,
            env={"HOME": str(self.folder), "PATH": os.environ["PATH"]},
            check=False,
            timeout=120,
        )
        if done.returncode:
            words = " ".join(map(str, arguments[2:]))
            raise AssertionError(f"{program} {words}: {done.stderr}")
        return done.stdout

    def apply(self, *manifests: Mapping[str, object]) -> None:
        """Apply objects as an administrator."""
        for manifest in manifests:
            self.kubectl("apply", "--server-side", "-f", "-", given=json.dumps(manifest))

    def get(self, kind: str, name: str, namespace: str) -> dict[str, Any] | None:
        """Return an object, or None."""
        found = self.kubectl(
            *("get", kind, name, "-n", namespace, "-o", "json", "--ignore-not-found")
        )
        return json.loads(found) if found else None

    def token(self, service_account: str, namespace: str) -> str:
        """Return a fresh token of a ServiceAccount, with only the rights that it has."""
        return self.kubectl("create", "token", service_account, "--namespace", namespace).strip()

    def service_account_folder(self, service_account: str, namespace: str, folder: Path) -> Path:
        """Fill a folder with what a Pod finds under /var/run/secrets; return the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "token").write_text(self.token(service_account, namespace))
        (folder / "namespace").write_text(namespace)
        shutil.copyfile(self.ca_file, folder / "ca.crt")
        return folder

    def new_namespace(self, prefix: str = "test") -> str:
        """Create a namespace that no other test uses; return its name."""
        name = f"{prefix}-{secrets.token_hex(4)}"
        self.kubectl("create", "namespace", name)
        return name

    def install_crd(self, path: Path) -> None:
        """Apply a CustomResourceDefinition and wait until it is served."""
        self.kubectl("apply", "--server-side", "-f", path)
        self.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", path)

    def compact(self) -> None:
        """Make etcd forget its history, as it does by itself every few minutes."""
        found = self._etcd("range", {"key": "Lw=="})
        self._etcd("compaction", {"revision": found["header"]["revision"], "physical": True})

    def _etcd(self, method: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        url = f"{self.etcd_url}/v3/kv/{method}"
        with urllib.request.urlopen(url, data=json.dumps(body).encode(), timeout=10) as answer:  # noqa: S310 - our own address
            return json.load(answer)

    def kill(self, *names: str) -> None:
        """Kill some of its programs as `kill -9` does: `etcd`, `kube-apiserver`."""
        for name in names:
            self.daemons[name].kill()

    def revive(self) -> None:
        """Start again what was killed, at the same addresses, and wait until all is ready.

        Raises:
            ClusterStartError: It does not come up.
        """
        for daemon in self.daemons.values():
            daemon.start()
        _wait_ready(self)

    def log_tails(self, lines: int = 40) -> dict[str, str]:
        """Return the last lines of each program's log, by the log's name."""
        return {path.name: _tail(path, lines) for path in sorted(self.folder.glob("*.log"))}


@contextmanager
def running(programs: Path, folder: Path, *options: str) -> Iterator[Cluster]:
    """Start etcd and kube-apiserver, wait until they are ready, stop them in the end.

    Ports are chosen free but cannot be held until the programs bind them, so a start that fails is
    tried again with others.

    Args:
        programs: A folder with `etcd`, `kube-apiserver` and `kubectl`.
        folder: A folder of its own for logs, certificates and data.
        options: More of the API server's command line.

    Raises:
        ClusterStartError: They do not come up.
    """
    for attempt in range(_ATTEMPTS):
        with ExitStack() as stack:
            place = folder / str(attempt)
            place.mkdir(parents=True)
            stack.callback(shutil.rmtree, place / "etcd", ignore_errors=True)
            try:
                cluster = _start(stack, programs, place, options)
            except ClusterStartError:
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            yield cluster
            return


@contextmanager
def collecting_garbage(cluster: Cluster) -> Iterator[None]:
    """Run kube-controller-manager with nothing on but its garbage collector.

    It looks at its start, and then only every half minute, which kinds there are: install
    CustomResourceDefinitions before.
    """
    with managing(cluster, "garbage-collector-controller"):
        yield


@contextmanager
def managing(cluster: Cluster, *controllers: str) -> Iterator[None]:
    """Run kube-controller-manager with nothing on but these of its controllers."""
    with ExitStack() as stack:
        _spawn(
            stack,
            cluster.folder,
            [
                cluster.programs / "kube-controller-manager",
                f"--kubeconfig={cluster.kubeconfig}",
                f"--controllers={','.join(controllers)}",
                "--leader-elect=false",
                "--secure-port=0",
            ],
        )
        yield


def _start(stack: ExitStack, programs: Path, folder: Path, options: Sequence[str] = ()) -> Cluster:
    etcd_port, peer_port, port = free_ports(3)
    cluster = Cluster(
        url=f"https://127.0.0.1:{port}",
        etcd_url=f"http://127.0.0.1:{etcd_port}",
        ca_file=folder / "certificates" / "apiserver.crt",
        folder=folder,
        programs=programs,
        admin_token=secrets.token_hex(16),
        nobody_token=secrets.token_hex(16),
    )
    _write_credentials(cluster)
    peer_url = f"http://127.0.0.1:{peer_port}"
    cluster.daemons["etcd"] = _spawn(
        stack,
        folder,
        [
            programs / "etcd",
            "--unsafe-no-fsync",
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={cluster.etcd_url}",
            f"--advertise-client-urls={cluster.etcd_url}",
            f"--listen-peer-urls={peer_url}",
            f"--initial-advertise-peer-urls={peer_url}",
            f"--initial-cluster=default={peer_url}",
        ],
    )
    key = folder / "sa.key"
    cluster.daemons["kube-apiserver"] = _spawn(
        stack,
        folder,
        [
            programs / "kube-apiserver",
            f"--etcd-servers={cluster.etcd_url}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={folder / 'certificates'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--authorization-mode=RBAC",
            f"--token-auth-file={folder / 'tokens.csv'}",
            "--service-cluster-ip-range=10.96.0.0/16",
            f"--audit-policy-file={folder / 'audit-policy.json'}",
            f"--audit-log-path={cluster.audit_log}",
            # No controller-manager makes the `default` ServiceAccount that it would wait for.
            "--disable-admission-plugins=ServiceAccount",
            *options,
        ],
    )
    _wait_ready(cluster)
    return cluster


def _write_credentials(cluster: Cluster) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    (cluster.folder / "sa.key").write_bytes(pem)
    (cluster.folder / "tokens.csv").write_text(
        f"{cluster.admin_token},{_ADMIN},1,system:masters\n{cluster.nobody_token},{_NOBODY},2,\n"
    )
    cluster.token_file.write_text(cluster.admin_token)
    (cluster.folder / "audit-policy.json").write_text(json.dumps(_AUDIT_POLICY))
    server = {"server": cluster.url, "certificate-authority": str(cluster.ca_file)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": _ADMIN}}],
        "clusters": [{"name": "test", "cluster": server}],
        "users": [{"name": _ADMIN, "user": {"tokenFile": str(cluster.token_file)}}],
    }
    cluster.kubeconfig.write_text(json.dumps(config))
    for path in cluster.folder.iterdir():
        path.chmod(0o600)


def _spawn(stack: ExitStack, folder: Path, command: Sequence[Path | str]) -> Daemon:
    """Start a program that is killed when the stack unwinds, or when we are."""
    daemon = Daemon(folder / f"{Path(command[0]).name}.log", command)
    daemon.start()
    stack.callback(daemon.kill)
    return daemon


def _wait_ready(cluster: Cluster) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _is_ready(cluster):
        if not all(daemon.is_running for daemon in cluster.daemons.values()):
            raise _not_started(cluster, "a program ended at once")
        if time.monotonic() > deadline:
            raise _not_started(cluster, f"not ready after {_START_SECONDS:.0f} seconds")
        time.sleep(0.1)


def _is_ready(cluster: Cluster) -> bool:
    if not cluster.ca_file.exists():
        return False
    request = urllib.request.Request(  # noqa: S310 - our own https address
        f"{cluster.url}/readyz", headers={"Authorization": f"Bearer {cluster.admin_token}"}
    )
    try:
        context = ssl.create_default_context(cafile=cluster.ca_file)
        with urllib.request.urlopen(request, timeout=5, context=context) as answer:  # noqa: S310 - as above
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):  # not listening, half-written certificate, not ready
        return False


def _not_started(cluster: Cluster, why: str) -> ClusterStartError:
    tails = "\n".join(f"--- {name}\n{tail}" for name, tail in cluster.log_tails(15).items())
    return ClusterStartError(f"the API server of the tests did not start: {why}\n{tails}")


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, for the moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _tail(path: Path, lines: int) -> str:
    return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:])
