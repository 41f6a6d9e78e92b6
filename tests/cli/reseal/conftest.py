"""Two keys, an older and a newer one; files sealed with either; and a cluster that has both."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealer.cli.cluster.patience import Patience
from sealer.documents.emit import emit_yaml
from sealer.envelope import open_value
from sealer.keysecret import key_secret
from sealer.sealing.recovery import find_sealed_secrets
from sealer_keys.generate import KeyOptions, generate_key_pair
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.cluster.fixtures import find_programs
from tests.support import vectors
from tests.support.kubectl import path_with, write_stand_in
from tests.support.program import run, write_all
from tests.support.standin import StandIn, kubeconfig, running

OLD = vectors.key_pair("rsa2048")
VALUE = "correct-horse-battery"
SECRET = """\
# kept as it is
apiVersion: v1
kind: Secret
metadata:
  name: {name}
  namespace: {namespace}
stringData:
  password: {value}
  user: bob
"""


def secret(name: str = "db", namespace: str = "shop") -> str:
    """Return a readable Secret."""
    return SECRET.format(name=name, namespace=namespace, value=VALUE)


def sealers(file: Path, keyring: Keyring) -> set[str]:
    """Return which keys open the items of a file."""
    _, objects = find_sealed_secrets(file.read_bytes())
    return {
        open_value(text, keyring, each.sealed.identity).key
        for each in objects
        for text in each.sealed.encrypted_data.values()
    }


def changed_keys(before: bytes, after: bytes) -> list[str]:
    """Return what the lines that differ begin with; there are as many lines as before."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return [new.split(b":")[0].decode() for old, new in pairs if old != new]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let nothing wait for a busy controller; return how many seconds it would have."""
    waited: list[float] = []
    original = Patience.__init__

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        return False

    def hurried(self: Patience) -> None:
        original(self, pause)

    monkeypatch.setattr(Patience, "__init__", hurried)
    return waited


@pytest.fixture(scope="session")
def new() -> KeyPair:
    """Return a key that is newer than that of the vectors."""
    return generate_key_pair(datetime(2026, 12, 24, tzinfo=UTC), KeyOptions(bits=2048))


@pytest.fixture(scope="session")
def both(new: KeyPair) -> Keyring:
    """Return the older and the newer key."""
    return Keyring((OLD, new))


@pytest.fixture
def repository(folder: Path, new: KeyPair) -> Path:
    """Return the current folder, with key files and a folder `m` of files sealed with the old key.

    `old.yaml` and `both.yaml` are key Secrets, `old.pem` and `new.pem` certificates.
    """
    secrets = [key_secret(pair, namespace="kube-system", name="key") for pair in (OLD, new)]
    manifests = [emit_yaml(each.to_object()) for each in secrets]
    assert new.certificate is not None
    assert OLD.certificate is not None
    write_all(
        folder,
        {
            "old.yaml": manifests[0],
            "both.yaml": "---\n".join(manifests),
            "old.pem": OLD.certificate.pem,
            "new.pem": new.certificate.pem,
        },
    )
    seal(folder, "m/a.yaml", secret("a"))
    seal(folder, "m/sub/b.yaml", secret("b") + "---\n" + secret("c"))
    return folder


def seal(folder: Path, target: str, text: str, *, certificate: str = "old.pem") -> Path:
    """Seal a Secret without hints; return the file."""
    write_all(folder, {target: ""})
    options = ("--cert", certificate, "--no-hints", "--no-cache", "-w", target)
    done = run("seal", "-", *options, stdin=text.encode())
    assert done.code == 0, done.err
    return folder / target


@pytest.fixture(params=["stand-in", pytest.param("real", marks=pytest.mark.cluster)])
def cluster(
    request: pytest.FixtureRequest,
    repository: Path,
    both: Keyring,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[StandIn]:
    """Return a server that kubectl reaches: the real one, and one that stands in for it."""
    folder = tmp_path_factory.mktemp("kubectl")
    programs = write_stand_in(folder) if request.param == "stand-in" else find_programs()
    with running(StandIn(both)) as server:
        (repository / "kubeconfig").write_text(kubeconfig(server.url))
        monkeypatch.setenv("KUBECONFIG", str(repository / "kubeconfig"))
        monkeypatch.setenv("PATH", path_with(programs))
        yield server
