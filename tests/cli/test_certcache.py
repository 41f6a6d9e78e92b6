"""What a cluster gave is used when it cannot be reached: for that cluster, a while, and if ours."""

import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sealer.certsource import ClusterSource
from sealer.cli.certificates import cache as certcache
from sealer.cli.certificates.cache import entry_of
from sealer.cli.cluster.kubectl import Kubectl
from tests.support import vectors
from tests.support.program import run

NOW = datetime(2027, 5, 1, tzinfo=UTC)
SOURCE = ClusterSource()
PEM = (vectors.KEYS / "rsa2048.crt.pem").read_bytes()
PIN = vectors.key_pair("rsa2048").fingerprint
# What kubectl prints of a kubeconfig, and of a cluster, as long as it is there.
PROGRAM = """\
#!/bin/sh
case "$*" in
  *config*) cat {folder}/cluster.json ;;
  *services/http*) test -e {folder}/up && cat {folder}/cert.pem ;;
  *) test -e {folder}/up && echo '{{"spec": {{"ports": [{{"name": "web"}}]}}}}' ;;
esac || {{ echo "Unable to connect to the server: nobody there" >&2; exit 1; }}
"""


@pytest.fixture(autouse=True)
def cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a kubectl on the path; the file `up` decides whether the cluster can be reached."""
    (folder / "bin").mkdir()
    program = folder / "bin" / "kubectl"
    program.write_text(PROGRAM.format(folder=folder))
    program.chmod(0o755)
    (folder / "cluster.json").write_text('{"server": "https://one", "tls-server-name": "a"}')
    (folder / "cert.pem").write_bytes(PEM)
    (folder / "up").touch()
    monkeypatch.setenv("PATH", f"{folder}/bin:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    return folder


def entry(folder: Path) -> Path:
    """Return the one file of the cache."""
    (file,) = (folder / "cache" / "sealer" / "certificates").iterdir()
    return file


def test_seal_without_the_cluster_uses_what_it_gave_before(cluster: Path) -> None:
    """With a warning that says why and how old it is."""
    assert run("seal", "secret.yaml").code == 0
    (cluster / "up").unlink()
    done = run("seal", "secret.yaml")
    assert done.code == 0
    assert "nobody there; its certificate is used as it was fetched within a day" in done.err


def test_seal_without_the_cluster_and_without_a_cache_is_refused(cluster: Path) -> None:
    """Code 5, as before."""
    (cluster / "up").unlink()
    done = run("seal", "secret.yaml")
    assert (done.code, done.out) == (5, b"")
    assert "or name a certificate: --cert FILE" in done.err


def test_cluster_that_refuses_is_not_helped_by_the_cache(cluster: Path) -> None:
    """Only who cannot be reached; a refusal may mean that something was changed on purpose."""
    run("seal", "secret.yaml")
    program = cluster / "bin" / "kubectl"
    program.write_text(program.read_text().replace("Unable to connect", "Error: refused"))
    (cluster / "up").unlink()
    assert run("seal", "secret.yaml").code == 5


def test_pin_binds_the_cache_too(cluster: Path) -> None:
    """Another key than the pinned one is refused, wherever it comes from."""
    policy = "version: 1\nclusters: {{prod: {{fingerprint: '{}'}}}}\ndefault: prod\n"
    (cluster / ".sealer.yaml").write_text(policy.format(PIN))
    assert run("seal", "secret.yaml").code == 0
    (cluster / "up").unlink()
    assert run("seal", "secret.yaml").code == 0
    (cluster / ".sealer.yaml").write_text(policy.format(vectors.key_pair("peer-a").fingerprint))
    assert run("seal", "secret.yaml").code == 4


def test_entry_is_for_its_owner_only(cluster: Path) -> None:
    """File and folder."""
    run("seal", "secret.yaml")
    file = entry(cluster)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_entry_counts_for_thirty_days() -> None:
    """Later the keys have been renewed; a clock that was set back does not help."""
    certcache.keep(entry_of(SOURCE, Kubectl()), PEM, NOW)
    for days, is_used in ((0, True), (30, True), (31, False), (-1, False)):
        found = certcache.recall(entry_of(SOURCE, Kubectl()), NOW + timedelta(days=days))
        assert (found is not None) is is_used
        if found:
            assert found == certcache.CachedCertificate(PEM, timedelta(days=days))


@pytest.mark.parametrize(
    "cluster_json",
    [
        '{"server": "https://two", "tls-server-name": "a"}',
        '{"server": "https://one", "tls-server-name": "b"}',
        '{"server": "https://one", "tls-server-name": "a", "certificate-authority-data": "QQ=="}',
        '{"server": "https://one", "tls-server-name": "a", "insecure-skip-tls-verify": true}',
        "{}",
        "[]",
        "no json",
        '{"server": "https://one", "certificate-authority": "/no/such/file"}',
    ],
)
def test_entry_is_for_one_cluster(cluster: Path, cluster_json: str) -> None:
    """Another address, another CA, or nothing known: another cluster."""
    certcache.keep(entry_of(SOURCE, Kubectl()), PEM, NOW)
    (cluster / "cluster.json").write_text(cluster_json)
    assert certcache.recall(entry_of(SOURCE, Kubectl()), NOW) is None


def test_entry_is_for_one_ca_file(cluster: Path) -> None:
    """Its content counts, not its name."""
    ca = cluster / "ca.pem"
    ca.write_text("one")
    kubeconfig = {"server": "https://one", "certificate-authority": str(ca)}
    (cluster / "cluster.json").write_text(json.dumps(kubeconfig))
    certcache.keep(entry_of(SOURCE, Kubectl()), PEM, NOW)
    assert certcache.recall(entry_of(SOURCE, Kubectl()), NOW) is not None
    ca.write_text("two")
    assert certcache.recall(entry_of(SOURCE, Kubectl()), NOW) is None


def test_entry_is_for_one_controller() -> None:
    """A cluster may have several."""
    certcache.keep(entry_of(SOURCE, Kubectl()), PEM, NOW)
    assert certcache.recall(entry_of(ClusterSource("other"), Kubectl()), NOW) is None
    assert (
        certcache.recall(entry_of(ClusterSource(controller_namespace="b"), Kubectl()), NOW) is None
    )


def open_folder(file: Path) -> None:
    """Let everybody write into the folder."""
    file.parent.chmod(0o777)


def open_file(file: Path) -> None:
    """Let the group write into the file."""
    file.chmod(0o660)


def link_file(file: Path) -> None:
    """Put a link in the place of the file."""
    file.rename(file.with_suffix(".real"))
    file.symlink_to(file.with_suffix(".real"))


def give_away(file: Path) -> None:
    """Give the file to another user."""
    os.chown(file, 12345, 12345)


@pytest.mark.parametrize("change", [open_folder, open_file, link_file, give_away])
def test_entry_that_others_could_have_written_is_not_used(
    cluster: Path, change: Callable[[Path], None]
) -> None:
    """Whoever can exchange the certificate reads what is sealed next."""
    if change is give_away and os.geteuid() != 0:
        pytest.skip("only root can give files away")
    certcache.keep(entry_of(SOURCE, Kubectl()), PEM, NOW)
    change(entry(cluster))
    assert certcache.recall(entry_of(SOURCE, Kubectl()), NOW) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1}', "[" * 100000])
def test_entry_that_is_damaged_is_none(cluster: Path, text: str) -> None:
    """As if nothing had been kept; and it is written anew."""
    certcache.keep(entry_of(SOURCE, Kubectl()), PEM, NOW)
    entry(cluster).write_text(text)
    assert certcache.recall(entry_of(SOURCE, Kubectl()), NOW) is None
    certcache.keep(entry_of(SOURCE, Kubectl()), PEM, NOW)
    assert certcache.recall(entry_of(SOURCE, Kubectl()), NOW) is not None


def test_keep_where_it_cannot_be_kept_does_nothing(cluster: Path) -> None:
    """A full or broken cache keeps nobody from sealing."""
    (cluster / "cache").write_text("a file")
    assert run("seal", "secret.yaml").code == 0


def test_cache_folder_follows_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative XDG_CACHE_HOME is ignored."""
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr("sys.platform", "linux")
    assert certcache.cache_folder() == Path("/home/me/.cache/sealer/certificates")
    monkeypatch.setattr("sys.platform", "darwin")
    assert certcache.cache_folder() == Path("/home/me/Library/Caches/sealer/certificates")
